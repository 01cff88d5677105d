"""How people really type: spelling, missing commas, articles and stops, slips of the finger."""

import re

from numpy.random import Generator

from reidtalk.data.people.chance import chance, one_of

_SPACES = re.compile(r"\s+")
_BEFORE_COMMA = re.compile(r"\s+([,;.:])")
_COMMAS = re.compile(r",(?:\s*,)+|,(?=[.;:])")
_VOWEL = re.compile(r"\b([Aa]) (?=[aeio]|umb|un(?!i)|up|8\b|11\b)")
_NO_VOWEL = re.compile(r"\b([Aa])n (?=[bcdfgjklmnpqrstvwxyz])")
_ARTICLE = re.compile(r"\b(an?|the) (?=\w)")
_START = re.compile(r"(^|[.!?] )([a-z])")
_WORD = re.compile(r"[a-z]{6,}")
_TEE = re.compile(r"\bt-shirt\b")
_CONTRACTION = re.compile(r"\b([Hh]e|[Ss]he) is (?=\w+ing\b|dressed)")
_DOUBLED = re.compile(r"\b(\w+) \1\b")
BRITISH = (
    ("grey", "gray"),
    ("colour", "color"),
    ("moustache", "mustache"),
    ("jewellery", "jewelry"),
    ("woollen", "woolen"),
)
TEES = ("t-shirt", "t-shirt", "T-shirt", "tshirt", "tee shirt", "t shirt", "T shirt", "tee")


def tidy(text: str) -> str:
    """`text` with single spaces, right articles, and no stray or doubled commas."""
    text = _BEFORE_COMMA.sub(r"\1", _SPACES.sub(" ", text).strip(" ,").lstrip(";.: "))
    text = _COMMAS.sub(lambda found: "," if found[0].count(",") > 1 else "", text)
    text = _DOUBLED.sub(r"\1", text)
    return _NO_VOWEL.sub(r"\1 ", _VOWEL.sub(r"\1n ", text))


def capitalised(text: str) -> str:
    """`text` with a capital at the start of each sentence."""
    return _START.sub(lambda found: found[1] + found[2].upper(), text)


def spelled(text: str, rng: Generator) -> str:
    """`text` in one of the spellings people use, the same all through."""
    if chance(rng, 0.45):
        for british, american in BRITISH:
            text = text.replace(british, american)
    if "t-shirt" in text:
        text = _TEE.sub(one_of(rng, TEES), text)
    if "-" in text and chance(rng, 0.2):
        text = text.replace("-", " ") if chance(rng, 0.8) else text.replace("-", "")
    return text


def careless(text: str, rng: Generator) -> str:
    """`text`, now and then without articles, commas or stop, in one case, or with a slip of the finger."""
    if chance(rng, 0.05):
        text = _ARTICLE.sub("", text)
    if chance(rng, 0.06):
        text = _DOUBLED.sub(r"\1", text.replace(",", ""))
    if chance(rng, 0.06):
        text = _CONTRACTION.sub(r"\1's ", text)
    if chance(rng, 0.12):
        text = text.rstrip(".")
    if chance(rng, 0.03):
        text = slip(text, rng)
    if chance(rng, 0.08):
        return text.lower() if chance(rng, 0.85) else text.upper()
    return capitalised(text)


def slip(text: str, rng: Generator) -> str:
    """`text` with one letter of a longer word missing, doubled or swapped with the next."""
    words = list(_WORD.finditer(text))
    if not words:
        return text
    start, end = one_of(rng, words).span()
    i = start + 1 + int(rng.random() * (end - start - 2))
    way = rng.random()
    if way < 0.4:
        return text[:i] + text[i + 1 :]
    if way < 0.8:
        return text[:i] + text[i + 1] + text[i] + text[i + 2 :]
    return text[:i] + text[i] + text[i:]

"""What the shipped matcher can see: how well a short query tells who has an attribute, on drawn people.

python benchmarks/attributes.py [CAPTIONED_SET]

For each attribute the area under the ROC curve (0.5 is chance, 1 perfect) of the query's scores over drawn
people nobody trained on. With a captioned set in the layout of CUHK-PEDES, also its recall by what captions
mention and within groups of sources, with one crop of each person only, and with all sentences of a picture
together; the areas of short queries (true is what captions mention); and how often likely matches are right.
"""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import reidtalk
from reidtalk.data import load_dataset
from reidtalk.data.people import Person, View, draw_person, person
from reidtalk.data.people.colours import REGIONS
from reidtalk.data.people.wardrobe import BAGS, HATS, LOWERS, SHOES, UPPERS
from reidtalk.evaluation import Sides, two_sides
from reidtalk.metrics import METRICS, rank_queries
from reidtalk.models.contract import Matcher
from reidtalk.models.scoring import score
from reidtalk.types import Calibration

PEOPLE, SEED = 4000, 987
DRAWS = 200
"""How often crops are chosen: one of each person, or `FEW` of all."""
FEW = 39
"""The size of gallery for which reidtalk-small has a goal: recall@1 of 70% and recall@5 of 95%."""
FEWEST = 12
"""Attributes that fewer people have are left out."""
Truth = Callable[[Person, View], bool | None]
"""Whether the picture shows the attribute; None where nobody could tell."""

COLOURS = [name for name in REGIONS if not re.search("skin|denim|blonde|ginger|dark brown", name)]
MENTIONS = {
    "colour": r"\b(red|orange|yellow|green|blue|navy|teal|turquoise|purple|pink|magenta|brown|olive)\b",
    "black, white, grey": r"\b(black|white|grey|cream|charcoal|dark)\b",
    "hair": r"\b(hair|haired|ponytail|bun|bob|curls|beard|bearded)\b",
    "hat or helmet": r"\b(hat|cap|helmet|beanie|fedora|trilby|beret)\b",
    "bag": r"\b(bag|bags|backpack|handbag|tote)\b",
    "glasses": r"\b(glasses|spectacles|bespectacled)\b",
    "shoes": r"\b(shoes|boots|sneakers|trainers|sandals|slip|flats)\b",
    "seen from behind": r"\b(behind|back|rear|away)\b",
    "action": r"\b(walks|walking|strid\w+|reaching|holds|holding|sits|stands|standing|steps|swings)\b",
    "woman": r"\b(woman|lady|girl|she|her|female)\b",
    "man": r"\b(man|guy|boy|he|his|male|fellow)\b",
}
SHORT_QUERIES = {
    "a woman": MENTIONS["woman"],
    "a man": MENTIONS["man"],
    "a person seen from behind": MENTIONS["seen from behind"],
    "a person with long hair": r"\blong\b[^,.;]*\bhair|\blong-haired\b",
    "a person with a bag": MENTIONS["bag"],
    "a person wearing a hat": MENTIONS["hat or helmet"],
    "a person with glasses": MENTIONS["glasses"],
}
"""Of each, what a caption of the picture mentions where it is true."""
STREET = ("coco",)
"""Sources (first parts of file names) of photographs; the others are of surveillance."""
SCALE = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Likelihoods are gathered below, between and above these."""


def article(noun: str) -> str:
    """`noun` as a thing worn: plurals as they are, others after "a"."""
    return noun if noun.endswith("s") and not noun.endswith("ss") else f"a {noun}"


def worn(part: str, kind: str) -> Truth:
    """Whether `part` (hat, bag) is in sight and of that kind."""

    def truth(who: Person, view: View) -> bool | None:
        thing = getattr(who, part)
        hidden = part not in view.seen if thing else part == "hat" and "head" not in view.seen
        return None if hidden else thing is not None and thing.kind == kind

    return truth  # fmt: skip


def seen_hair(who: Person, view: View) -> bool:
    """Whether the picture shows the hair, or that there is none."""
    bare = who.hair.style == "bald" and "head" in view.seen and who.hat is None and not view.hood_up
    return "hair" in view.seen or bare


def attributes() -> Iterator[tuple[str, str, Truth]]:
    """Group, query and truth of every attribute asked for."""
    for colour in COLOURS:
        coloured: dict[str, Truth] = {
            "top": lambda w, v, c=colour: None if v.monochrome else w.upper.colour.name == c,  # type: ignore[misc]
            "trousers": lambda w, v, c=colour: (  # type: ignore[misc]
                None if v.monochrome or "lower" not in v.seen or not w.lower else w.lower.colour.name == c
            ),
        }
        for noun, truth in coloured.items():
            yield (
                f"colour of the {noun}",
                f"a person in {'a ' if noun == 'top' else ''}{colour} {noun}",
                truth,
            )
    for kind in UPPERS:
        yield "upper garment", f"a person wearing {article(kind)}", lambda w, _, k=kind: w.upper.kind == k  # type: ignore[misc]
    for kind in LOWERS:
        yield (
            "lower garment",
            f"a person wearing {article(kind)}",
            lambda w, v, k=kind: None if "lower" not in v.seen else bool(w.lower and w.lower.kind == k),  # type: ignore[misc]
        )
    for kind in SHOES:
        yield (
            "shoes",
            f"a person wearing {kind}",
            lambda w, v, k=kind: None if "shoes" not in v.seen else w.shoes.kind == k,  # type: ignore[misc]
        )
    for kind in HATS:
        yield "hat", f"a person wearing {article(kind)}", worn("hat", kind)
    for kind in BAGS:
        yield "bag", f"a person with {article(kind)}", worn("bag", kind)
    for style in ("bald", "short", "bob", "long", "ponytail", "bun"):
        words = {
            "bald": "a bald head",
            "bob": "chin-length hair",
            "ponytail": "a ponytail",
            "bun": "hair in a bun",
        }
        told = words.get(style, f"{style} hair")
        yield (
            "hair",
            f"a person with {told}",
            lambda w, v, s=style: (w.hair.style == s) if seen_hair(w, v) else None,  # type: ignore[misc]
        )
    for gender in ("woman", "man"):
        yield "sex", f"a {gender}", lambda w, _, g=gender: w.gender == g  # type: ignore[misc]
    yield "age", "a child", lambda w, _: w.age == "child"
    views = {"front": "seen from the front", "back": "seen from behind", "left": "facing left"}
    for side, told in views.items():
        yield "view", f"a person {told}", lambda _, v, s=side: v.facing.split()[0] == s  # type: ignore[misc]
    for legs in ("walking", "sitting", "running"):
        yield "action", f"a person {legs}", lambda _, v, k=legs: v.legs == k  # type: ignore[misc]


def area_under_curve(scores: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """The chance that someone who has it scores above someone who has not; ties count half."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.bincount(inverse, ranks) / counts)[inverse]
    have = int(truth.sum())
    return float((ranks[truth].sum() - have * (have + 1) / 2) / (have * (len(truth) - have)))


def on_drawn_people(matcher: Matcher) -> None:
    """Prints a table: group, attributes, mean area, the best and the worst of them."""
    shown = []
    for number in range(PEOPLE):
        who = person(SEED, number)
        shown.append((who, *draw_person(who, np.random.default_rng([SEED, number]), *matcher.image_size_px)))
    images = torch.from_numpy(np.stack([picture.transpose(2, 0, 1) for _, picture, _ in shown]))
    features = torch.cat([matcher.encode_images(part) for part in images.split(128)])
    areas: dict[str, list[tuple[float, str]]] = {}
    for group, query, truth in attributes():
        told = [truth(who, view) for who, _, view in shown]
        known = np.array([value is not None for value in told])
        have = np.array([bool(value) for value in told])[known]
        if FEWEST <= have.sum() <= known.sum() - FEWEST:
            scores = matcher.score(matcher.encode_texts([query]), features)[0].cpu().numpy()[known]
            areas.setdefault(group, []).append((area_under_curve(scores, have), query))
    print("| what is asked for | queries | mean area | best | worst |\n|---|---|---|---|---|")
    for group, found in areas.items():
        found.sort(reverse=True)
        best, worst = (
            ", ".join(f"{q} {area:.2f}" for area, q in part) for part in (found[:3], found[:-3:-1])
        )
        print(f"| {group} | {len(found)} | {np.mean([area for area, _ in found]):.2f} | {best} | {worst} |")


def on_captioned_set(matcher: Matcher, root: Path) -> None:
    """Prints recall by what the captions mention, and by source (the file name's first part)."""
    sides = two_sides(load_dataset("cuhk-pedes", root).test, "field")
    scores = score(matcher, sides.captions, sides.pictures)
    ranking = rank_queries(scores, sides.caption_identities(), sides.identities)
    values, captions = ranking.values(), [sides.captions[row].lower() for row in ranking.query]
    source = np.array([picture.path.name.split("_")[0] for picture in sides.pictures])
    sources = source[[sides.own_picture[row] for row in ranking.query]]
    groups = {"all": np.ones(len(captions), bool)}
    groups |= {
        f"mentions {name}": np.array([bool(re.search(p, c)) for c in captions])
        for name, p in MENTIONS.items()
    }
    groups |= {f"from {name}": sources == name for name in dict.fromkeys(sources)}
    print(f"\n| queries | number | {' | '.join(METRICS)} |\n|{'---|' * (len(METRICS) + 2)}")
    for name, rows in groups.items():
        if rows.any():
            figures = " | ".join(f"{value:.1f}" for value in values[rows].mean(axis=0))
            print(f"| {name} | {rows.sum()} | {figures} |")
    street = np.isin(source, STREET)
    print(f"\n| each group by itself | {' | '.join(METRICS)} |\n|{'---|' * (len(METRICS) + 1)}")
    for name, group in (("surveillance", ~street), ("street", street)):
        if group.any():
            row = among(scores, sides, np.flatnonzero(group))
            print(f"| {name} | {' | '.join(f'{value:.1f}' for value in row)} |")
    own = torch.tensor(sides.own_picture)
    together = torch.stack([scores[own == picture].mean(dim=0) for picture in own.tolist()])
    print(f"\n| asked with | crops | {' | '.join(METRICS)} |\n|{'---|' * (len(METRICS) + 2)}")
    for asked, table in (("one sentence", scores), ("all sentences of a picture together", together)):
        whole = rank_queries(table, sides.caption_identities(), sides.identities).values().mean(axis=0)
        few = (("one of each person", one_of_each(sides)), (f"{FEW} of all", few_of_all(sides)))
        drawn = ((crops, mean_among(table, sides, draws)) for crops, draws in few)
        for crops, row in (("all", whole), *drawn):
            print(f"| {asked} | {crops} | {' | '.join(f'{value:.1f}' for value in row)} |")
    short_queries(matcher, sides)
    if matcher.calibration:
        likely_matches(scores, sides, matcher.calibration)


def mean_among(scores: Tensor, sides: Sides, galleries: Iterator[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Mean metrics over the galleries, each asked with its own sentences."""
    return np.asarray(np.mean([among(scores, sides, crops) for crops in galleries], axis=0))


def few_of_all(sides: Sides) -> Iterator[NDArray[np.int64]]:
    """`DRAWS` times `FEW` random crops, or all if there are no more."""
    pictures, rng = len(sides.pictures), np.random.default_rng(0)
    for _ in range(DRAWS):
        yield rng.permutation(pictures)[:FEW]


def one_of_each(sides: Sides) -> Iterator[NDArray[np.int64]]:
    """`DRAWS` times one random crop of each person."""
    people, rng = np.array(sides.identities), np.random.default_rng(0)
    for _ in range(DRAWS):
        yield np.array([rng.choice(np.flatnonzero(people == person)) for person in np.unique(people)])


def among(scores: Tensor, sides: Sides, crops: NDArray[np.int64]) -> NDArray[np.float64]:
    """Metrics of the gallery of these crops, asked with their own sentences."""
    people, asked = np.array(sides.identities), np.array(sides.caption_identities())
    rows = np.flatnonzero(np.isin(sides.own_picture, crops))
    ranking = rank_queries(scores[rows][:, crops], asked[rows].tolist(), people[crops].tolist())
    return np.asarray(ranking.values().mean(axis=0))


def short_queries(matcher: Matcher, sides: Sides) -> None:
    """Prints the areas of short queries over all crops."""
    said = [
        " ".join(
            sides.captions[row].lower() for row in np.flatnonzero(np.array(sides.own_picture) == picture)
        )
        for picture in range(len(sides.pictures))
    ]
    truths = {
        query: np.array([bool(re.search(p, text)) for text in said]) for query, p in SHORT_QUERIES.items()
    }
    scores = score(matcher, list(truths), sides.pictures).numpy()
    told = (
        f"{q} {area_under_curve(row, truth):.2f}"
        for (q, truth), row in zip(truths.items(), scores, strict=True)
    )
    print("\nareas:", ", ".join(told))


def likely_matches(scores: Tensor, sides: Sides, calibration: Calibration) -> None:
    """Prints how often there is a likely match and it is right, with the person there and taken out."""
    people, asked = np.array(sides.identities), np.array(sides.caption_identities())
    told, right, told_without = [], [], []
    for crops in one_of_each(sides):
        for row in np.flatnonzero(np.isin(sides.own_picture, crops)):
            mine, strangers = scores[row, crops].numpy(), people[crops] != asked[row]
            told.append(calibration.likelihood(float(mine.max())))
            right.append(not strangers[mine.argmax()])
            told_without.append(calibration.likelihood(float(mine[strangers].max())))
    likely, hit = np.array(told) >= 0.5, np.array(right)
    shares = (likely, hit[likely], np.array(told_without) >= 0.5)
    there, true, gone = (f"{100 * share.mean():.0f}%" for share in shares)
    print(f"\nlikely matches: in {there} of the searches, {true} of them right; with the person out {gone}")
    parts = np.digitize(told, SCALE)
    for part in np.unique(parts):
        here = parts == part
        print(f"told {100 * np.array(told)[here].mean():.0f}%: {100 * hit[here].mean():.0f}% right")


if __name__ == "__main__":
    shipped = reidtalk.load_matcher()
    on_drawn_people(shipped)
    if len(sys.argv) > 1:
        on_captioned_set(shipped, Path(sys.argv[1]))

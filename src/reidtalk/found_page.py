"""People found, for reading: where and when each was seen, and why, in a terminal or on a page of its own."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rich.text import Text

from reidtalk.errors import DataError
from reidtalk.files import make_folder, write_whole
from reidtalk.report_page import render
from reidtalk.sheets import data_uri
from reidtalk.types import Match, PersonImage

GREEN, RED = (72, 187, 120), (229, 115, 115)
FAINTEST = 0.08
"""Words that add less than this share of the strongest stay uncoloured."""


def places(match: Match) -> list[str]:
    """Where and when the person was seen: camera, time, source, a line each."""
    seen = match.sighting
    if seen is None:
        return [str(match.image.path)]
    when = ""
    if seen.start is not None and seen.end is not None:
        when = f"{seen.start:%Y-%m-%d %H:%M:%S}"
        if seen.end != seen.start:
            when += f" to {seen.end:%H:%M:%S}"
        when += f" {seen.start:%z}"
    spot = f"{shown(seen.source)} {span(seen.first_seconds, seen.last_seconds)}".strip()
    same = f"{len(seen.same)} more that look the very same" if seen.same else ""
    return [line for line in (seen.camera, when, spot, f"sighting {seen.id}", same) if line]


def shown(source: str) -> str:
    """The path as it is from here, where it lies below; else the whole path or address."""
    below = Path(source).is_relative_to(Path.cwd())
    return str(Path(source).relative_to(Path.cwd())) if below else source


def span(first: float, last: float) -> str:
    """From when to when in a video, as 1:05-1:12; nothing for a picture."""
    return "" if first == last == 0 else f"{clock(first)}-{clock(last)}"


def clock(seconds: float) -> str:
    """Minutes and seconds, hours where there are any: 1:05, 1:00:05."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def strongest(matches: Iterable[Match]) -> float:
    """What the word that matters most adds or takes; 1 where there are no words."""
    return max((abs(share) for match in matches for _, share in match.words), default=1.0) or 1.0


def coloured(match: Match, most: float) -> Text:
    """The sentence for a terminal: words that raise the score on green, those that lower it on red."""
    text = Text()
    for piece, share in match.words:
        text.append(piece, style=terminal_style(share / most))
    return text


def weighed(match: Match, most: float) -> str:
    """The words that would be coloured, each with what it adds: `man +0.031 black +0.120`."""
    return " ".join(f"{word} {share:+.3f}" for word, share in match.words if terminal_style(share / most))


def terminal_style(strength: float) -> str:
    """Black on a green or red that is the paler the less it counts."""
    if abs(strength) < FAINTEST:
        return ""
    red, green, blue = blended(strength)
    return f"black on rgb({red},{green},{blue})"


def page_colour(share: float, most: float) -> str:
    """The background of a word on a page."""
    if abs(share / most) < FAINTEST:
        return "transparent"
    return "rgb({},{},{})".format(*blended(share / most))


def blended(strength: float) -> tuple[int, int, int]:
    """White for 0, green for 1, red for -1, and what lies between."""
    full, weight = GREEN if strength > 0 else RED, min(1.0, abs(strength))
    red, green, blue = (round(255 + (channel - 255) * weight) for channel in full)
    return red, green, blue


def require_page_name(path: Path) -> None:
    """A page can be written to `path`: it ends in .html, and its folder is there.

    Raises:
        DataError: another name, a folder, or its own folder cannot be made.
    """
    if path.suffix.lower() != ".html" or path.is_dir():
        what = "a folder" if path.is_dir() else "no name of a page"
        raise DataError(f"cannot write a page to {path}: {what}", accepted="a file name ending in .html",
                        do="change the name")  # fmt: skip
    make_folder(path.parent)


def save_found_page(path: Path, heading: str, matches: Sequence[Match], verdict: str) -> None:
    """`path` is a page of the people found; it holds its pictures itself and loads nothing.

    Raises:
        WriteError: it cannot be written there.
    """
    hits = [(match, [data_uri(image) for image in pictures(match)]) for match in matches]
    page = render(
        "found.html",
        heading=heading,
        verdict=verdict,
        hits=hits,
        places=places,
        colour=page_colour,
        strongest=strongest(matches),
        explained=any(match.words for match in matches),
    )
    write_whole(path, page)


def pictures(match: Match) -> list[PersonImage]:
    """All pictures there are of a match, the best first."""
    if match.sighting is None:
        return [match.image]
    return [replace(match.image, path=path) for path in match.sighting.pictures]

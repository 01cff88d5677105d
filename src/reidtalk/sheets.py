"""Contact sheets: each row a query in words with the pictures ranked for it, framed by right and wrong."""

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from reidtalk.data.images import load_image, read_image
from reidtalk.errors import DataError, ImageError
from reidtalk.files import make_folder, write_whole
from reidtalk.types import Match, PersonImage

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Mark = Literal["right", "wrong", "likely", "unknown"]

FRAMES: dict[Mark, tuple[str, int]] = {
    "right": ("#1f9d55", 5),
    "wrong": ("#d98b86", 2),
    "likely": ("#2b5fd9", 4),
    "unknown": ("#c5ccd3", 2),
}
"""Colour and width in pixels of the frame; the widths tell right and likely without colour, too."""

PAPER, INK, FAINT, RULE, BLANK = "#ffffff", "#1c2127", "#69727c", "#e6e9ec", "#eceff1"
THUMBNAIL_PX = (176, 88)
"""Height and width of a picture on a sheet."""
KINDS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
"""What sheets are saved as, by suffix."""
COLUMNS = 10
"""Pictures side by side; further ones go below."""
TEXT_PX, GAP_PX, MARGIN_PX, LABEL_PX = 300, 12, 28, 22
TEXT_SIZE, NOTE_SIZE, LABEL_SIZE, TITLE_SIZE = 17, 14, 14, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One picture on a sheet."""

    image: PersonImage
    label: str = ""
    """A few words under it, such as rank and score."""
    mark: Mark = "unknown"
    """Whether it is the person asked for; `likely` where only the matcher says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One query on a sheet."""

    text: str
    """The sentence."""
    note: str = ""
    """At most three lines under it."""
    target: Tile | None = None
    """The picture the sentence was written of, shown first."""
    tiles: tuple[Tile, ...] = ()
    """The pictures found, best first."""


def match_tiles(matches: Iterable[Match], identity: int | None = None) -> tuple[Tile, ...]:
    """A tile for each match, labelled with rank and likelihood (without one: score).

    It is marked right or wrong where both its person and the wanted `identity` are known, else likely where
    the matcher says so.
    """
    return tuple(
        Tile(
            image=match.image,
            label=f"{match.rank} · {match.percent or format(match.score, '.2f')}",
            mark=_mark(match, identity),
        )
        for match in matches
    )


def _mark(match: Match, wanted: int | None) -> Mark:
    if match.image.identity is None or wanted is None:
        return "likely" if match.likely else "unknown"
    return "right" if match.image.identity == wanted else "wrong"


def save_sheet(path: Path, rows: Sequence[Row], *, title: str = "", note: str = "") -> None:
    """`path` holds the contact sheet of `rows`, as its suffix says (.png, .jpg, .webp); never half of one.

    Raises:
        DataError: another suffix, or it cannot be written there.
    """
    kind = sheet_kind(path)
    drawn = io.BytesIO()
    draw_sheet(rows, title=title, note=note).save(drawn, kind)
    write_whole(path, drawn.getvalue())


def sheet_kind(path: Path) -> str:
    """The kind of picture that the suffix of `path` asks for, as Pillow names it; its folder is there.

    Raises:
        DataError: none that sheets are drawn in, or the folder cannot be made.
    """
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise DataError(
            f"cannot draw into {path}", accepted=f"a name ending in {' '.join(KINDS)}", do="change the name"
        )
    make_folder(path.parent)
    return kind


def draw_sheet(rows: Sequence[Row], *, title: str = "", note: str = "") -> Image.Image:
    """The contact sheet of `rows`: sentence on the left, then the described picture, then those found."""
    has_target = any(row.target for row in rows)
    columns = max(1, min(COLUMNS, max((len(row.tiles) for row in rows), default=1)))
    left = MARGIN_PX + TEXT_PX + 2 * GAP_PX
    first = left + (THUMBNAIL_PX[1] + 3 * GAP_PX if has_target else 0)
    width = first + columns * (THUMBNAIL_PX[1] + GAP_PX) - GAP_PX + MARGIN_PX
    heading = _wrap(title, TITLE_SIZE, width - 2 * MARGIN_PX, 2) if title else []
    top = MARGIN_PX + len(heading) * _line_px(TITLE_SIZE) + (_line_px(NOTE_SIZE) + 6 if note else 0)
    heights = [_row_px(row, columns) for row in rows]
    sheet = Image.new("RGB", (width, top + sum(heights) + MARGIN_PX), PAPER)
    _write(sheet, (MARGIN_PX, MARGIN_PX), heading, TITLE_SIZE, INK)
    note_top = MARGIN_PX + len(heading) * _line_px(TITLE_SIZE) + 4
    _write(sheet, (MARGIN_PX, note_top), _wrap(note, NOTE_SIZE, width - 2 * MARGIN_PX, 1), NOTE_SIZE, FAINT)
    for row, height in zip(rows, heights, strict=True):
        if top > MARGIN_PX:
            ImageDraw.Draw(sheet).line([(MARGIN_PX, top), (width - MARGIN_PX, top)], RULE)
        _draw_row(sheet, row, _Places(top + GAP_PX, left, first, columns))
        top += height
    return sheet


class _Places(NamedTuple):
    """Where a row's things go, in pixels."""

    top: int
    target: int
    tiles: int
    columns: int


def _row_px(row: Row, columns: int) -> int:
    lines = max(1, -(-len(row.tiles) // columns))
    return lines * (THUMBNAIL_PX[0] + LABEL_PX + GAP_PX) + GAP_PX


def _draw_row(sheet: Image.Image, row: Row, places: _Places) -> None:
    note = _wrap(row.note, NOTE_SIZE, TEXT_PX, 3)
    room = _row_px(row, places.columns) - 2 * GAP_PX - (len(note) * _line_px(NOTE_SIZE) + 4 if note else 0)
    text = _wrap(row.text, TEXT_SIZE, TEXT_PX, room // _line_px(TEXT_SIZE))
    _write(sheet, (MARGIN_PX, places.top), text, TEXT_SIZE, INK)
    note_top = places.top + len(text) * _line_px(TEXT_SIZE) + 4
    _write(sheet, (MARGIN_PX, note_top), note, NOTE_SIZE, FAINT)
    if row.target:
        _draw_tile(sheet, row.target, places.target, places.top)
        line = places.target + THUMBNAIL_PX[1] + 3 * GAP_PX // 2
        ImageDraw.Draw(sheet).line([(line, places.top), (line, places.top + THUMBNAIL_PX[0])], RULE, 2)
    for number, tile in enumerate(row.tiles):
        down, across = divmod(number, places.columns)
        left = places.tiles + across * (THUMBNAIL_PX[1] + GAP_PX)
        _draw_tile(sheet, tile, left, places.top + down * (THUMBNAIL_PX[0] + LABEL_PX + GAP_PX))


def _draw_tile(sheet: Image.Image, tile: Tile, left: int, top: int) -> None:
    height, width = THUMBNAIL_PX
    colour, frame_px = FRAMES[tile.mark]
    sheet.paste(colour, (left, top, left + width, top + height), _rounded(height, width, 7))
    inner = (height - 2 * frame_px, width - 2 * frame_px)
    sheet.paste(
        thumbnail(tile.image, inner), (left + frame_px, top + frame_px), _rounded(*inner, 7 - frame_px)
    )
    label = _wrap(tile.label, LABEL_SIZE, width + GAP_PX - 2, 1)
    label_colour = INK if tile.mark in ("right", "likely") else FAINT
    _write(sheet, (left + width // 2, top + height + 4), label, LABEL_SIZE, label_colour, centred=True)


@lru_cache(maxsize=32)
def _rounded(height: int, width: int, radius: int) -> Image.Image:
    """A mask with smooth round corners."""
    mask = Image.new("L", (4 * width, 4 * height))
    corners = (0, 0, 4 * width - 1, 4 * height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(corners, 4 * max(radius, 0), fill=255)
    return mask.resize((width, height), Image.Resampling.LANCZOS)


def thumbnail(image: PersonImage, size_px: tuple[int, int]) -> Image.Image:
    """The whole picture centred in `size_px` (height, width), blurred around it.

    Pictures of an HDF5 pack, which lost their aspect there, fill it. An unreadable one gives why it is.
    """
    try:
        picture = _read(image, size_px)
    except ImageError as error:
        return _reason(error.given.replace(str(image.path), image.path.name), size_px)
    wanted = size_px[::-1]
    tile = ImageOps.fit(picture, wanted, Image.Resampling.BILINEAR).filter(ImageFilter.GaussianBlur(12))
    scale = min(wanted[0] / picture.width, wanted[1] / picture.height)
    wide, high = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    whole = picture.resize((wide, high), Image.Resampling.LANCZOS)
    tile.paste(whole, ((wanted[0] - wide) // 2, (wanted[1] - high) // 2))
    return tile


def _reason(why: str, size_px: tuple[int, int]) -> Image.Image:
    height, width = size_px
    tile = Image.new("RGB", (width, height), BLANK)
    size = max(9, width // 8)
    _write(tile, (5, 6), _wrap(why, size, width - 10, height // _line_px(size)), size, FAINT)
    return tile


def _read(image: PersonImage, size_px: tuple[int, int]) -> Image.Image:
    if image.row is not None:
        return Image.fromarray(load_image(image, size_px).transpose(1, 2, 0).copy())
    return Image.fromarray(read_image(image.path, size_px))


def data_uri(image: PersonImage, height_px: int = 2 * THUMBNAIL_PX[0], quality: int = 80) -> str:
    """The picture as a `data:image/jpeg` address, for a page that loads nothing.

    Its shape is that of the tiles on a sheet; in place of an unreadable picture stands why.
    """
    jpeg = io.BytesIO()
    width_px = max(1, height_px * THUMBNAIL_PX[1] // THUMBNAIL_PX[0])
    thumbnail(image, (height_px, width_px)).save(jpeg, "JPEG", quality=quality, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.getvalue()).decode("ascii")


def _write(
    sheet: Image.Image,
    at: tuple[int, int],
    lines: Sequence[str],
    size: int,
    colour: str,
    *,
    centred: bool = False,
) -> None:
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(lines):
        place = (at[0], at[1] + number * _line_px(size))
        draw.text(place, line, colour, _font(size, _is_plain(line)), anchor="ma" if centred else "la")


def _line_px(size: int) -> int:
    return size * 4 // 3


def _wrap(text: str, size: int, width: int, most: int) -> list[str]:
    """`text` in at most `most` lines of at most `width` pixels; the last ends in … if words are left."""
    lines: list[str] = []
    line = ""
    for word in _words(text, size, width):
        longer = f"{line} {word}" if line else word
        if _width(longer, size) <= width:
            line = longer
            continue
        lines.append(line)
        line = word
        if len(lines) == most:
            return [*lines[:-1], _shorten(lines[-1] + "…", size, width)] if most else []
    return [*lines, line] if line and most else lines


def _words(text: str, size: int, width: int) -> Iterator[str]:
    """The words of `text`, those wider than `width` in pieces."""
    for word in "".join(letter if letter.isprintable() else " " for letter in text).split():
        piece = ""
        for letter in word:
            if piece and _width(piece + letter, size) > width:
                yield piece
                piece = ""
            piece += letter
        yield piece


def _shorten(line: str, size: int, width: int) -> str:
    while len(line) > 1 and _width(line, size) > width:
        line = line[:-2].rstrip() + "…"
    return line


def _width(line: str, size: int) -> float:
    return _font(size, _is_plain(line)).getlength(line)


def _is_plain(line: str) -> bool:
    """Whether Pillow's own font has all its letters."""
    return all(letter.isascii() or letter in "·…“”" for letter in line)


@lru_cache(maxsize=16)
def _font(size: int, plain: bool) -> Font:
    """Pillow's own font, or, for letters beyond ASCII, the one matplotlib brings."""
    if plain:
        return ImageFont.load_default(size)
    import matplotlib  # slow to import and seldom needed

    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), size * 0.92)

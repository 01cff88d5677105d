"""Protobuf messages without their schema: bytes as numbered fields, text as named values.

A protobuf library needs a compiled schema and holds what it parses a second time: too much for Caffe's half
gigabyte of weights. Here bytes come as views. Nothing is trusted: lengths are checked before they are used,
every loop is bounded.
"""

import re
from collections.abc import Iterator
from typing import Any

MAX_FIELDS = 1000
"""More fields in one message are refused; those of VGG-16 in Caffe's format have some fifty."""
MAX_DEPTH = 16
"""Deeper nested blocks of text are refused."""

_STATEMENT = re.compile(
    r"""(?P<skipped>(?:\s|\#[^\n]*|[,;])++)|(?P<closed>\})|(?P<name>[A-Za-z_]\w{0,100})\s*+(?:
        :\s*+(?:"(?P<double>[^"\n]{0,200})"|'(?P<single>[^'\n]{0,200})'|(?P<bare>[\w.+-]{1,200}))
        |:?\s*+(?P<opened>\{))""",
    re.VERBOSE,
)


def parse(text: str) -> dict[str, list[Any]]:
    """Each name in `text` with all its values: a word, or for a block a table like this one.

    Raises:
        ValueError: a line that is not understood, or a block that does not end.
    """
    blocks: list[dict[str, list[Any]]] = [{}]
    position = 0
    while position < len(text):
        found = _STATEMENT.match(text, position)
        if found is None or (found["closed"] and len(blocks) == 1) or len(blocks) > MAX_DEPTH:
            raise ValueError(f"line {text.count(chr(10), 0, position) + 1} is not understood")
        position = found.end()
        if found["closed"]:
            blocks.pop()
        elif found["opened"]:
            inner: dict[str, list[Any]] = {}
            blocks[-1].setdefault(found["name"], []).append(inner)
            blocks.append(inner)
        elif found["name"]:
            value = found["double"] or found["single"] or found["bare"] or ""
            blocks[-1].setdefault(found["name"], []).append(value)
    if len(blocks) > 1:
        raise ValueError("it ends within a block")
    return blocks[0]


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of a serialised protobuf message: an integer, or a view of its bytes.

    Raises:
        ValueError: a field reaches beyond the end, is of no known type, or there are more than `MAX_FIELDS`.
    """
    position, count = 0, 0
    while position < len(message):
        count += 1
        if count > MAX_FIELDS:
            raise ValueError(f"a message of more than {MAX_FIELDS} fields")
        key, position = varint(message, position)
        wire_type = key & 7
        if wire_type not in (0, 1, 2, 5):
            raise ValueError(f"a field of wire type {wire_type}")
        if wire_type == 0:
            number, position = varint(message, position)
            yield key >> 3, number
            continue
        size = {1: 8, 5: 4}.get(wire_type, 0)
        if wire_type == 2:
            size, position = varint(message, position)
        if size > len(message) - position:
            raise ValueError(f"a field of {size:,} bytes where {len(message) - position:,} are left")
        yield key >> 3, message[position : position + size]
        position += size


def varint(message: memoryview, position: int) -> tuple[int, int]:
    """The number at `position`, and where it ends.

    Raises:
        ValueError: the message ends within it, or it has more than 64 bits.
    """
    number = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise ValueError("it ends within a number")
        byte = message[position]
        position += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, position
    raise ValueError("a number of more than 64 bits")


def varints(packed: memoryview) -> Iterator[int]:
    """The numbers that stand one behind the other in `packed`.

    Raises:
        ValueError: damaged, or more than `MAX_FIELDS` of them.
    """
    if len(packed) > MAX_FIELDS:
        raise ValueError(f"more than {MAX_FIELDS} numbers in a list")
    position = 0
    while position < len(packed):
        number, position = varint(packed, position)
        yield number

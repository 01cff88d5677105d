"""Protobuf read without a schema: what is understood, and that nothing else gets by."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reidtalk.models.protobuf import MAX_FIELDS, fields, parse, varint, varints


def found(data: bytes) -> list[tuple[int, int | bytes]]:
    return [
        (number, value if isinstance(value, int) else bytes(value))
        for number, value in fields(memoryview(data))
    ]


def test_fields_are_numbered_values() -> None:
    assert found(b"\x08\x96\x01") == [(1, 150)]
    assert found(b"\x12\x03abc\x0d1234\xa2\x06\x00\x09" + b"12345678") == [
        (2, b"abc"), (1, b"1234"), (100, b""), (1, b"12345678"),
    ]  # fmt: skip
    assert found(b"") == []
    assert list(varints(memoryview(b"\x03\x96\x01\x00"))) == [3, 150, 0]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x80", "it ends within a number"),
        (b"\x08", "it ends within a number"),
        (b"\x08" + b"\xff" * 11, "a number of more than 64 bits"),
        (b"\x12\x04abc", "a field of 4 bytes where 3 are left"),
        (b"\x12" + b"\xff" * 9 + b"\x01", "a field of 18,446,744,073,709,551,615 bytes where 0 are left"),
        (b"\x0d123", "a field of 4 bytes where 3 are left"),
        (b"\x0b\x0c", "a field of wire type 3"),
        (b"\x0f", "a field of wire type 7"),
        (b"\x08\x00" * (MAX_FIELDS + 1), "a message of more than 1000 fields"),
    ],
)  # fmt: skip
def test_damaged_bytes_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        found(data)


def test_a_list_that_does_not_end_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 1000 numbers"):
        list(varints(memoryview(bytes(MAX_FIELDS + 1))))


@given(st.binary(max_size=200))
def test_any_bytes_are_fields_or_refused(data: bytes) -> None:
    with suppress(ValueError):
        values = found(data)
        assert sum(1 if isinstance(value, int) else len(value) for _, value in values) <= len(data)


@given(st.integers(0, 2**64 - 1))
def test_numbers_come_back(number: int) -> None:
    data, left = bytearray(), number
    while left > 127:
        data.append(left & 127 | 128)
        left >>= 7
    data.append(left)
    assert varint(memoryview(bytes(data) + b"\x05"), 0) == (number, len(data))


def test_text_is_named_values() -> None:
    text = """# a network
    name: "tiny"  input_dim: 10, input_dim: 3;
    layer { name: 'a{}#' type: "ReLU" param: { lr: -1.5e-3 } empty: '' }
    layer{name:"b"include{phase:TEST}}"""
    first = {"name": ["a{}#"], "type": ["ReLU"], "param": [{"lr": ["-1.5e-3"]}], "empty": [""]}
    second = {"name": ["b"], "include": [{"phase": ["TEST"]}]}
    assert parse(text) == {"name": ["tiny"], "input_dim": ["10", "3"], "layer": [first, second]}
    assert parse(" # nothing\n") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layer {\n name: 'a'\n", "it ends within a block"),
        ("layer {\n}\n}", "line 3 is not understood"),
        ("name 'a'", "line 1 is not understood"),
        ("\n\n{", "line 3 is not understood"),
        ("name: 'a\nb'", "line 1 is not understood"),
        ("dim: [1, 2]", "line 1 is not understood"),
        ("a: " + '"' + "x" * 201 + '"', "line 1 is not understood"),
        ("a {" * 100, "line 1 is not understood"),
        ("\0", "line 1 is not understood"),
    ],
)
def test_text_that_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(text)


@given(st.text(alphabet="ab:{}\"'#\n .,;1", max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(parse(text), dict)

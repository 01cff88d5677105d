"""Files of Torch7: what they hold is read, and nothing in a damaged or hostile one does harm."""

import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import shared
from hypothesis import given, settings
from hypothesis import strategies as st
from torch7_files import Function, dump, instance, long, text, view, whole

from reidtalk.errors import CheckpointError
from reidtalk.models import torch7
from reidtalk.models.torch7 import DEEPEST, Reader, Torch7Tensor, read_torch7

NUMBERS = np.arange(12, dtype="<f4")
TENSOR = whole(4, 1) + text("V 1") + text("torch.FloatTensor")
STORAGE = whole(4, 2) + text("V 1") + text("torch.FloatStorage")
FOUR = STORAGE + long(4) + NUMBERS[:4].tobytes()


def read(data: bytes) -> Any:
    return Reader(data).read()


def tensor(sizes: tuple[int, ...], strides: tuple[int, ...], offset: int = 1, storage: bytes = FOUR) -> bytes:
    return TENSOR + whole(len(sizes)) + long(*sizes, *strides, offset) + storage


@pytest.mark.parametrize(
    "value", [None, True, False, 0, -7, 2.5, "", "word", "größer", {}, {1: "a", "b": {2: None}}]
)
def test_plain_values_are_read_as_they_are(value: Any) -> None:
    got = read(dump(value))
    assert got == value
    assert type(got) is type(value)


def test_text_that_is_not_utf8_becomes_escapes() -> None:
    assert read(whole(2, 2) + b"\xe9a") == "\\xe9a"


def test_only_texts_and_whole_numbers_are_kept_as_keys() -> None:
    keys = [1, "two", 2.5, True, None, Function(8, b"code", {})]
    data = b"".join(dump(key) + dump("entry") for key in keys)
    assert read(whole(3, 9, len(keys)) + data) == {1: "entry", "two": "entry"}


def test_what_is_shared_is_read_once_and_a_table_may_hold_itself() -> None:
    inner = {"x": 1}
    circle: dict[Any, Any] = {"first": inner, "second": inner}
    circle["self"] = circle
    got = read(dump(circle))
    assert got["first"] is got["second"]
    assert got["self"] is got


def test_objects_are_a_class_and_its_fields() -> None:
    got = read(dump(instance("nn.Linear", bias=True)))
    assert (got.kind, got.fields) == ("nn.Linear", {"bias": True})
    old = read(whole(4, 9) + text("nn.Old") + dump({"a": 1}))  # from before classes had versions
    assert (old.kind, old.fields) == ("nn.Old", {"a": 1})


@pytest.mark.parametrize("element", ["u1", "i1", "<i2", "<i4", "<i8", "<f2", "<f4", "<f8"])
@pytest.mark.parametrize("cuda", [False, True])
def test_tensors_of_every_class(element: str, cuda: bool) -> None:
    numbers = np.arange(6).reshape(2, 3).astype(element)
    got = read(dump(view(numbers), cuda=cuda)).array()
    assert got.dtype == np.dtype(element)
    np.testing.assert_array_equal(got, numbers)


@pytest.mark.parametrize(
    ("sizes", "strides", "offset", "expected"),
    [
        ((2, 3), (3, 1), 4, [[4, 5, 6], [7, 8, 9]]),
        ((3, 2), (1, 3), 4, [[4, 7], [5, 8], [6, 9]]),
        ((3,), (-2,), 6, [6, 4, 2]),
        ((1, 2), (2**60, 5), 0, [[0, 5]]),
        ((12,), (1,), 0, list(range(12))),
        ((0,), (1,), 0, []),
        ((), (), 0, []),
    ],
)
def test_views_have_offset_and_strides(
    sizes: tuple[int, ...], strides: tuple[int, ...], offset: int, expected: list[Any]
) -> None:
    part = Torch7Tensor(sizes, strides, offset)
    part.storage = NUMBERS
    assert read(dump({1: view(NUMBERS), 2: part}))[2].array().tolist() == expected


def test_tensors_share_their_storage() -> None:
    got = read(dump({1: view(NUMBERS[:2], NUMBERS, 3), 2: view(NUMBERS[:2], NUMBERS, 4)}))
    assert got[1].storage is got[2].storage
    assert (got[1].array().tolist(), got[2].array().tolist()) == ([3, 4], [4, 5])


@pytest.mark.parametrize("kind", [6, 7, 8])
def test_functions_are_skipped_with_what_they_hold_on_to(kind: int) -> None:
    function = Function(
        kind, b"\x1bLua os.execute('touch harm')", {1: {"name": "_ENV", "value": {"deep": 1}}}
    )
    got = read(dump({"before": 1, "function": function, "again": function, "after": 2}))
    assert got == {"before": 1, "function": None, "again": None, "after": 2}


def test_a_file_is_read_and_named_in_errors(tmp_path: Path) -> None:
    file = tmp_path / "some.t7"
    file.write_bytes(dump({"a": view(NUMBERS)}))
    assert read_torch7(file)["a"].array().tolist() == NUMBERS.tolist()
    file.write_bytes(dump({"a": view(NUMBERS)})[:-1])
    with pytest.raises(
        CheckpointError, match=r"some.t7: 48 bytes are announced at byte \d+, and 47 are left; accepted"
    ):
        read_torch7(file)


@pytest.mark.parametrize(
    ("data", "fault"),
    [(b"", "it is empty"), (b"PK\x03\x04 a zip, as torch.save of PyTorch makes it", "the type number 67324752 at byte 0"),
     (b"4\n1\n3\nV 1\n13\nnn.Sequential\n", "the type number"), (b"{\"a\": 1}", "the type number")],
)  # fmt: skip
def test_other_files_are_refused(data: bytes, fault: str, tmp_path: Path) -> None:
    (tmp_path / "other.t7").write_bytes(data)
    with pytest.raises(CheckpointError, match=fault):
        read_torch7(tmp_path / "other.t7")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.t7", tmp_path):
        with pytest.raises(CheckpointError, match=f"{path}: no such file; accepted: a whole .t7"):
            read_torch7(path)


WHOLE = dump(
    {
        "a": view(NUMBERS),
        2: instance("nn.Linear", bias=True),
        "f": Function(8, b"code", {1: "up"}),
        "s": "text",
    }
)


def test_a_file_cut_off_anywhere_is_refused() -> None:
    for length in range(len(WHOLE)):
        with pytest.raises(CheckpointError, match=r"bytes are announced at byte \d+, and \d+ are left"):
            read(WHOLE[:length])


def test_the_originals_file_cut_off_is_refused() -> None:
    data = shared("oracle", "tiny_bestACC.t7").read_bytes()
    for length in (*range(1, 200, 7), *range(200, len(data), 79_999), len(data) - 1):
        with pytest.raises(CheckpointError, match="are announced"):
            read(data[:length])


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (tensor((2**40,), (1,)), "a tensor of 1099511627776 that reaches outside its storage of 4 elements"),
        (tensor((2, 2**40), (0, 1)), "a tensor of 2 x 1099511627776 that reaches outside"),
        (tensor((2**62, 2**62), (2**62, 1)), "reaches outside its storage of 4"),
        (tensor((5,), (1,)), "a tensor of 5 that reaches outside its storage of 4 elements"),
        (tensor((4,), (1,), 2), "a tensor of 4 that reaches outside"),
        (tensor((2,), (2**61,)), "a tensor of 2 that reaches outside"),
        (tensor((2,), (-1,)), "a tensor of 2 that reaches outside"),
        (tensor((2,), (1,), -5), "a tensor of 2 that reaches outside"),
        (tensor((-2,), (1,)), "a tensor of -2 that reaches outside"),
        (tensor((0, -2), (1, 1)), "a tensor of 0 x -2 that reaches outside"),
        (tensor((2,), (1,), storage=whole(0)), "a tensor of 2 that reaches outside its storage of 0"),
        (tensor((2,), (1,), storage=dump({})), "over something else than its storage"),
        (tensor((2,), (1,), storage=dump(np.zeros(4, np.int64))), "over something else than its storage"),
        (tensor((2,), (1,), storage=whole(4, 1)), "over something else than its storage"),
        (TENSOR + whole(2**31 - 1), "a tensor of 2147483647 dimensions"),
        (TENSOR + whole(-1), "a tensor of -1 dimensions"),
        (STORAGE + long(2**40), "4398046511104 bytes are announced"),
        (STORAGE + long(2**62), "bytes are announced"),
        (STORAGE + long(-1), "a storage of -1 elements"),
        (whole(2, 2**31 - 1), "a text of 2147483647 bytes"),
        (whole(2, -1), "-1 bytes are announced"),
        (whole(3, 1, -1), "a table of -1 entries"),
        (whole(3, 1, 2**31 - 1), "4 bytes are announced at byte 12, and 0 are left"),
        (whole(8, 1, 2**31 - 1), "2147483647 bytes are announced"),
        (whole(8, 1, -4), "-4 bytes are announced"),
        (whole(9), "the type number 9 at byte 0, where 0 to 8 are known"),
        (whole(-1), "the type number -1 at byte 0"),
        (whole(4, 1) + text("V 1") + text("nn.\x1b[2J"), "an object of a class without a name"),
        (whole(4, 1) + text("V 1") + text("n" * 10_000), "an object of a class without a name"),
        (
            whole(4, 1) + text("V 1") + text("nn.Linear") + dump(3),
            "an object of class nn.Linear without fields",
        ),
    ],
)
def test_impossible_sizes_are_refused_before_anything_is_made(data: bytes, fault: str) -> None:
    with pytest.raises(CheckpointError, match=fault) as raised:
        read(data)
    assert "\n" not in str(raised.value)


def test_a_tensor_larger_than_its_storage_may_be_there_but_not_be_used() -> None:
    spread = read(tensor((2**40,), (0,)))
    with pytest.raises(CheckpointError, match="a tensor of 1099511627776 elements over a storage of 4"):
        spread.array()


@pytest.mark.parametrize(
    "link",
    [whole(3, 1, 1) + dump("next"), whole(3, 1, 1), whole(8, 1, 0)],
    ids=["values", "keys", "functions"],
)
def test_deep_nesting_is_refused_and_does_not_overflow_the_stack(link: bytes) -> None:
    levels = (link[:4] + whole(index) + link[8:] for index in range(200_000))
    with pytest.raises(CheckpointError, match=f"nested more than {DEEPEST} deep at byte"):
        read(b"".join(levels))


def test_tables_as_deep_as_allowed_are_read() -> None:
    levels = DEEPEST - 10
    got = read(b"".join(whole(3, index, 1) + dump("next") for index in range(levels)) + whole(0))
    for _ in range(levels):
        got = got["next"]
    assert got is None


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch7, "MOST_VALUES", 100)
    assert len(read(dump({number: number for number in range(45)}))) == 45
    with pytest.raises(CheckpointError, match="more than 100 values"):
        read(dump({number: number for number in range(60)}))


def refused_or(data: bytes) -> Any:
    """What is read of `data`; None where it is refused in one line."""
    fault = ""
    try:
        return read(data)
    except CheckpointError as error:
        fault = str(error)
    assert fault.count("\n") == 0
    return None


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refused_or(data)


@settings(max_examples=300)
@given(st.integers(0, len(WHOLE) - 4), st.one_of(st.integers(-(2**31), 2**31 - 1), st.integers(-2, 10)))
def test_a_file_with_any_number_changed_is_read_or_refused(place: int, number: int) -> None:
    got = refused_or(WHOLE[:place] + struct.pack("<i", number) + WHOLE[place + 4 :])
    for value in got.values() if isinstance(got, dict) else ():
        if isinstance(value, Torch7Tensor):
            with suppress(CheckpointError):
                assert len(value.array().tobytes()) <= len(WHOLE)  # every element is there

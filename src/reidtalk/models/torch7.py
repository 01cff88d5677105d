"""Reads files of Torch7 (.t7) that nobody vouches for: no code in them runs, no size is taken on trust.

The format is that of torch.save on a 64-bit machine: a type number, then the value; tables, objects and
functions carry an index by which they are referred to again. Tensors are views into storages.

PyPI's torchfile reads this format, too, but was last released in 2017, lets a tensor's header point outside
its storage (so into other memory of the process), takes a storage cut short for a whole one, and calls itself
for each level of nesting. Here every size is held against the bytes that are there before anything is made.
"""

import math
import mmap
import re
import struct
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reidtalk.errors import CheckpointError

MOST_VALUES = 1_000_000
"""The 2017 release's checkpoints hold some ten thousand values, and two more for each word."""
DEEPEST = 5_000
"""Levels of nesting; that release's have a hundred, since a graph is written along its edges."""
LONGEST_TEXT = 2**20
MOST_DIMENSIONS = 16

ELEMENTS = {"Byte": "u1", "Char": "i1", "Short": "<i2", "Int": "<i4", "Long": "<i8",
            "Half": "<f2", "Float": "<f4", "Double": "<f8", "": "<f4"}  # fmt: skip
"""Classes of storages and tensors, CUDA's as the CPU's; `torch.CudaTensor` holds floats."""
NUMERIC = re.compile(rf"torch\.(?:Cuda)?({'|'.join(ELEMENTS)})(Storage|Tensor)")

Table: TypeAlias = dict[str | int, Any]
"""A Lua table; entries under other keys than strings and whole numbers are left out."""
Frame: TypeAlias = Generator[Any, Any, Any]
"""A value being read: yields the frames of the values in it, is sent these values, returns its own."""


class Kind(IntEnum):
    """The number before a value."""

    NIL = 0
    NUMBER = 1
    STRING = 2
    TABLE = 3
    OBJECT = 4
    BOOLEAN = 5
    FUNCTION = 6
    OLD_CLOSURE = 7
    CLOSURE = 8


class Torch7Object:
    """An object of a class that is no tensor: the name of its class and its fields."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.fields: Table = {}


class Torch7Tensor:
    """A view into a storage; `array` makes it one of NumPy's."""

    def __init__(self, sizes: tuple[int, ...], strides: tuple[int, ...], offset: int) -> None:
        self.sizes, self.strides, self.offset = sizes, strides, offset
        self.storage: NDArray[Any] = np.empty(0, np.float32)

    def fits(self) -> bool:
        """Whether all its elements lie in its storage."""
        if min(self.sizes, default=0) <= 0:
            return min(self.sizes, default=0) == 0
        reach = [(size - 1) * stride for size, stride in zip(self.sizes, self.strides, strict=True)]
        first = self.offset + sum(step for step in reach if step < 0)
        last = self.offset + sum(step for step in reach if step > 0)
        return first >= 0 and last < len(self.storage)

    def array(self) -> NDArray[Any]:
        """Its elements, as a view of the file; no more than its storage has.

        Raises:
            CheckpointError: it shows elements of its storage more than once, as no parameter does.
        """
        elements = math.prod(self.sizes) if self.sizes else 0
        if elements > len(self.storage):
            raise CheckpointError(
                f"a tensor of {elements} elements over a storage of {len(self.storage)}",
                accepted="a storage at least as large",
                do="copy the file again",
            )
        if not elements:
            return np.empty(0, self.storage.dtype)
        strides = (
            stride * self.storage.itemsize if size > 1 else 0
            for size, stride in zip(self.sizes, self.strides, strict=True)
        )
        start = self.storage[self.offset :]
        return np.lib.stride_tricks.as_strided(start, self.sizes, tuple(strides), writeable=False)


def read_torch7(file: Path) -> Any:
    """The value saved in `file`: a table is a dict, an object a `Torch7Object`, a tensor a `Torch7Tensor`.

    Functions are left out: None. Tensors are views of the file, which is not to change meanwhile.

    Raises:
        CheckpointError: no such file, or one that is cut off, damaged, hostile or of another format.
    """
    with naming(file):
        if not file.is_file():  # to open a pipe would wait for ever
            raise damaged("no such file")
        try:
            with file.open("rb") as opened:
                data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # an empty file is a ValueError
            reason = error.strerror if isinstance(error, OSError) else "it is empty"
            raise damaged(f"cannot be read ({reason})") from None
        return Reader(data).read()


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """Raises any `CheckpointError` of the block with the name of `file` before it."""
    try:
        yield
    except CheckpointError as error:
        raise CheckpointError(f"{file}: {error.given}", accepted=error.accepted, do=error.do) from error


def damaged(given: str) -> CheckpointError:
    """What to raise when the bytes are not what the format asks for."""
    return CheckpointError(
        given,
        accepted="a whole .t7 as torch.save of Torch7 writes it (binary, 64-bit)",
        do="check the path, or copy the file again",
    )


class Reader:
    """Reads one value from bytes; keeps a stack of its own, so that nesting cannot overflow Python's."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data, self.position = data, 0
        self.objects: dict[int, Any] = {}
        self.values = 0

    def read(self) -> Any:
        """The value at the position, with all that is in it.

        Raises:
            CheckpointError: cut off, of another format, too deep or with too many values.
        """
        frames, answer = [self.value()], None
        while frames:
            try:
                frames.append(frames[-1].send(answer))
                answer = None
            except StopIteration as finished:
                answer = finished.value
                frames.pop()
            if len(frames) > 2 * DEEPEST:  # a value and the table it is, at each level
                raise damaged(f"tables nested more than {DEEPEST} deep at byte {self.position}")
        return answer

    def value(self) -> Frame:
        """Any value, known by the number before it."""
        self.values += 1
        if self.values > MOST_VALUES:
            raise damaged(f"more than {MOST_VALUES} values")
        start, kind = self.position, self.integer()
        match kind:
            case Kind.NIL:
                return None
            case Kind.NUMBER:
                (number,) = struct.unpack("<d", self.take(8))
                return int(number) if number.is_integer() else number
            case Kind.STRING:
                return self.string()
            case Kind.BOOLEAN:
                return self.integer() == 1
            case Kind.FUNCTION:
                return (yield self.function(None))
            case Kind.TABLE | Kind.OBJECT | Kind.OLD_CLOSURE | Kind.CLOSURE:
                index = self.integer()
                if index in self.objects:
                    return self.objects[index]
                if kind == Kind.TABLE:
                    return (yield self.table(index))
                if kind == Kind.OBJECT:
                    return (yield self.object(index))
                return (yield self.function(index))
        raise damaged(f"the type number {kind} at byte {start}, where 0 to 8 are known")

    def table(self, index: int) -> Frame:
        """A table; it is known by its index before its entries are, so that it may hold itself."""
        table: Table = {}
        self.objects[index] = table
        entries = self.integer()
        if entries < 0:
            raise damaged(f"a table of {entries} entries at byte {self.position}")
        for _ in range(entries):
            key = yield self.value()
            value = yield self.value()
            if type(key) in (str, int):
                table[key] = value
        return table

    def function(self, index: int | None) -> Frame:
        """None: its code is skipped, and so is what it holds on to. Those of type 6 have no index."""
        if index is not None:
            self.objects[index] = None
        self.skip(self.integer())
        yield self.value()

    def object(self, index: int) -> Frame:
        """A storage, a tensor, or any other object, of which the format knows only that it is a table."""
        kind = self.string()
        if re.fullmatch(r"V [-\d.]+", kind):
            kind = self.string()
        if not re.fullmatch(r"[A-Za-z0-9_.]{1,100}", kind):
            raise damaged(f"an object of a class without a name at byte {self.position}")
        if numeric := NUMERIC.fullmatch(kind):
            element = np.dtype(ELEMENTS[numeric[1]])
            if numeric[2] == "Storage":
                return self.storage(index, element)
            return (yield self.tensor(index, element))
        made = Torch7Object(kind)
        self.objects[index] = made
        fields = yield self.value()
        if not isinstance(fields, dict):
            raise damaged(f"an object of class {kind} without fields at byte {self.position}")
        made.fields = fields
        return made

    def storage(self, index: int, element: "np.dtype[Any]") -> NDArray[Any]:
        """The numbers of a storage, as a view of the file."""
        count, start = self.long(), self.position
        if count < 0:
            raise damaged(f"a storage of {count} elements at byte {start}")
        self.skip(count * element.itemsize)
        numbers = np.frombuffer(self.data, element, count, start) if count else np.empty(0, element)
        self.objects[index] = numbers
        return numbers

    def tensor(self, index: int, element: "np.dtype[Any]") -> Frame:
        """A tensor, all of whose elements lie in its storage."""
        dimensions = self.integer()
        if not 0 <= dimensions <= MOST_DIMENSIONS:
            raise damaged(f"a tensor of {dimensions} dimensions at byte {self.position}")
        sizes, strides = (tuple(self.long() for _ in range(dimensions)) for _ in range(2))
        tensor = Torch7Tensor(sizes, strides, self.long() - 1)
        self.objects[index] = tensor
        storage = yield self.value()
        tensor.storage = np.empty(0, element) if storage is None else storage
        if not isinstance(tensor.storage, np.ndarray) or tensor.storage.dtype != element:
            raise damaged(f"a tensor over something else than its storage at byte {self.position}")
        if not tensor.fits():
            shape, held = " x ".join(map(str, sizes)), len(tensor.storage)
            raise damaged(f"a tensor of {shape} that reaches outside its storage of {held} elements")
        return tensor

    def string(self) -> str:
        """Text; bytes that are not UTF-8 become escapes."""
        length = self.integer()
        if length > LONGEST_TEXT:
            raise damaged(f"a text of {length} bytes at byte {self.position}")
        return self.take(length).decode("utf-8", errors="backslashreplace")

    def integer(self) -> int:
        """A whole number of 4 bytes."""
        return int.from_bytes(self.take(4), "little", signed=True)

    def long(self) -> int:
        """A whole number of 8 bytes."""
        return int.from_bytes(self.take(8), "little", signed=True)

    def take(self, count: int) -> bytes:
        """The next `count` bytes, which are then behind."""
        start = self.position
        self.skip(count)
        return self.data[start : self.position]

    def skip(self, count: int) -> None:
        """The next `count` bytes are behind.

        Raises:
            CheckpointError: there are not so many.
        """
        left = len(self.data) - self.position
        if not 0 <= count <= left:
            raise damaged(f"{count} bytes are announced at byte {self.position}, and {left} are left")
        self.position += count

"""Entries as rows of a LanceDB table."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float32, Int64

from reidtalk.index.entries import Entry
from reidtalk.index.memory import Memory
from reidtalk.index.rows import Columns, Facts, pack, unpack

if TYPE_CHECKING:
    import pyarrow

ESCAPED = "\ufdd0"
"""Begins an id that is no Unicode text, as names of files may be; what follows is hexadecimal."""


def schema(width: int) -> "pyarrow.Schema":
    """The columns of the table."""
    import pyarrow as arrow

    return arrow.schema(
        [
            arrow.field("serial", arrow.int64(), nullable=False),
            arrow.field("id", arrow.utf8(), nullable=False),
            arrow.field("vector", arrow.list_(arrow.float32(), width), nullable=False),
            *(arrow.field(name, arrow.int64(), nullable=False) for name in Facts._fields),
            arrow.field("details", arrow.binary(), nullable=False),
        ]
    )


def arrow_rows(
    entries: Sequence[Entry], vectors: Float32[np.ndarray, "entries features"], first_serial: int
) -> "pyarrow.Table":
    """The rows of the table that keep `entries`."""
    import pyarrow as arrow

    width, packed = vectors.shape[1], [pack(entry) for entry in entries]
    columns = [
        np.arange(first_serial, first_serial + len(entries)),
        [written(entry.id) for entry in entries],
        arrow.FixedSizeListArray.from_arrays(arrow.array(vectors.ravel()), width),
        *Columns.of([Facts.of(entry) for entry in entries]),
        packed,
    ]
    return arrow.Table.from_arrays(
        [arrow.array(values, field.type) for values, field in zip(columns, schema(width), strict=True)],
        schema=schema(width),
    )


def entries_of(rows: "pyarrow.RecordBatch") -> Iterator[Entry]:
    """The entries kept in these rows."""
    for vector, details in zip(vectors_of(rows), rows["details"].to_pylist(), strict=True):
        yield unpack(details, vector)


def vectors_of(rows: "pyarrow.RecordBatch") -> Float32[np.ndarray, "rows features"]:
    """Their vectors."""
    flat: Float32[np.ndarray, " numbers"] = rows["vector"].flatten().to_numpy()
    return flat.reshape(len(rows), rows["vector"].type.list_size)


def column(rows: "pyarrow.RecordBatch", name: str) -> Int64[np.ndarray, " rows"]:
    """A column of whole numbers."""
    numbers: Int64[np.ndarray, " rows"] = rows[name].to_numpy()
    return numbers


def memory_of(rows: "pyarrow.RecordBatch") -> Memory:
    """What is searched of these rows."""
    columns = Columns(*(column(rows, name) for name in Facts._fields))
    return Memory(names_of(rows), vectors_of(rows), columns)


def names_of(rows: "pyarrow.RecordBatch") -> list[str]:
    """Their ids; of damaged ones the bytes in hexadecimal."""
    return [plain_or_bytes(name) for name in rows["id"].cast("binary").to_pylist()]


def one_of(ids: Sequence[str]) -> str:
    """The condition that a row has one of the `ids`."""
    return f"id IN ({', '.join(quoted(written(name)) for name in ids)})" if ids else "false"


def quoted(text: str) -> str:
    """`text` as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def written(name: str) -> str:
    """`name` as the table keeps it: as it is, if it is Unicode text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return ESCAPED + name.encode("utf-8", "surrogatepass").hex()
    return ESCAPED + name.encode().hex() if name.startswith(ESCAPED) else name


def plain(name: str) -> str:
    """The name whose `written` this is."""
    if name.startswith(ESCAPED):
        return bytes.fromhex(name.removeprefix(ESCAPED)).decode("utf-8", "surrogatepass")
    return name


def plain_or_bytes(name: bytes) -> str:
    """The name whose `written` has these bytes; of damaged ones the bytes in hexadecimal."""
    try:
        return plain(name.decode())
    except ValueError:
        return name.hex()

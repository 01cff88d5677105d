"""How a place is understood; what stores do is in tests/contracts/test_stores.py."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reidtalk.errors import ConfigError, IndexingError, WriteError
from reidtalk.index import stores
from reidtalk.index.exact import ExactStore
from reidtalk.index.lance import LanceStore
from reidtalk.index.milvus import collection_name, safe_address
from reidtalk.index.stores import kind_and_place, open_store


def test_what_a_place_says() -> None:
    assert kind_and_place("exact:some/where") == ("exact", "some/where")
    assert kind_and_place("lance:/some/where") == ("lance", "/some/where")
    assert kind_and_place("some/where") == ("lance", "some/where")
    assert kind_and_place("C:/where") == ("lance", "C:/where")
    assert kind_and_place("milvus://host:1/people") == ("milvus", "milvus://host:1/people")


def test_a_folder_is_opened_as_what_it_is(tmp_path: Path) -> None:
    open_store(f"exact:{tmp_path / 'one'}", 4).close()
    open_store(tmp_path / "two", 4).close()
    assert isinstance(open_store(tmp_path / "one", 4), ExactStore)
    assert isinstance(open_store(tmp_path / "two", 4), LanceStore)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(
        ConfigError,
        match=r"no store 'qdrant'; accepted: exact, lance, milvus://HOST:PORT/NAME; what to do: choose one",
    ):
        open_store("qdrant://host/people", 4)


def test_a_missing_package_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "find_spec", lambda _: None)
    with pytest.raises(
        ConfigError,
        match=r"the store lance needs lancedb and pyarrow and faiss, not installed here; .*pip install lancedb pyarrow faiss-cpu",
    ):
        open_store(tmp_path, 4)
    with pytest.raises(ConfigError, match=r"the store milvus needs pymilvus.*pip install pymilvus"):
        open_store("milvus://host/people", 4)
    open_store(f"exact:{tmp_path}", 4).close()


def test_a_cluster_that_is_not_there() -> None:
    pytest.importorskip("pymilvus", reason="needs the extra milvus")
    with pytest.raises(
        IndexingError, match=r"the cluster at milvus://127.0.0.1:1/people .*accepted: the address of a Milvus"
    ) as told:
        open_store("milvus://me:secret@127.0.0.1:1/people", 4)
    assert "secret" not in str(told.value)


def test_addresses() -> None:
    assert collection_name("/people_2") == "people_2"
    for name in ("", "/", "/a-b", "/1st", "/a/b", "/" + "a" * 300):
        with pytest.raises(ConfigError, match=r"a cluster's collection .*; accepted: letters, digits and _"):
            collection_name(name)
    assert safe_address("milvus://me:secret@host/people") == "milvus://host:19530/people"


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "entries.sqlite").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(
        IndexingError, match=r"cannot read .*entries.sqlite: file is not a database; accepted"
    ):
        open_store(f"exact:{tmp_path}", 4)
    (tmp_path / "width.txt").write_text("many")
    with pytest.raises(
        IndexingError, match=r"cannot read .*: invalid literal.*; what to do: make the index again"
    ):
        open_store(f"lance:{tmp_path}", 4)


@pytest.mark.parametrize("kind", ["exact", "lance"])
def test_a_place_that_is_a_file_is_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match=r"cannot write .*file"):
        open_store(f"{kind}:{tmp_path / 'file'}", 4)


READER = """
import sys
import numpy as np
from reidtalk.index.filters import Filter
from reidtalk.index.stores import open_store
store = open_store(sys.argv[1], 4)
(hit,) = store.search(np.array([[0, 1, 0, 0]], np.float32), 1, Filter())[0]
(entry,) = store.get([hit.id])
assert (hit.id, hit.score, entry.id, len(store), store.ids()) == ("b", 1.0, "b", 2, ["a", "b"])
assert not {"lancedb", "pyarrow", "torch"} & set(sys.modules), "slow to import"
"""


def test_what_is_compacted_is_searched_without_importing_lancedb(tmp_path: Path) -> None:
    from test_rows import some_entry

    store = open_store(tmp_path, 4)
    places = np.eye(4, dtype=np.float32)
    store.add([some_entry("a", places[0]), some_entry("b", places[1])])
    store.compact()
    store.close()
    subprocess.run([sys.executable, "-c", READER, str(tmp_path)], check=True)


def test_opening_stores_imports_nothing_slow() -> None:
    code = "import sys, reidtalk.index.stores; assert not {'lancedb', 'pyarrow', 'pymilvus', 'faiss', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

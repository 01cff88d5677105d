"""What an index says of itself, and who may read it."""

from pathlib import Path

import pytest

from reidtalk.index.manifest import NAME, Manifest, read_manifest, write_manifest


@pytest.mark.parametrize(
    ("store", "others_may_read"),
    [("exact", True), ("milvus://host:19530/people", True), ("milvus://me:secret@host:19530/people", False)],
)
def test_only_its_writer_reads_a_manifest_with_a_password_at_any_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: str, others_may_read: bool
) -> None:
    modes = []
    really = Path.replace

    def noted(self: Path, target: Path) -> Path:
        modes.append(self.stat().st_mode)
        return really(self, target)

    monkeypatch.setattr(Path, "replace", noted)
    manifest = Manifest(
        matcher="reidtalk-small", weights="0" * 64, features=384, readings=0, store=store, made_by="0.1.0"
    )
    write_manifest(tmp_path, manifest)
    modes.append((tmp_path / NAME).stat().st_mode)
    assert [bool(mode & 0o044) for mode in modes] == [others_may_read] * 2
    assert read_manifest(tmp_path) == manifest

"""The README is true: its file map, its verbs, its links, its Python."""

import ast
import re
from pathlib import Path

import pytest

from reidtalk.cli import COMMANDS
from reidtalk.data import DATASETS
from reidtalk.training_config import TrainConfig

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_it_is_short_and_begins_with_what_to_type() -> None:
    lines = README.splitlines()
    assert len(lines) <= 150
    assert any("make demo" in line for line in lines[:20])
    assert any("make test" in line for line in lines[:20])


def test_the_file_map_is_the_tree() -> None:
    table = README.split("## File map", 1)[1].split("##", 1)[0]
    named: set[Path] = set()
    for row in table.splitlines():
        folder = ROOT
        for name in re.findall(r"`([^`]+)`", row.split("|")[1] if row.startswith("| `") else ""):
            path = ROOT / name if "/" in name and (ROOT / name).exists() else folder / name
            assert path.exists(), name
            folder = path.parent
            named.add(path)
    source = ROOT / "src" / "reidtalk"
    rooms = {
        path
        for path in source.iterdir()
        if path.suffix == ".py" or (path.is_dir() and path.name[0] not in "._")
    }
    assert rooms - named == {source / "__init__.py"}


def test_every_verb_and_data_set_is_named() -> None:
    for verb in COMMANDS:
        assert re.search(rf"[|,] `{verb}[` ]", README), verb
    for name in DATASETS:
        assert f"`{name}`" in README


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", document.read_text()):
        assert link.startswith("http") or (document.parent / link).exists(), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_verbs_and_options_in_commands_exist(document: Path) -> None:
    for verb, rest in re.findall(r"reidtalk ([a-z-]+)\b([^\n`|]*)", document.read_text()):
        if verb in COMMANDS:
            flags = {flag.replace("-", "_") for flag in re.findall(r"--([a-z][a-z-]+)", rest)}
            assert flags <= set(COMMANDS[verb].config.__dataclass_fields__) | {"help"}, rest  # type: ignore[attr-defined]


def test_its_python_uses_public_names() -> None:
    import reidtalk

    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code is not None
    used = {
        node.attr for node in ast.walk(ast.parse(code[1]))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "reidtalk"
    }  # fmt: skip
    assert used == set(reidtalk.__all__)


def test_every_option_of_training_is_mapped_from_the_original() -> None:
    table = (ROOT / "docs" / "coming-from-torch.md").read_text()
    new = {
        "dataset",
        "root",
        "out",
        "backbone",
        "image_size_px",
        "crop_size_px",
        "word_count_threshold",
        "max_length",
        "resume",
    }
    grouped = {"optim_alpha", "optim_beta", "optim_epsilon", "cnn_optim_alpha", "cnn_optim_beta", "loss"}
    for field in TrainConfig.__dataclass_fields__:
        assert f"--{field.replace('_', '-')}" in table or f"`-{field}`" in table or field in new | grouped, (
            field
        )

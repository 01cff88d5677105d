"""The plan of the house holds: who may import whom, and that importing does nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import reidtalk

ROOT = Path(reidtalk.__file__).parent
FOR_ALL = {
    "config",
    "training_config",
    "index_config",
    "detector_config",
    "errors",
    "types",
    "progress",
    "files",
    "devices",
    "interrupts",
}
STAGES = [
    {"data"}, {"models"}, {"losses"}, {"metrics", "box_metrics"}, {"validation", "optimizers", "run_folder", "resuming"},
    {"training", "pretraining", "drawn_training", "matcher_training", "dual_training", "reranker_training", "detector_training", "release"}, {"sheets"}, {"report"}, {"report_page"}, {"evaluation", "quick_evaluation"}, {"video"}, {"index"}, {"found_page"}, {"search"}, {"demo"}, {"cli"},
]  # fmt: skip
"""From left to right: a module imports from its own stage and from stages before it."""

FILES = sorted(path for path in ROOT.rglob("*.py") if path != ROOT / "__init__.py")


def room(module: str) -> str:
    return module.split(".")[0]


def stage_of(name: str) -> int:
    return next((number for number, stage in enumerate(STAGES) if name in stage), -1)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_to_the_left_only(path: Path) -> None:
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert own in FOR_ALL or stage_of(own) >= 0, f"{own} has no place in the plan"
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reidtalk."):
            other = room((node.module or "").removeprefix("reidtalk."))
            allowed = (
                other in FOR_ALL or other == own or (own not in FOR_ALL and stage_of(other) <= stage_of(own))
            )
            assert allowed, f"{path.name} imports {other}, which stands to its right"


def test_help_does_not_import_torch() -> None:
    code = "import sys, reidtalk.cli as c\ntry: c.main(['--help'])\nexcept SystemExit: pass\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_checking_data_does_not_import_torch(tmp_path: Path) -> None:
    code = f"import sys, reidtalk.cli as c\nassert c.main(['check', 'folder', {str(tmp_path)!r}]) == 1\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

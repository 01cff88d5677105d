"""The benchmark of the stores runs, with few vectors."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "index.py"


@pytest.mark.slow
def test_the_benchmark_prints_a_line_for_each_system_and_filter(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCHMARK), "--sizes", "400", "--people", "32", "--folder", str(tmp_path)]
    done = subprocess.run(
        [*command, "--systems", "flat", "exact", "lance"], capture_output=True, text=True, check=True
    )
    _, *lines = done.stdout.splitlines()
    assert len(lines) == 4 * 4
    for line in lines:
        assert float(line[57:65]) == 1.0, "recall"
    assert not list(tmp_path.glob("*-400")), "stores are cleared away"

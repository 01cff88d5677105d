"""The demo, very small: every part runs, and the page holds what it promises."""

import re
from pathlib import Path

import pytest

from reidtalk.cli import main
from reidtalk.demo import SENTENCES


@pytest.mark.slow
def test_the_demo_ends_with_a_page_that_needs_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "demo"
    assert (
        main(["demo", "--out", str(out), "--identities", "40", "--pretrain-steps", "2", "--steps", "2"]) == 0
    )
    text = capsys.readouterr().out
    assert re.search(r"recall@1 \d+\.\d% among 16 pictures .* chance is 25\.00%, so \d+ times chance", text)
    assert f"look at {out / 'report.html'}" in text
    page = (out / "report.html").read_text()
    assert all(sentence in page for sentence in SENTENCES)
    assert page.count('src="data:image/') >= 51
    assert not re.search(r'(src|href)="(?!data:|evaluation/)', page)
    assert (out / "found.png").is_file()
    assert (out / "evaluation" / "report.html").is_file()

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
    assert main(["demo", "--out", str(out), "--identities", "40", "--steps", "2"]) == 0
    text, progress = capsys.readouterr()
    progress = " ".join(progress.split())
    assert re.search(
        r"recall@1 among 16 pictures .*: \d+\.\d% by reidtalk-small at once, \d+\.\d% by GNA-RNN trained here; "
        r"chance is 25\.00%, so \d+ and \d+ times chance",
        text,
    )
    assert re.search(rf'found at once for "{SENTENCES[0]}": \S+\.\w+ \((score )?\S+', progress)
    assert progress.index("found at once") < progress.index("training")
    assert f"look at {out / 'report.html'}" in text
    page = (out / "report.html").read_text()
    assert all(page.count(sentence) == 2 for sentence in SENTENCES)
    assert page.count('src="data:image/') == 2 * 5 * 8 + 1  # a crowd of eight, and the curves
    assert page.index("Found at once") < page.index("after training GNA-RNN")
    assert page.index("reidtalk-small, at once</td>") < page.index("GNA-RNN, 2 steps</td>")
    assert not re.search(r'(src|href)="(?!data:|evaluation/)', page)
    assert (out / "found-at-once.png").is_file()
    assert (out / "found.png").is_file()
    assert (out / "evaluation" / "report.html").is_file()

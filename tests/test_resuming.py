"""Which settings a resumed run has: its own, but for what may be given anew."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from reidtalk.cli import flags_in
from reidtalk.config import as_json, flags_given
from reidtalk.errors import ConfigError
from reidtalk.resuming import resumed
from reidtalk.training_config import TrainDualConfig

DEFAULT = TrainDualConfig(out=Path("run"))


@pytest.fixture
def resume(tmp_path: Path) -> Callable[..., TrainDualConfig]:
    """Resumes a run of 300 steps and 64 pictures each with these flags."""
    run = TrainDualConfig(out=tmp_path, steps=300, batch_size=64)
    (tmp_path / "config.json").write_text(json.dumps(as_json(run)))

    def with_flags(*flags: str, **values: int) -> TrainDualConfig:
        before = flags_given.set(flags_in(flags))
        try:
            return resumed(TrainDualConfig(out=tmp_path, resume=True, **values))
        finally:
            flags_given.reset(before)

    return with_flags


def test_without_flags_it_is_as_it_was(resume: Callable[..., TrainDualConfig]) -> None:
    config = resume()
    assert (config.steps, config.batch_size, config.resume) == (300, 64, True)


def test_its_own_value_may_be_given_again(resume: Callable[..., TrainDualConfig]) -> None:
    assert resume("--batch-size", "64", batch_size=64).batch_size == 64


def test_another_value_is_refused(resume: Callable[..., TrainDualConfig]) -> None:
    with pytest.raises(ConfigError, match=r"--batch-size is 32, but .* has 64; .* leave the flag away"):
        resume("--batch-size", "32", batch_size=32)


@pytest.mark.parametrize("flags", [("--batch-size", "128"), ("--batch_size=128",)])
def test_the_default_is_refused_too_where_it_is_given(
    resume: Callable[..., TrainDualConfig], flags: tuple[str, ...]
) -> None:
    with pytest.raises(ConfigError, match=r"--batch-size is 128, but .* has 64"):
        resume(*flags)


def test_more_steps_may_be_given_also_as_many_as_the_default(resume: Callable[..., TrainDualConfig]) -> None:
    assert resume("--steps", "400", steps=400).steps == 400
    assert resume("--steps", str(DEFAULT.steps)).steps == DEFAULT.steps != 300

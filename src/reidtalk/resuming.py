"""Going on with a run: its own settings, and which of them may be given anew."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from reidtalk.config import flags_given
from reidtalk.detector_config import TrainDetectorConfig
from reidtalk.errors import CheckpointError, ConfigError, TrainingError
from reidtalk.files import previous_name
from reidtalk.models.checkpoint import read_json
from reidtalk.training_config import ReleaseConfig, TrainConfig, TrainDualConfig, TrainRerankerConfig

Config = TypeVar("Config", TrainConfig, TrainDualConfig, TrainRerankerConfig, TrainDetectorConfig)
Given = TrainConfig | TrainDualConfig | TrainRerankerConfig | TrainDetectorConfig | ReleaseConfig

FREE = {"max_iters", "steps", "workers", "device", "root", "out", "resume"}
"""What a resumed run takes as given now, if it is given; the rest must be as it was."""
PATHS = {"root", "out", "start_from", "over"}


def resumed(config: Config) -> Config:
    """The settings of the run in `config.out`, with what of `FREE` is given in `config`.

    Raises:
        ConfigError: another flag was given and differs from the run's.
        CheckpointError: the run's config.json is damaged.
    """
    saved = read_json(config.out / "config.json")
    try:
        run = replace(config, **{name: from_json(name, value) for name, value in saved.items()})
    except (AttributeError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{config.out / 'config.json'} does not describe a run: {error}",
            accepted="the file that was written there when the run began",
            do="restore it from a copy, or begin a new run with --start-from",
        ) from error
    for field in fields(config):
        if field.name not in FREE:
            refuse_other(config, field.name, getattr(run, field.name), config.out)
    names = FREE & {field.name for field in fields(config)}
    return replace(run, **{name: getattr(config, name) for name in names if was_given(config, name)})


def was_given(config: Given, name: str) -> bool:
    """Whether the setting `name` was given: it is not the default, or its flag is in the command line."""
    default = next(field.default for field in fields(config) if field.name == name)
    return name in flags_given.get() or getattr(config, name) != default


def from_json(name: str, value: Any) -> Any:
    """The setting `name` as `TrainConfig` has it."""
    if name in PATHS and value is not None:
        return Path(value)
    return tuple(value) if isinstance(value, list) else value


def refuse_other(config: Given, name: str, there: object, where: Path) -> None:
    """Raises `ConfigError` if the flag `name` was given and is not what the run or checkpoint `where` has."""
    given = getattr(config, name)
    if was_given(config, name) and given != there:
        raise ConfigError(
            f"--{name.replace('_', '-')} is {given}, but {where} has {there}",
            accepted="what it has",
            do="leave the flag away",
        )


def last_checkpoint(out: Path) -> Path | None:
    """The last checkpoint of the run in `out`; None if it was stopped before the first."""
    folders = (out / "last", previous_name(out / "last"))
    return next((folder for folder in folders if folder.is_dir()), None)


def unfit(folder: Path, error: Exception) -> CheckpointError:
    """What to raise when the training state in `folder` is that of another run, or damaged."""
    return CheckpointError(
        f"{folder / 'training.pt'} does not fit this run: {error}",
        accepted="the last/ checkpoint of the run",
        do="begin a new run from its weights with --start-from",
    )


def finished(out: Path, step: int, flag: str) -> TrainingError:
    """What to raise when there are no steps left to take: `flag` says how many there are."""
    return TrainingError(
        f"the run in {out} is finished, at step {step}", accepted=f"{flag} above that", do="raise it to go on"
    )

"""Checkpoint folders: config.json, vocabulary.json, model.safetensors, and training.pt to go on from.

A folder is written under a temporary name and takes its place by renaming, so a full disk or a killed process
leaves the earlier checkpoint whole.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, cast

import torch
from safetensors.torch import load_file, save
from torch import nn

from reidtalk.data.words import Vocabulary
from reidtalk.devices import bfloat16_is_fast, choose_device
from reidtalk.errors import CheckpointError, ReidtalkError
from reidtalk.files import previous_name, replaced_folder
from reidtalk.models import MODELS
from reidtalk.models.contract import Matcher
from reidtalk.models.shipped import SHIPPED
from reidtalk.types import Calibration

FORMAT = 1
NARROWEST_PX = 64
"""On AMX, torch 2.15 gives garbage for convolutions in bfloat16 of stride 2 whose result is one column wide;
in networks as they are used here, no pictures as wide as this come to that."""
ACCEPTED = "a folder written by reidtalk train (a run, or its best/ or last/)"


def save_checkpoint(
    folder: Path,
    matcher: Any,
    model: str,
    extra: Mapping[str, Any],
    training: Any = None,
    *,
    half: bool = False,
) -> None:
    """`folder` holds `matcher` (a row `model` of MODELS) and all that is needed to build it again.

    `extra` joins config.json (how it was trained, what it measured), and so does the matcher's calibration;
    `training` is kept as training.pt. With `half`, the weights take half the room: see `save_weights`.

    Raises:
        WriteError: it could not be written; what was there before is untouched.
    """
    config = {"format": FORMAT, "model": model, "settings": asdict(matcher.settings), **extra}
    if matcher.calibration is not None:
        config["calibration"] = asdict(matcher.calibration)
    with replaced_folder(folder) as new:
        save_weights(matcher, new / "model.safetensors", half=half)
        (new / "config.json").write_text(json.dumps(config, indent=1))
        (new / "vocabulary.json").write_text(matcher.vocabulary.to_json(), encoding="utf-8")
        if training is not None:
            save_training_state(training, new / "training.pt")


def save_weights(module: nn.Module, file: Path, *, half: bool = False) -> None:
    """`file` holds all weights and statistics of `module`; with `half`, numbers with a point in bfloat16.

    Raises:
        OSError: no room, no permission.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
    if half:
        tensors = {
            name: tensor.bfloat16() if tensor.is_floating_point() else tensor
            for name, tensor in tensors.items()
        }
    file.write_bytes(save(tensors))


def save_training_state(training: Any, file: Path) -> None:
    """`file` holds the optimisers' state and the run's position.

    Raises:
        OSError: no room, no permission.
    """
    try:
        torch.save(training, file)
    except RuntimeError as error:  # torch's zip writer tells a full disk this way
        raise OSError(f"{file.name}: {error}") from error


def load_matcher(
    path: str | os.PathLike[str] | None = None,
    device: str = "auto",
    precision: Literal["float32", "bfloat16", "auto"] = "float32",
) -> Matcher:
    """The matcher saved in `path`, ready to score: a checkpoint folder, or a run (its best, else last).

    Without a path, or with its name `reidtalk-small`, it is the one that comes with the package. `auto` is
    bfloat16 where the hardware computes faster with it and pictures are not tiny (see `NARROWEST_PX`).

    Raises:
        CheckpointError: no checkpoint there, a damaged one, or one of an unknown model.
    """
    module = read_checkpoint(find_checkpoint(SHIPPED if path is None else Path(path)))
    where = choose_device(device)
    matcher = cast(Matcher, module.to(where).eval())
    wide = min(matcher.image_size_px) >= NARROWEST_PX
    matcher.in_bfloat16 = wide and bfloat16_is_fast(where) if precision == "auto" else precision == "bfloat16"
    return matcher


def find_checkpoint(path: Path) -> Path:
    """The checkpoint folder meant by `path`; the name of `SHIPPED` means it unless there is such a path.

    Raises:
        CheckpointError: none is there.
    """
    if path == Path(SHIPPED.name) and not path.exists():
        path = SHIPPED
    whole = path.resolve()
    for folder in (whole, whole / "best", whole / "last"):
        for candidate in (folder, previous_name(folder)):
            if (candidate / "model.safetensors").is_file():
                return candidate
    if path.suffix == ".t7" and path.is_file():
        raise CheckpointError(
            f"{path} is of Torch7", accepted=ACCEPTED, do=f"make one of it: reidtalk import-torch7 {path} OUT"
        )
    given = f"no checkpoint in {path}" if path.exists() else f"no such folder: {path}"
    raise CheckpointError(given, accepted=ACCEPTED, do="train one with reidtalk train, or check the path")


def read_checkpoint(folder: Path) -> nn.Module:
    """The matcher saved in the checkpoint folder, on the CPU, in training mode.

    Raises:
        CheckpointError: damaged, or of an unknown model.
    """
    config = read_json(folder / "config.json")
    if not isinstance(config, dict) or config.get("format") != FORMAT or config.get("model") not in [*MODELS]:
        found = config.get("model") if isinstance(config, dict) else type(config).__name__
        raise CheckpointError(
            f"{folder / 'config.json'} is of model {found!r}",
            accepted=f"format {FORMAT} of {', '.join(MODELS)}",
            do="use the version of reidtalk that wrote it, or train anew",
        )
    model = MODELS[config["model"]]
    try:
        values = {key: tuple(v) if isinstance(v, list) else v for key, v in config["settings"].items()}
        vocabulary = Vocabulary.from_json((folder / "vocabulary.json").read_text(encoding="utf-8"))
        matcher = model.build(model.settings(**values), vocabulary)
        if "calibration" in config:
            numbers = {name: float(number) for name, number in config["calibration"].items()}
            matcher.calibration = Calibration(**numbers)  # type: ignore[assignment]
    except (OSError, TypeError, KeyError, AttributeError, ValueError, RuntimeError, ReidtalkError) as error:
        raise CheckpointError(
            f"{folder} does not describe a matcher: {error}",
            accepted=ACCEPTED,
            do="restore it from a copy, or train anew",
        ) from error
    load_weights(matcher, folder / "model.safetensors")
    return matcher


def load_weights(module: nn.Module, file: Path) -> None:
    """`module` has the weights in `file`, every one of them; it keeps its own precision.

    Raises:
        CheckpointError: damaged, or weights of another model.
    """
    try:
        weights = load_file(file)
    except Exception as error:  # safetensors raises an exception of its own
        raise CheckpointError(
            f"{file} is damaged: {error}", accepted=ACCEPTED, do="restore it from a copy, or train anew"
        ) from error
    own = module.state_dict()
    wrong = sorted(own.keys() ^ weights.keys()) or [
        name for name in own if own[name].shape != weights[name].shape
    ]
    if wrong:
        raise CheckpointError(
            f"{file} does not fit its config.json: {len(wrong)} tensors differ, first {wrong[0]}",
            accepted="the weights saved together with that config.json",
            do="do not mix files of different checkpoints",
        )
    module.load_state_dict(weights)


def load_training_state(folder: Path) -> Any:
    """What `save_checkpoint` was given as `training`.

    Raises:
        CheckpointError: none there, or damaged.
    """
    try:
        return torch.load(folder / "training.pt", map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many kinds for a damaged file
        raise CheckpointError(
            f"{folder / 'training.pt'} cannot be read: {error}",
            accepted="the last/ checkpoint of a run",
            do="begin a new run from its weights with --start-from",
        ) from error


def read_json(file: Path) -> Any:
    """The content of a JSON file of a checkpoint.

    Raises:
        CheckpointError: missing or not JSON.
    """
    try:
        return json.loads(file.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{file} cannot be read: {error}", accepted=ACCEPTED, do="restore it from a copy, or train anew"
        ) from error

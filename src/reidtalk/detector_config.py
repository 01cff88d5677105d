"""What `train-detector` is told; the docstring under a field is its --help text."""

from dataclasses import dataclass

from reidtalk.config import Out, require, require_seed
from reidtalk.training_config import Precision


@dataclass(frozen=True, kw_only=True)
class TrainDetectorConfig:
    """Train a person detector (reidtalk-detector) on scenes drawn on the fly; needs no data set.

    Ctrl-C saves and says how to resume. The run folder holds best/ and last/ checkpoints, metrics.jsonl and
    TensorBoard logs.
    """

    out: Out
    """Folder of the run."""
    steps: int = 6656
    """Steps in all."""
    batch_size: int = 16
    """Pictures per step."""
    height_px: int = 192
    """Height of each scene; a multiple of 32."""
    width_px: int = 288
    """Width of each scene; a multiple of 32."""
    round_scenes: int = 2048
    """Scenes drawn at a time."""
    passes: int = 4
    """How often each drawn scene is used, framed and lit anew."""
    val_scenes: int = 320
    """Drawn scenes, never trained on, to validate with after each round."""
    learning_rate: float = 2e-3
    """Highest learning rate of AdamW: warmed up over 3% of the steps, then a cosine down to 1%."""
    weight_decay: float = 0.05
    """Of AdamW."""
    average: float = 0.998
    """Decay of the running average of the weights, which is what is validated and saved."""
    resume: bool = False
    """Go on with the run in OUT; on the same device and with the same version of reidtalk it ends with the
    same weights as if it had never stopped."""
    seed: int = 123
    """Scenes, order and first weights follow from it."""
    workers: int = 0
    """Processes that draw; 0 takes one for each core."""
    device: str = "auto"
    """auto (a GPU where there is one), cpu, cuda, mps."""
    precision: Precision = "32-true"
    """32-true, or bf16-mixed: faster on hardware that has it."""

    def __post_init__(self) -> None:
        require_seed(self.seed)
        require(self.steps >= 1, "steps", self.steps, "1 or more")
        require(self.batch_size >= 1, "batch_size", self.batch_size, "1 or more")
        for flag in ("height_px", "width_px"):
            side = getattr(self, flag)
            require(side >= 32 and side % 32 == 0, flag, side, "a multiple of 32")
        scenes = self.round_scenes
        require(scenes >= self.batch_size, "round_scenes", scenes, "the batch size or more")
        require(self.passes >= 1, "passes", self.passes, "1 or more")
        require(self.val_scenes >= 1, "val_scenes", self.val_scenes, "1 or more")
        require(self.learning_rate > 0, "learning_rate", self.learning_rate, "above 0")
        require(0 <= self.average < 1, "average", self.average, "0 or more, below 1")
        require(self.workers >= 0, "workers", self.workers, "0 or more")

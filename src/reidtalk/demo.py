"""From nothing to a found person: draws people, trains GNA-RNN on them, measures it, searches, reports."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from reidtalk.config import DemoConfig, DrawConfig, EvaluateConfig, PretrainConfig, TrainConfig
from reidtalk.data import load_dataset
from reidtalk.data.synthetic import draw
from reidtalk.evaluation import evaluate
from reidtalk.files import write_whole
from reidtalk.metrics import METRICS
from reidtalk.models.checkpoint import load_matcher
from reidtalk.models.scoring import score
from reidtalk.pretraining import pretrain
from reidtalk.report import Report
from reidtalk.report_page import render
from reidtalk.search import best_matches
from reidtalk.sheets import Row, match_tiles, save_sheet
from reidtalk.training import TrainResult, train
from reidtalk.types import PersonImage

SENTENCES = (
    "a woman in a red coat",
    "a man in a yellow jacket and blue jeans",
    "someone in black with a backpack",
    "a person in a green dress or a green skirt",
    "a man in a white shirt and black trousers",
)
"""What the demo looks for, whoever was drawn: nobody need fit exactly."""
PICTURE_PX = (144, 72)
CROP_PX = (128, 64)
HELD_OUT = 0.1
"""Share of the people to validate on, and to test on."""


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """What the demo made."""

    page: Path
    training: TrainResult
    evaluation: Report
    seconds: dict[str, float]
    """How long each part took."""

    def text(self) -> str:
        """What to print at the end."""
        found = self.evaluation.text_to_image
        recall, chance = found.measured["recall@1"], found.chance["recall@1"]
        parts = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in self.seconds.items())
        return (
            f"recall@1 {recall:.1f}% among {found.gallery} pictures of people never seen in training; "
            f"chance is {chance:.2f}%, so {recall / chance:.0f} times chance\n"
            f"{parts}; in all {sum(self.seconds.values()):.0f} s\n"
            f"look at {self.page}"
        )


def demo(config: DemoConfig) -> DemoResult | None:
    """`config.out` holds people/, backbone/, run/, evaluation/ and report.html; None when interrupted.

    Raises:
        ReidtalkError: the folder is taken or cannot be written.
    """
    people, run = config.out / "people", config.out / "run"
    clock = Clock()
    draw(draw_config(config, people))
    clock.lap("drawing")
    recognised = pretrain(pretrain_config(config, people))
    if recognised.step < config.pretrain_steps:
        return None
    clock.lap("pretraining")
    trained = train(train_config(config, people, run))
    if not trained.finished:
        return None
    clock.lap("training")
    measured = evaluate(
        EvaluateConfig(
            checkpoint=run,
            dataset="synthetic",
            root=people,
            out=config.out / "evaluation",
            seed=config.seed,
            device="cpu",
        )
    )
    clock.lap("measuring")
    rows = search_all(run, load_dataset("synthetic", people).test)
    save_sheet(config.out / "found.png", rows, title="Found by description")
    clock.lap("searching")
    result = DemoResult(
        page=config.out / "report.html", training=trained, evaluation=measured, seconds=clock.seconds
    )
    write_whole(result.page, page(result, rows, config))
    return result


class Clock:
    """Counts the seconds of each part."""

    def __init__(self) -> None:
        self.start, self.seconds = perf_counter(), dict[str, float]()

    def lap(self, name: str) -> None:
        """The part `name` ends now and the next begins."""
        now = perf_counter()
        self.seconds[name], self.start = now - self.start, now


def draw_config(config: DemoConfig, people: Path) -> DrawConfig:
    """A data set the size of the demo's patience."""
    height, width = PICTURE_PX
    return DrawConfig(
        out=people,
        identities=config.identities,
        val_share=HELD_OUT,
        test_share=HELD_OUT,
        height_px=height,
        width_px=width,
        seed=config.seed,
    )


def pretrain_config(config: DemoConfig, people: Path) -> PretrainConfig:
    """The CNN learns to tell people apart, as the paper's did."""
    return PretrainConfig(
        dataset="synthetic",
        root=people,
        out=config.out / "backbone",
        backbone="small",
        backbone_weights="none",
        image_size_px=PICTURE_PX,
        crop_size_px=CROP_PX,
        batch_size=64,
        learning_rate=3e-3,
        max_iters=config.pretrain_steps,
        device="cpu",
        seed=config.seed,
    )


def train_config(config: DemoConfig, people: Path, run: Path) -> TrainConfig:
    """GNA-RNN small enough for a CPU: 128 units over the small CNN, which stays as it is."""
    return TrainConfig(
        dataset="synthetic",
        root=people,
        out=run,
        backbone="small",
        backbone_weights=str(config.out / "backbone"),
        image_size_px=PICTURE_PX,
        crop_size_px=CROP_PX,
        word_count_threshold=1,
        input_encoding_size=128,
        rnn_size=128,
        init_gain=6.0,
        loss="infonce",
        batch_size=32,
        neg_time=0,
        in_batch_negatives=True,
        learning_rate=1e-3,
        optim_alpha=0.9,
        learning_rate_decay_start=config.steps // 2,
        learning_rate_decay_every=max(1, config.steps // 6),
        finetune_cnn_after=-1,
        max_iters=config.steps,
        val_images_use=200,
        device="cpu",
        seed=config.seed,
    )


def search_all(run: Path, gallery: list[PersonImage]) -> list[Row]:
    """Each of `SENTENCES` with the ten pictures of `gallery` that fit it best."""
    scores = score(load_matcher(run, "cpu"), SENTENCES, gallery)
    return [
        Row(text=sentence, tiles=match_tiles(best_matches(row, gallery, top=10)))
        for sentence, row in zip(SENTENCES, scores, strict=True)
    ]


def page(result: DemoResult, rows: list[Row], config: DemoConfig) -> str:
    """One self-contained HTML page of all that was done."""
    curves = (result.training.out / "curves.png").read_bytes()
    return render(
        "demo.html",
        result=result,
        found=result.evaluation.text_to_image,
        metrics=METRICS,
        rows=rows,
        curves=f"data:image/png;base64,{b64encode(curves).decode()}",
        config=config,
    )

"""From nothing to a found person: draws a crowd, finds people in it at once, then by a matcher it trains."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from reidtalk.config import DemoConfig, DrawConfig, EvaluateConfig
from reidtalk.data import load_dataset
from reidtalk.data.synthetic import draw
from reidtalk.evaluation import evaluate
from reidtalk.files import write_whole
from reidtalk.metrics import METRICS
from reidtalk.models.checkpoint import load_matcher
from reidtalk.models.scoring import encode_pictures
from reidtalk.models.shipped import SHIPPED
from reidtalk.progress import say
from reidtalk.report import Report
from reidtalk.report_page import render
from reidtalk.search import best_matches, verdict
from reidtalk.sheets import Row, match_tiles, save_sheet
from reidtalk.training import TrainResult, train
from reidtalk.training_config import TrainConfig
from reidtalk.types import Match, PersonImage

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
CROWD = 0.2
"""People in the crowd, as a share of those to learn from."""
HELD_OUT = 0.1
"""Share of the people to validate on, and to test on."""


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """What the demo made."""

    page: Path
    at_once: Report
    """How good the shipped matcher is on the test people."""
    training: TrainResult
    evaluation: Report
    """How good the matcher trained here is on the same people."""
    seconds: dict[str, float]
    """How long each part took."""

    def text(self) -> str:
        """What to print at the end."""
        found, at_once = self.evaluation.text_to_image, self.at_once.text_to_image
        shipped, trained = at_once.measured["recall@1"], found.measured["recall@1"]
        chance = found.chance["recall@1"]
        parts = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in self.seconds.items())
        return (
            f"recall@1 among {found.gallery} pictures of people never seen in training: "
            f"{shipped:.1f}% by {SHIPPED.name} at once, {trained:.1f}% by GNA-RNN trained here; "
            f"chance is {chance:.2f}%, so {shipped / chance:.0f} and {trained / chance:.0f} times chance\n"
            f"{parts}; in all {sum(self.seconds.values()):.0f} s\n"
            f"look at {self.page}"
        )


def demo(config: DemoConfig) -> DemoResult | None:
    """`config.out` holds crowd/, people/, run/, evaluation/, report.html and sheets; None if interrupted.

    Raises:
        ReidtalkError: the folder is taken or cannot be written.
    """
    crowd, people, run = config.out / "crowd", config.out / "people", config.out / "run"
    clock = Clock()
    draw(crowd_config(config, crowd))
    gallery = list(load_dataset("synthetic", crowd))
    found_at_once = find_at_once(gallery, config.out / "found-at-once.png")
    clock.lap("finding at once")
    draw(draw_config(config, people))
    clock.lap("drawing")
    measured_at_once = evaluate(evaluate_config(config, people))
    clock.lap("measuring reidtalk-small")
    trained = train(train_config(config, people, run))
    if not trained.finished:
        return None
    clock.lap("training")
    measured = evaluate(evaluate_config(config, people, model=run, out=config.out / "evaluation"))
    clock.lap("measuring GNA-RNN")
    found = show(search_all(run, gallery, "searching"))
    save_sheet(config.out / "found.png", found, title="Found by description")
    clock.lap("searching")
    result = DemoResult(
        page=config.out / "report.html",
        at_once=measured_at_once,
        training=trained,
        evaluation=measured,
        seconds=clock.seconds,
    )
    write_whole(result.page, page(result, len(gallery), found_at_once, found, config))
    return result


class Clock:
    """Counts the seconds of each part."""

    def __init__(self) -> None:
        self.start, self.seconds = perf_counter(), dict[str, float]()

    def lap(self, name: str) -> None:
        """The part `name` ends now and the next begins."""
        now = perf_counter()
        self.seconds[name], self.start = now - self.start, now


def crowd_config(config: DemoConfig, crowd: Path) -> DrawConfig:
    """One picture each of some people, a few seconds of drawing: whom to look for at once."""
    height, width = PICTURE_PX
    return DrawConfig(
        out=crowd,
        identities=round(CROWD * config.identities),
        pictures_per_identity=1,
        height_px=height,
        width_px=width,
        seed=config.seed ^ 1,
    )


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


def evaluate_config(
    config: DemoConfig, people: Path, *, model: Path | None = None, out: Path | None = None
) -> EvaluateConfig:
    """How both matchers are measured on the test people."""
    return EvaluateConfig(
        dataset="synthetic", root=people, model=model, out=out, device="cpu", seed=config.seed
    )


def train_config(config: DemoConfig, people: Path, run: Path) -> TrainConfig:
    """GNA-RNN small enough for a CPU: 128 units over reidtalk-small's picture side, which stays as it is."""
    return TrainConfig(
        dataset="synthetic",
        root=people,
        out=run,
        backbone=SHIPPED.name,
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


def find_at_once(gallery: list[PersonImage], sheet: Path) -> list[Row]:
    """What the shipped matcher finds; `sheet` shows it, and the first of it is told."""
    found = search_all(SHIPPED, gallery, "finding at once")
    rows = show(found)
    save_sheet(sheet, rows, title="Found at once")
    first = found[0][0]
    sure = f"{first.percent} likely" if first.percent else f"score {first.score:.2f}"
    say(f'found at once for "{SENTENCES[0]}": {first.image.path} ({sure}); more in {sheet}')
    return rows


def search_all(model: Path, gallery: list[PersonImage], label: str) -> list[list[Match]]:
    """The ten pictures of `gallery` that fit best, for each of `SENTENCES`, under a bar called `label`."""
    matcher = load_matcher(model, "cpu")
    features = encode_pictures(matcher, gallery, label=label)
    scores = matcher.score(matcher.encode_texts(SENTENCES), features)
    return [best_matches(row, gallery, 10, matcher.calibration) for row in scores]


def show(found: list[list[Match]]) -> list[Row]:
    """Each of `SENTENCES` with what was found for it, as rows of a sheet."""
    return [
        Row(text=sentence, note=verdict(matches), tiles=match_tiles(matches))
        for sentence, matches in zip(SENTENCES, found, strict=True)
    ]


def page(
    result: DemoResult, crowd: int, found_at_once: list[Row], found: list[Row], config: DemoConfig
) -> str:
    """One self-contained HTML page of all that was done."""
    curves = (result.training.out / "curves.png").read_bytes()
    return render(
        "demo.html",
        result=result,
        measured={
            f"{SHIPPED.name}, at once": result.at_once.text_to_image,
            f"GNA-RNN, {result.training.step} steps": result.evaluation.text_to_image,
        },
        metrics=METRICS,
        crowd=crowd,
        found_at_once=found_at_once,
        found=found,
        curves=f"data:image/png;base64,{b64encode(curves).decode()}",
        config=config,
    )

"""One frozen dataclass per command; the docstring under a field is its --help text.

Fields of a type named below (`Dataset`, `Root`, ...) are given by position, all others by `--flag`.
Contradictions raise `ConfigError` naming the flag. Only the standard library and tyro's marks are imported.
"""

from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from tyro.conf import Positional, arg

from reidtalk.errors import ConfigError

DatasetName = Literal["cuhk-pedes", "icfg-pedes", "rstp-reid", "folder", "synthetic", "packed"]

Dataset = Positional[Annotated[DatasetName, arg(metavar="DATASET")]]
Root = Positional[Annotated[Path, arg(metavar="ROOT")]]
Out = Positional[Annotated[Path, arg(metavar="OUT")]]
Checkpoint = Positional[Annotated[Path, arg(metavar="CHECKPOINT")]]
Sentence = Positional[Annotated[str, arg(metavar="SENTENCE")]]
Pictures = Positional[Annotated[list[Path], arg(metavar="PICTURES")]]
Deploy = Positional[Annotated[Path, arg(metavar="DEPLOY")]]
Weights = Positional[Annotated[Path, arg(metavar="WEIGHTS")]]
Snapshot = Positional[Annotated[Path, arg(metavar="SNAPSHOT")]]
Runs = Positional[Annotated[list[Path], arg(metavar="RUN")]]


flags_given: ContextVar[frozenset[str]] = ContextVar("flags_given", default=frozenset())
"""The fields whose flags stand in the command line, also where they give what is the default anyway."""


def require(condition: bool, flag: str, given: object, accepted: str) -> None:
    """Raises `ConfigError` naming `flag` unless `condition` holds."""
    if not condition:
        raise ConfigError(
            f"--{flag.replace('_', '-')} is {given}", accepted=accepted, do="give another value"
        )


def require_seed(seed: int) -> None:
    """Raises `ConfigError` unless `seed` fits every generator that is seeded with it."""
    require(0 <= seed < 2**31, "seed", seed, "0 to 2147483647")


def as_json(config: Any) -> dict[str, Any]:
    """The config as JSON can hold it: paths become strings."""
    return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(config).items()}


@dataclass(frozen=True, kw_only=True)
class DrawConfig:
    """Draw a synthetic data set: people with identities, pictures and captions (CUHK-PEDES layout).

    Nothing is downloaded and nobody is depicted. The same seed draws the same set.
    """

    out: Out
    """Folder to write: imgs/ and reid_raw.json."""
    identities: int = 1000
    """How many different people."""
    pictures_per_identity: int = 4
    """Pictures of each person: other pose, view, camera, light, background."""
    captions_per_picture: int = 2
    """Sentences written of each picture."""
    val_share: float = 0.1
    """Share of the people kept for validation."""
    test_share: float = 0.1
    """Share of the people kept for testing."""
    height_px: int = 128
    """Height of each picture."""
    width_px: int = 64
    """Width of each picture."""
    seed: int = 123
    """Everything drawn and written follows from it."""

    def __post_init__(self) -> None:
        require_seed(self.seed)
        require(self.identities >= 3, "identities", self.identities, "3 or more, one for each split")
        require(
            self.pictures_per_identity >= 1, "pictures_per_identity", self.pictures_per_identity, "1 or more"
        )
        require(
            self.captions_per_picture >= 1, "captions_per_picture", self.captions_per_picture, "1 or more"
        )
        for flag, share in (("val_share", self.val_share), ("test_share", self.test_share)):
            require(0 < share < 0.5, flag, share, "a share between 0 and 0.5")
        for flag, side in (("height_px", self.height_px), ("width_px", self.width_px)):
            require(16 <= side <= 1024, flag, side, "16 to 1024 pixels")


@dataclass(frozen=True, kw_only=True)
class CheckConfig:
    """Check a data set before work starts: files, identities, captions, pictures, counts.

    Exits with 1 when training could not survive what it found.
    """

    dataset: Dataset
    """cuhk-pedes, icfg-pedes, rstp-reid, folder, synthetic or packed."""
    root: Root
    """Where the data set lies."""


@dataclass(frozen=True, kw_only=True)
class PrepareConfig:
    """Pack a data set into the HDF5 + JSON pair of the 2017 system (reidtalk.h5, reidtalk.json)."""

    dataset: Dataset
    """cuhk-pedes, icfg-pedes, rstp-reid, folder, synthetic or packed."""
    root: Root
    """Where the data set lies."""
    out: Out
    """Folder to write the pair to."""
    word_count_threshold: int = 5
    """Only words that occur more often than this enter the vocabulary (the paper's command: 2)."""
    max_length: int = 16
    """Captions are cut to this many words (the paper's command: 50)."""
    image_size_px: tuple[int, int] = (256, 256)
    """Height and width pictures are squashed to; the original's tools expect 256 256."""
    seed: int = 123
    """Shuffles the pictures."""

    def __post_init__(self) -> None:
        require_seed(self.seed)
        require(
            self.word_count_threshold >= 0, "word_count_threshold", self.word_count_threshold, "0 or more"
        )
        require(self.max_length >= 1, "max_length", self.max_length, "1 or more")
        require(min(self.image_size_px) >= 1, "image_size_px", self.image_size_px, "1 or more pixels")


@dataclass(frozen=True, kw_only=True)
class EvaluateConfig:
    """Measure a matcher: recall@1/5/10, mAP, mINP in both directions, with 95% intervals."""

    dataset: Dataset
    """cuhk-pedes, icfg-pedes, rstp-reid, folder, synthetic or packed."""
    root: Root
    """Where the data set lies."""
    model: Path | None = None
    """Checkpoint folder, or a run folder (its best checkpoint is taken); by default reidtalk-small, which
    comes with reidtalk."""
    split: Literal["train", "val", "test"] = "test"
    """Which pictures and captions."""
    protocol: Literal["field", "original"] = "field"
    """field: every caption is a query. original: exactly two captions per picture, as in 2017."""
    out: Path | None = None
    """Folder for report.json, report.html, best.png and worst.png; by default nothing is written."""
    sheet_queries: int = 8
    """How many of the best and of the worst queries the sheets show."""
    bootstrap: int = 1000
    """Resamplings of the identities for the 95% intervals; 0 gives none."""
    quick: bool = False
    """Only recall@1, @5 and @10 from text to image: a GNA-RNN then reads each caption with those pictures
    only that may be among its ten best, in minutes instead of hours (nothing for --out)."""
    batch_size: int = 64
    """Pictures encoded at once."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """What pictures are encoded in, and what a GNA-RNN of one layer compares in: float32, or bfloat16: faster
    on hardware that has it, scores some thousandths apart."""
    device: str = "auto"
    """auto (a GPU where there is one), cpu, cuda, cuda:1, mps."""
    seed: int = 123
    """Of the resampling."""

    def __post_init__(self) -> None:
        require_seed(self.seed)
        require(self.sheet_queries >= 1, "sheet_queries", self.sheet_queries, "1 or more")
        require(self.bootstrap >= 0, "bootstrap", self.bootstrap, "0 or more")
        require(not (self.quick and self.out), "out", self.out, "nothing together with --quick")
        require(self.batch_size >= 1, "batch_size", self.batch_size, "1 or more")


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """Find the person described, in pictures or in an index: rank them by how well each fits the sentence.

    In an index (made by reidtalk index) the person may also be shown, or described by an earlier find, and
    the search may be confined to cameras, times and sizes.
    """

    sentence: Sentence = ""
    """What the person looks like, in words; may be left out where --like says it."""
    pictures: Pictures = field(default_factory=list)
    """Pictures of one person each, or folders of such pictures (searched through all levels); none with
    --index."""
    index: Path | None = None
    """Search this index instead of PICTURES."""

    also: tuple[str, ...] = ()
    """Further sentences about the same person: two find more than one."""
    like: tuple[str, ...] = ()
    """Be like these: picture files, or ids of sightings that an earlier search told (only with --index, like
    all down to --page)."""
    unlike: tuple[str, ...] = ()
    """Be unlike these: ids of sightings."""
    camera: tuple[str, ...] = ()
    """Only these cameras."""
    source: tuple[str, ...] = ()
    """Only these files, folders or addresses; * and ? stand for anything."""
    after: str = ""
    """Only who was in sight at that time or later: 2026-11-24T08:00+01:00 (without a zone: UTC)."""
    before: str = ""
    """Only who came into sight at that time or earlier."""
    from_time: str = ""
    """Only who came into sight at this time of day or later, by the camera's clock: 08:30."""
    to_time: str = ""
    """Only who came into sight at this time of day or earlier; before --from-time it goes over midnight."""
    min_height_px: int = 0
    """Only people at least so high in their best picture."""
    page: int = 1
    """Which page of the results, --top on each."""

    model: Path | None = None
    """Checkpoint folder, or a run folder (its best checkpoint is taken); by default reidtalk-small, which
    comes with reidtalk, or the matcher that made the index."""
    top: int = 10
    """How many to show."""
    why: bool = False
    """Colour each word by what it adds to a score; where there are no colours, tell it in numbers."""
    sheet: Path | None = Path("found.png")
    """Contact sheet of the people found; None draws none."""
    html: Path | None = None
    """Page of the people found, with when and where, and why."""
    batch_size: int = 64
    """Pictures encoded at once."""
    device: str = "auto"
    """auto (a GPU where there is one), cpu, cuda, cuda:1, mps."""

    def __post_init__(self) -> None:
        require(self.top >= 1, "top", self.top, "1 or more")
        require(self.page >= 1, "page", self.page, "1 or more")
        require(self.min_height_px >= 0, "min_height_px", self.min_height_px, "0 or more")
        require(self.batch_size >= 1, "batch_size", self.batch_size, "1 or more")
        if self.index is None:
            self._require_pictures()
        elif self.pictures:
            raise ConfigError(
                f"{self.pictures[0]} and --index",
                accepted="pictures, or an index",
                do="leave one out, or put the sentence in quotes",
            )

    def _require_pictures(self) -> None:
        """Raises `ConfigError` unless the settings make sense without an index."""
        for flag in ONLY_IN_AN_INDEX:
            if getattr(self, flag) not in ((), "", 0, 1):
                raise ConfigError(
                    f"--{flag.replace('_', '-')} without --index",
                    accepted="a search in an index",
                    do="make one with reidtalk index, and give it with --index",
                )
        if not self.sentence:
            raise ConfigError(
                "no sentence", accepted="what the person looks like, in words", do="describe the person"
            )
        if not self.pictures:
            raise ConfigError(
                "no pictures", accepted="pictures or folders, or --index", do="give at least one"
            )


ONLY_IN_AN_INDEX = (
    "like", "unlike", "camera", "source", "after", "before", "from_time", "to_time", "min_height_px",
    "page",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class CurvesConfig:
    """Draw the training curves of one or more runs into one picture."""

    runs: Runs
    """Run folders, or JSON reports of the 2017 system."""
    out: Path = Path("curves.png")
    """Picture to write."""

    def __post_init__(self) -> None:
        require(len(self.runs) > 0, "runs", "empty", "one or more run folders or JSON reports")


@dataclass(frozen=True, kw_only=True)
class ImportCaffeConfig:
    """Turn a Caffe VGG-16 into weights for `train` and `pretrain` (--backbone-weights).

    The layers are taken through fc7, as in 2017. The first convolution's weights are turned from BGR to RGB.
    """

    deploy: Deploy
    """The .prototxt that lists the layers, of the old format or the new."""
    weights: Weights
    """The .caffemodel that holds their weights."""
    out: Out
    """Folder to write; give it to `train --backbone-weights`."""


@dataclass(frozen=True, kw_only=True)
class ImportTorch7Config:
    """Turn a checkpoint of the 2017 release (Torch7, .t7) into one of ours: weights, words, training curves.

    The file is only read: no code in it runs.
    """

    snapshot: Snapshot
    """The .t7 that the release saved, such as lstm1_rnn512_bestACC.t7."""
    out: Out
    """Checkpoint folder to write, for `evaluate`, `search`, `curves` and `train --start-from`."""


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """From nothing to a found person: draw people, find them at once, train on them, measure, search, report.

    Takes some minutes on two CPU cores; needs no data, no GPU and no network.
    """

    out: Path = Path("demo")
    """Folder to write; its report.html shows everything."""
    identities: int = 1600
    """How many people to draw, four pictures each."""
    steps: int = 500
    """Steps in which GNA-RNN learns to match sentences with pictures."""
    seed: int = 123
    """Of the people drawn and of the training."""

    def __post_init__(self) -> None:
        require_seed(self.seed)
        require(self.identities >= 40, "identities", self.identities, "40 or more")
        require(self.steps >= 1, "steps", self.steps, "1 or more")

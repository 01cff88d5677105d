"""Configs of the commands that train; see `config` for how fields become flags."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from reidtalk.config import Checkpoint, Dataset, Out, Root, require, require_seed

OptimizerName = Literal["adam", "rmsprop", "sgd", "sgdm", "sgdmom", "adagrad"]
CnnOptimizerName = Literal["adam", "sgd", "sgdm"]
Precision = Literal["auto", "32-true", "bf16-mixed"]
MOST_DRAWN_CAPTIONS = 6
"""Captions written of each drawn picture at most; passes beyond that hear them again."""


@dataclass(frozen=True, kw_only=True)
class PretrainConfig:
    """Pretrain a backbone as identity classifier on the train split, as the paper did for its VGG-16."""

    dataset: Dataset
    """cuhk-pedes, icfg-pedes, rstp-reid, folder, synthetic or packed."""
    root: Root
    """Where the data set lies."""
    out: Out
    """Folder to write; give it to `train --backbone-weights`."""
    backbone: str = "vgg16"
    """Picture network: vgg16 (to fc7), caffe-vgg16 (for weights of import-caffe), small, reidtalk-small, or
    timm:NAME."""
    backbone_weights: str = "default"
    """default (ImageNet's for vgg16 and timm:NAME, its own for reidtalk-small, none for small), none, or a
    file of weights, or a folder written by pretrain."""
    image_size_px: tuple[int, int] = (256, 256)
    """Height and width pictures are squashed to."""
    crop_size_px: tuple[int, int] = (224, 224)
    """Height and width cropped out of it at random."""
    batch_size: int = 32
    """Pictures per step."""
    learning_rate: float = 1e-3
    """Highest learning rate of the one-cycle schedule (AdamW)."""
    weight_decay: float = 0.05
    """Of AdamW."""
    max_iters: int = 2000
    """Steps."""
    workers: int = 1
    """Processes that read pictures ahead."""
    device: str = "auto"
    """auto (a GPU where there is one), cpu, cuda, mps."""
    precision: Precision = "32-true"
    """32-true, or bf16-mixed: faster on hardware that has it."""
    seed: int = 123
    """Order, crops and first weights follow from it."""

    def __post_init__(self) -> None:
        require_seed(self.seed)
        require(self.batch_size >= 2, "batch_size", self.batch_size, "2 or more")
        require(self.max_iters >= 1, "max_iters", self.max_iters, "1 or more")
        require(self.workers >= 0, "workers", self.workers, "0 or more")
        require(self.learning_rate > 0, "learning_rate", self.learning_rate, "more than 0")
        require(self.weight_decay >= 0, "weight_decay", self.weight_decay, "0 or more")
        require_crop(self)


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Train GNA-RNN. Defaults are the 2017 system's.

    Ctrl-C saves and says how to resume. The run folder holds best/ and last/ checkpoints, metrics.jsonl,
    report.json, curves.png and TensorBoard logs.
    """

    dataset: Dataset
    """cuhk-pedes, icfg-pedes, rstp-reid, folder, synthetic or packed."""
    root: Root
    """Where the data set lies."""
    out: Out
    """Run folder to write."""

    backbone: str = "vgg16"
    """Picture network: vgg16 (to fc7), caffe-vgg16 (for weights of import-caffe), timm:NAME, reidtalk-small
    (the picture side of the matcher in the package), or small (learns from scratch: pretrain it, or give
    --finetune-cnn-after 0)."""
    backbone_weights: str = "default"
    """default (ImageNet's for vgg16 and timm:NAME, its own for reidtalk-small, none for small), none, or a
    file of weights, or a folder written by pretrain."""
    image_size_px: tuple[int, int] = (256, 256)
    """Height and width pictures are squashed to."""
    crop_size_px: tuple[int, int] = (224, 224)
    """Height and width cropped out of it: at random in training, from the centre otherwise."""
    word_count_threshold: int = 5
    """Only words that occur more often than this in the training captions enter the vocabulary; a packed pair
    has a vocabulary of its own."""
    max_length: int = 50
    """Captions are cut to this many words."""

    input_encoding_size: int = 512
    """Width of the word embedding, of the picture's part of the LSTM input, and of the visual units."""
    rnn_size: int = 512
    """Width of the LSTM's state."""
    num_layers: int = 1
    """LSTM layers."""
    drop_prob_lm: float = 0.5
    """Dropout between LSTM layers."""
    init_gain: float = 1.0
    """How much larger than the original's the first weights of attention and visual units are drawn; 6 leaves
    the flat start of the loss behind several times sooner."""

    loss: Literal["bce", "infonce"] = "bce"
    """bce: each pair by itself, as in 2017. infonce: each caption against all pictures of the batch."""
    batch_size: int = 10
    """Pictures (each with one of its captions) per step and process."""
    neg_time: int = 3
    """Sampled negative pairs per positive pair."""
    in_batch_negatives: bool = False
    """Score every caption of the batch with every picture of it, not only the sampled pairs."""

    optim: OptimizerName = "adam"
    """Optimiser of all but the CNN (sgdm: momentum; sgdmom: Nesterov's)."""
    learning_rate: float = 4e-4
    """Learning rate of all but the CNN."""
    optim_alpha: float = 0.8
    """First moment of Adam, momentum, or RMSprop's smoothing."""
    optim_beta: float = 0.999
    """Second moment of Adam."""
    optim_epsilon: float = 1e-8
    """Keeps the division of Adam, RMSprop and Adagrad finite."""
    grad_clip: float = 5.0
    """Each gradient element is clamped to this; 0 clamps none."""
    learning_rate_decay_start: int = -1
    """Step at which both learning rates begin to decay; -1 never."""
    learning_rate_decay_every: int = 50000
    """Steps in which they halve, continuously."""

    finetune_cnn_after: int = 10000
    """Step from which the CNN is trained too; 0 from the start, -1 never."""
    cnn_optim: CnnOptimizerName = "adam"
    """Optimiser of the CNN."""
    cnn_learning_rate: float = 1e-5
    """Learning rate of the CNN."""
    cnn_optim_alpha: float = 0.8
    """First moment of Adam, or momentum, of the CNN."""
    cnn_optim_beta: float = 0.999
    """Second moment of Adam of the CNN."""
    cnn_weight_decay: float = 0.0
    """L2 of the CNN, added to the gradient before it is clamped."""

    max_iters: int = 20000
    """Steps; -1 goes on until Ctrl-C."""
    val_images_use: int = 100
    """Validation pictures, for loss, pair accuracy and recall@k among them; -1 all."""
    select: Literal["recall", "accuracy"] = "recall"
    """What makes a checkpoint the best: validation recall@1, or pair accuracy as in 2017."""
    save_checkpoint_every: int = 100
    """Steps between validations and checkpoints."""
    losses_log_every: int = 25
    """Steps between entries in metrics.jsonl and TensorBoard."""

    start_from: Path | None = None
    """Checkpoint whose weights to begin with (a new run: step 0, new optimiser)."""
    resume: bool = False
    """Go on with the run in OUT; it ends with the same weights as if it had never stopped."""
    seed: int = 123
    """Order, pairs, crops and dropout of step N follow from it and N alone."""
    workers: int = 1
    """Processes that read pictures ahead; 0 reads in the training process."""
    device: str = "auto"
    """auto (a GPU where there is one), cpu, cuda, mps."""
    devices: int = 1
    """Processes to train with, one GPU (or CPU share) each."""
    precision: Precision = "32-true"
    """32-true, or bf16-mixed: faster on hardware that has it."""

    def __post_init__(self) -> None:
        require_seed(self.seed)
        for flag in ("batch_size", "input_encoding_size", "rnn_size", "num_layers", "max_length", "devices",
                     "learning_rate_decay_every", "save_checkpoint_every", "losses_log_every"):  # fmt: skip
            require(getattr(self, flag) >= 1, flag, getattr(self, flag), "1 or more")
        for flag in ("neg_time", "workers", "word_count_threshold", "grad_clip", "cnn_weight_decay"):
            require(getattr(self, flag) >= 0, flag, getattr(self, flag), "0 or more")
        for flag in ("drop_prob_lm", "optim_alpha", "optim_beta", "cnn_optim_alpha", "cnn_optim_beta"):
            require(0 <= getattr(self, flag) < 1, flag, getattr(self, flag), "0 up to, but not, 1")
        for flag in ("learning_rate", "cnn_learning_rate", "optim_epsilon", "init_gain"):
            require(getattr(self, flag) > 0, flag, getattr(self, flag), "more than 0")
        for flag in ("max_iters", "val_images_use"):
            require(
                getattr(self, flag) >= 1 or getattr(self, flag) == -1,
                flag,
                getattr(self, flag),
                "1 or more, or -1",
            )
        require(self.finetune_cnn_after >= -1, "finetune_cnn_after", self.finetune_cnn_after, "-1 or more")
        require_crop(self)
        require(self.loss != "infonce" or self.in_batch_negatives, "loss", self.loss,
                "infonce only together with --in-batch-negatives")  # fmt: skip
        require(self.neg_time > 0 or self.in_batch_negatives, "neg_time", self.neg_time,
                "0 only together with --in-batch-negatives")  # fmt: skip
        pairs = self.batch_size * (1 + self.neg_time)
        require(pairs >= 2, "batch_size", self.batch_size, "2 or more when --neg-time is 0")
        require(self.select == "recall" or self.loss == "bce", "select", self.select,
                "recall with --loss infonce, whose scores have no threshold")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TrainDualConfig:
    """Train a dual encoder (reidtalk-small) on people drawn on the fly; needs no data set.

    Ctrl-C saves and says how to resume. The run folder holds best/ and last/ checkpoints, metrics.jsonl,
    curves.png and TensorBoard logs.
    """

    out: Out
    """Folder of the run."""
    steps: int = 5000
    """Steps in all."""
    batch_size: int = 128
    """Pictures per step."""
    captions: int = 2
    """Captions of each picture in a step."""
    round_pictures: int = 8192
    """Pictures drawn at a time."""
    passes: int = 4
    """How often each drawn picture is used, framed and lit anew and with other captions."""
    val_pictures: int = 1024
    """Drawn pictures, never trained on, to validate with after each round."""

    loss: Literal["infonce", "sdm", "tal"] = "infonce"
    """What brings captions and pictures together; each is explained in losses.py."""
    teachers: tuple[str, ...] = ()
    """Dual encoders with the same words, whose mean score is learned instead of right and wrong: together
    they err less on photographs than each alone, and so does who learned from them."""
    attribute_weight: float = 4.0
    """Weight of the second lesson, telling from the vectors of picture and caption what the picture shows:
    means over some thirty fields, so 4 is little for each; 0 leaves it out."""
    lookalikes: int = 0
    """The batches of one pass in so many are of people dressed in the same colours, so that something else
    has to tell them apart; 0: of none. For a matcher that knows colours (--start-from)."""
    mistaken: float = 0.0
    """Chance that a caption has one thing wrong, for each but the colours of clothes: what is certain in a
    drawing is only likely in a photograph."""
    learning_rate: float = 2e-3
    """Highest learning rate of AdamW: warmed up over 3% of the steps, then a cosine down to 1%."""
    weight_decay: float = 0.05
    """Of AdamW."""
    average: float = 0.998
    """Decay of the running average of the weights, which is what is validated and saved."""

    image_width: int = 64
    """Channels of the first stage of the picture network."""
    features: int = 384
    """Width of the shared space."""

    start_from: Path | None = None
    """Checkpoint whose weights to begin with (a new run)."""
    resume: bool = False
    """Go on with the run in OUT; on the same device and with the same version of reidtalk it ends with the
    same weights as if it had never stopped."""
    seed: int = 123
    """People, captions, order and first weights follow from it."""
    workers: int = 0
    """Processes that draw; 0 takes one for each core."""
    device: str = "auto"
    """auto (a GPU where there is one), cpu, cuda, mps."""
    precision: Precision = "auto"
    """32-true, bf16-mixed, or auto: bf16-mixed where the hardware computes with it faster."""

    def __post_init__(self) -> None:
        require_drawing(self)
        require(self.features >= 1, "features", self.features, "1 or more")
        require(self.image_width >= 2, "image_width", self.image_width, "2 or more")
        require(self.attribute_weight >= 0, "attribute_weight", self.attribute_weight, "0 or more")


@dataclass(frozen=True, kw_only=True)
class TrainRerankerConfig:
    """Train GNA-RNN to read the best pictures of a dual encoder again, on people drawn on the fly.

    The dual encoder stays as it is; GNA-RNN learns to score as it does first, then to do better. Ctrl-C
    saves and says how to resume. The run folder holds best/ and last/ checkpoints (of both together),
    metrics.jsonl, curves.png and TensorBoard logs.
    """

    out: Out
    """Folder of the run."""
    over: Path = Path("reidtalk-small")
    """Dual encoder to re-rank: its run, its checkpoint folder, or reidtalk-small."""
    steps: int = 1500
    """Steps in all."""
    batch_size: int = 128
    """Pictures per step."""
    captions: int = 2
    """Captions of each picture in a step."""
    similar: int = 1
    """Other pictures of the batch that the dual encoder likes best, which each caption is read with. With
    many of them an untaught reader learned nothing for hundreds of steps."""
    strangers: int = 7
    """Pictures at random, which each caption is read with."""
    round_pictures: int = 8192
    """Pictures drawn at a time."""
    passes: int = 4
    """How often each drawn picture is used, framed and lit anew and with other captions."""
    val_pictures: int = 1024
    """Drawn pictures, never trained on, to validate with after each round."""

    lookalikes: int = 0
    """The batches of one pass in so many are of people dressed in the same colours, so that something else
    has to tell them apart; 0: of none."""
    mistaken: float = 0.0
    """Chance that a caption has one thing wrong, for each but the colours of clothes: what is certain in a
    drawing is only likely in a photograph."""
    learning_rate: float = 2e-3
    """Highest learning rate of AdamW: warmed up over 3% of the steps, then a cosine down to 1%."""
    weight_decay: float = 0.05
    """Of AdamW."""
    average: float = 0.998
    """Decay of the running average of the weights, which is what is validated and saved."""
    init_gain: float = 4.0
    """The first weights of attention and visual units are so many times larger."""

    reader_units: int = 192
    """Width of GNA-RNN's words, visual units and LSTM."""
    depth: int = 50
    """How many of a sentence's best pictures are read again, in the matcher that comes out."""

    resume: bool = False
    """Go on with the run in OUT; on the same device and with the same version of reidtalk it ends with the
    same weights as if it had never stopped."""
    seed: int = 223
    """People, captions, order and first weights follow from it; not the seed of the dual encoder, which knows
    its own people too well."""
    workers: int = 0
    """Processes that draw; 0 takes one for each core."""
    device: str = "auto"
    """auto (a GPU where there is one), cpu, cuda, mps."""
    precision: Precision = "auto"
    """32-true, bf16-mixed, or auto: bf16-mixed where the hardware computes with it faster."""

    def __post_init__(self) -> None:
        require_drawing(self)
        for flag in ("similar", "reader_units", "depth"):
            require(getattr(self, flag) >= 1, flag, getattr(self, flag), "1 or more")
        require(self.strangers >= 0, "strangers", self.strangers, "0 or more")
        require(self.batch_size > self.similar + self.strangers, "batch_size", self.batch_size,
                f"more than --similar and --strangers ({self.similar} + {self.strangers})")  # fmt: skip
        require(self.init_gain > 0, "init_gain", self.init_gain, "more than 0")


def require_crop(config: TrainConfig | PretrainConfig) -> None:
    """Raises `ConfigError` unless the crop fits into the picture."""
    fits = all(0 < c <= s for c, s in zip(config.crop_size_px, config.image_size_px, strict=True))
    require(fits, "crop_size_px", config.crop_size_px, f"at most --image-size-px {config.image_size_px}")


def require_drawing(config: TrainDualConfig | TrainRerankerConfig) -> None:
    """Raises `ConfigError` unless what every training on drawn people has makes sense."""
    require_seed(config.seed)
    for flag in ("steps", "captions", "passes"):
        require(getattr(config, flag) >= 1, flag, getattr(config, flag), "1 or more")
    require(config.captions <= MOST_DRAWN_CAPTIONS, "captions", config.captions,
            f"at most {MOST_DRAWN_CAPTIONS}: more are not written of a picture")  # fmt: skip
    require(config.batch_size >= 2, "batch_size", config.batch_size, "2 or more")
    require(config.round_pictures >= config.batch_size, "round_pictures", config.round_pictures,
            f"--batch-size ({config.batch_size}) or more")  # fmt: skip
    require(config.lookalikes >= 0, "lookalikes", config.lookalikes, "0 or more")
    require(0 <= config.mistaken <= 1, "mistaken", config.mistaken, "a share from 0 to 1")
    require(config.val_pictures >= 2, "val_pictures", config.val_pictures, "2 or more")
    require(config.workers >= 0, "workers", config.workers, "0 or more")
    require(config.learning_rate > 0, "learning_rate", config.learning_rate, "more than 0")
    require(config.weight_decay >= 0, "weight_decay", config.weight_decay, "0 or more")
    require(0 <= config.average < 1, "average", config.average, "0 up to, but not, 1")


@dataclass(frozen=True, kw_only=True)
class ReleaseConfig:
    """Make a trained matcher fit to give away: half the size, with a cut-off for its scores.

    A dual encoder, or one with its re-ranker.

    The cut-off is fitted on drawn people it was not trained on.
    """

    run: Checkpoint
    """Run folder (its best checkpoint is taken), or a checkpoint folder."""
    out: Out
    """Checkpoint folder to write."""
    people: int = 3000
    """Drawn people to fit the cut-off on."""
    shapes: float = 0.5
    """How much all counts that is not a colour of upper or lower clothes; 1: as in the run. Shapes are
    surer in drawings than in photographs, which is where this number comes from (docs/LOG.md)."""
    hats: float = 1.0
    """How often what tells hats counts; 1: as in the run. In drawings hats are hard to see and so count for
    little, in photographs they are not: reidtalk-small has 8 (docs/LOG.md)."""
    device: str = "auto"
    """auto (a GPU where there is one), cpu, cuda, mps."""
    seed: int = 321
    """Of the people drawn; not the seed of the training."""

    def __post_init__(self) -> None:
        require_seed(self.seed)
        require(self.people >= 100, "people", self.people, "100 or more")
        require(0 < self.shapes <= 1, "shapes", self.shapes, "above 0, at most 1")
        require(1 <= self.hats < math.inf, "hats", self.hats, "1 or more")

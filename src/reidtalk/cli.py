"""The command line: one verb, one config, one function. The only place that prints or exits."""

import os
import shlex
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Union

import tyro
from rich.console import Console
from rich.text import Text

from reidtalk import config as configs
from reidtalk import detector_config as detector_configs
from reidtalk import index_config as index_configs
from reidtalk import training_config as training_configs
from reidtalk.errors import ReidtalkError
from reidtalk.progress import console as progress_console

out = Console(highlight=False, soft_wrap=True, markup=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""


class Command(NamedTuple):
    """A verb's config and what runs it; the function's result is the exit code."""

    config: type
    run: Callable[[Any], int]


def command(*words: object) -> str:
    """A reidtalk command line to paste."""
    return shlex.join(["reidtalk", *map(str, words)])


def tell(error: object) -> None:
    """The error stands on stderr, in one line."""
    err.print(Text.assemble(("error: ", "bold red"), " ".join(str(error).split())))


def interrupted(step: int, out: Path, *words: object) -> int:
    """Tells that a run was saved at `step`, and that `words` with --resume go on with it."""
    err.print(f"interrupted: saved at step {step} in {out / 'last'}")
    err.print(f"go on with: {command(*words, '--resume')}")
    return INTERRUPTED


def demo(config: configs.DemoConfig) -> int:
    """Prints where the report lies and what it says."""
    from reidtalk.demo import demo as run

    result = run(config)
    if result is None:
        err.print("interrupted: begin again with another OUT, or remove this one")
        return INTERRUPTED
    out.print(result.text())
    return 0


def draw(config: configs.DrawConfig) -> int:
    """Prints what was drawn and what to do with it."""
    from reidtalk.data.synthetic import draw as run

    run(config)
    pictures = config.identities * config.pictures_per_identity
    out.print(f"{pictures} pictures of {config.identities} people in {config.out}")
    out.print(f"next: {command('check', 'synthetic', config.out)}")
    return 0


def draw_walk(config: index_configs.DrawWalkConfig) -> int:
    """Prints what was drawn and what to do with it."""
    from reidtalk.video.drawing import draw_walk_video as run

    run(config)
    out.print(f"{config.out}: {config.people} people walk by in {config.seconds:g} s")
    out.print(f"next: {command('index', config.out, '--to', 'people.index')}")
    return 0


def check(config: configs.CheckConfig) -> int:
    """Prints the report; 1 when training could not survive what was found."""
    from reidtalk.data.check import check_dataset

    found = check_dataset(config.dataset, config.root)
    for line in found.lines():
        out.print(line)
    return 0 if found.ok else 1


def prepare(config: configs.PrepareConfig) -> int:
    """Prints where the pair lies."""
    from reidtalk.data.prepare import prepare as run

    run(config)
    out.print(f"wrote {config.out / 'reidtalk.h5'} and {config.out / 'reidtalk.json'}")
    return 0


def pretrain(config: training_configs.PretrainConfig) -> int:
    """Prints how well people are recognised and what to do with the weights."""
    from reidtalk.pretraining import pretrain as run

    result = run(config)
    out.print(f"{100 * result.accuracy:.1f}% of the last pictures recognised, of {result.identities} people")
    out.print(f"use it with: reidtalk train ... --backbone {config.backbone} --backbone-weights {config.out}")
    if result.step < config.max_iters:
        err.print(f"interrupted: saved at step {result.step} of {config.max_iters}")
        return INTERRUPTED
    return 0


def train(config: training_configs.TrainConfig) -> int:
    """Prints the best result and what to do next; how to resume after Ctrl-C."""
    from reidtalk.training import train as run

    result = run(config)
    if not result.main:
        return 0
    if not result.finished:
        return interrupted(result.step, result.out, "train", config.dataset, config.root, config.out)
    best = "none" if result.best is None else f"{result.best:.2f}"
    rate = f"{result.images_per_second:.0f} pictures/s"
    out.print(f"{result.step} steps, {rate}, best validation {config.select} {best}")
    out.print(f"next: {command('evaluate', config.dataset, config.root, '--model', result.out)}")
    return 0


def train_dual(config: training_configs.TrainDualConfig) -> int:
    """Prints the best result and what to do next; how to resume after Ctrl-C."""
    from reidtalk.dual_training import train_dual as run

    return drawn_run(run(config), "train-dual")


def train_reranker(config: training_configs.TrainRerankerConfig) -> int:
    """Prints the best result and what to do next; how to resume after Ctrl-C."""
    from reidtalk.reranker_training import train_reranker as run

    return drawn_run(run(config), "train-reranker")


def train_detector(config: detector_configs.TrainDetectorConfig) -> int:
    """Prints the best result and what to do next; how to resume after Ctrl-C."""
    from reidtalk.detector_training import train_detector as run

    result = run(config)
    if result.step < result.steps:
        return interrupted(result.step, result.out, "train-detector", result.out)
    best = f"best average precision {result.best or 0:.1f}% on drawn scenes"
    out.print(f"{result.step} steps, {result.images_per_second:.0f} scenes/s, {best}")
    out.print(f"next: {command('index', 'FOOTAGE', '--to', 'people.index', '--detector', result.out)}")
    return 0


def drawn_run(result: Any, verb: str) -> int:
    """Prints how a run on drawings ended, and what to do next."""
    if result.step < result.steps:
        return interrupted(result.step, result.out, verb, result.out)
    recall = f"best recall@1 {result.best or 0:.1f}% on drawn people"
    out.print(f"{result.step} steps, {result.images_per_second:.0f} pictures/s, {recall}")
    out.print(f"next: {command('release', result.out, 'MATCHER')}")
    return 0


def release(config: training_configs.ReleaseConfig) -> int:
    """Prints the size, the cut-off, and what half the size costs."""
    from reidtalk.release import release as run

    made = run(config)
    cut_off = made.calibration.cut_off
    out.print(f"{config.out}: {made.megabytes:.1f} MB, a match is likely above {cut_off:.3f}")
    recalls = f"{made.recall_before:.2f}% before, {made.recall_after:.2f}% with weights of half size"
    out.print(f"recall@1 among {config.people} drawn people: {recalls}")
    return 0


def import_caffe(config: configs.ImportCaffeConfig) -> int:
    """Prints what was read, where it lies, and how to train with it."""
    from reidtalk.models.caffe import import_caffe as run

    made = run(config)
    layers = f"{made.convolutions} convolutions, {made.connected} fully connected"
    out.print(f"{config.out}: {layers}, {made.weights / 1e6:.1f} million weights")
    backbone = ("--backbone", made.backbone, "--backbone-weights", config.out)
    out.print(f"next: {command('train', 'DATASET', 'ROOT', 'OUT', *backbone)}")
    return 0


def import_torch7(config: configs.ImportTorch7Config) -> int:
    """Prints what was read, where it lies, and how to measure it."""
    from reidtalk.models.torch7_gna_rnn import import_torch7 as run

    made = run(config)
    read = f"{made.layers} layers, {made.numbers / 1e6:.1f} million weights of iteration {made.iteration}"
    out.print(f"{config.out}: {read}; {made.words} words, {made.units} visual units")
    out.print(f"next: {command('evaluate', 'packed', 'FOLDER', '--model', config.out)} --protocol original")
    return 0


def evaluate(config: configs.EvaluateConfig) -> int:
    """Prints the table of results."""
    from reidtalk.evaluation import evaluate as run
    from reidtalk.quick_evaluation import evaluate_quickly

    out.print(evaluate_quickly(config).text() if config.quick else run(config).table())
    return 0


def search(config: configs.SearchConfig) -> int:
    """Prints rank, score, likelihood and place of the people found, why, and how many are likely."""
    from reidtalk.search import look_for, save_found, verdict

    matches = look_for(config)
    try:
        print_matches(matches)
        if told := verdict(matches) or ("" if matches else "nobody in the index passes"):
            out.print(told)
    finally:  # also where whoever read our output has gone, as `head` does
        save_found(config, matches)
    for kind, path in (("sheet", config.sheet), ("page", config.html)):
        if matches and path is not None:
            out.print(f"{kind}: {path}")
    return 0


def print_matches(matches: Sequence[Any]) -> None:
    """Prints a line for each match, and why it was found: in colours, or in numbers where there are none."""
    from reidtalk.found_page import coloured, places, strongest, weighed

    most = strongest(matches)
    colourless = out.color_system is None or out.no_color
    for match in matches:
        likelihood = f"{match.percent:>4}  " if match.percent else ""
        out.print(f"{match.rank:4d}  {match.score:8.3f}  {likelihood}{'  '.join(places(match))}")
        if match.words:
            why = Text(weighed(match, most)) if colourless else coloured(match, most)
            out.print(Text("      ").append_text(why))


def index(config: index_configs.IndexConfig) -> int:
    """Prints how many appearances were found, how fast, and what was wrong with which source."""
    from reidtalk.index.indexing import index_people as run

    report = run(config)
    for line in report.lines():
        out.print(line)
    if report.faults:
        out.print("of these not all, or nothing, is indexed:")
    wide = max((len(fault.source) for fault in report.faults), default=0)
    for fault in report.faults:
        out.print(f"  {fault.source:{wide}}  {fault.what}")
    if report.interrupted:
        err.print("interrupted: what was indexed is kept; the same command goes on")
        return INTERRUPTED
    if report.faults and not (report.people or report.skipped):
        return 1
    out.print(f"next: {command('search', 'a woman in a red coat', '--index', config.to)}")
    return 0


def index_info(config: index_configs.IndexInfoConfig) -> int:
    """Prints what is in the index."""
    from reidtalk.index.index import Index

    with Index.open_unread(config.index) as opened:
        for line in opened.info().lines():
            out.print(line)
        for taken, appearances in opened.sources() if config.sources else []:
            out.print(f"{appearances:6d}  {taken.path}" + (f"  ({taken.note})" if taken.note else ""))
    return 0


def index_remove(config: index_configs.IndexRemoveConfig) -> int:
    """Prints what was removed."""
    from reidtalk.index.index import Index
    from reidtalk.progress import counted

    with Index.open_unread(config.index) as opened:
        removed = opened.remove(config.patterns)
        left = counted(len(opened), "appearance")
        out.print(f"removed {counted(len(removed), 'source')}; what is left: {left}")
    return 0


def index_compact(config: index_configs.IndexCompactConfig) -> int:
    """Prints how large the index was and is."""
    from reidtalk.index.index import Index

    with Index.open_unread(config.index) as opened:
        before = opened.info().megabytes
        opened.compact()
        out.print(f"{before:.1f} MB before, {opened.info().megabytes:.1f} MB now")
    return 0


def index_verify(config: index_configs.IndexVerifyConfig) -> int:
    """Prints what is wrong; 1 if anything is."""
    from reidtalk.index.index import Index
    from reidtalk.progress import counted

    with Index.open_unread(config.index) as opened:
        faults = opened.verify()
        sources = opened.sources()  # what the ledger tells: the store may be damaged
        unfinished = [f"{taken.path}: {taken.note}" for taken, _ in sources if not taken.finished]
        for line in (*faults, *unfinished):
            out.print(line)
        appearances = counted(sum(number for _, number in sources), "appearance")
        found = f"{counted(len(faults), 'fault')} among {appearances}"
        out.print(found if faults else f"{appearances}, all whole")
    return 1 if faults else 0


def index_move(config: index_configs.IndexMoveConfig) -> int:
    """Prints where the vectors are now."""
    from reidtalk.index.index import Index
    from reidtalk.progress import counted

    with Index.open_unread(config.index) as opened:
        before = opened.manifest.shown_store
        opened.move(config.store)
        moved = counted(len(opened), "appearance")
        out.print(f"{moved} moved from {before} to {opened.manifest.shown_store}")
    return 0


def curves(config: configs.CurvesConfig) -> int:
    """Prints where the picture lies."""
    from reidtalk.run_folder import curves as run

    out.print(f"curves: {run(config)}")
    return 0


COMMANDS: dict[str, Command] = {
    "demo": Command(configs.DemoConfig, demo),
    "search": Command(configs.SearchConfig, search),
    "index": Command(index_configs.IndexConfig, index),
    "index-info": Command(index_configs.IndexInfoConfig, index_info),
    "index-remove": Command(index_configs.IndexRemoveConfig, index_remove),
    "index-compact": Command(index_configs.IndexCompactConfig, index_compact),
    "index-verify": Command(index_configs.IndexVerifyConfig, index_verify),
    "index-move": Command(index_configs.IndexMoveConfig, index_move),
    "draw": Command(configs.DrawConfig, draw),
    "draw-walk": Command(index_configs.DrawWalkConfig, draw_walk),
    "check": Command(configs.CheckConfig, check),
    "prepare": Command(configs.PrepareConfig, prepare),
    "pretrain": Command(training_configs.PretrainConfig, pretrain),
    "train": Command(training_configs.TrainConfig, train),
    "train-dual": Command(training_configs.TrainDualConfig, train_dual),
    "train-reranker": Command(training_configs.TrainRerankerConfig, train_reranker),
    "train-detector": Command(detector_configs.TrainDetectorConfig, train_detector),
    "release": Command(training_configs.ReleaseConfig, release),
    "import-caffe": Command(configs.ImportCaffeConfig, import_caffe),
    "import-torch7": Command(configs.ImportTorch7Config, import_torch7),
    "evaluate": Command(configs.EvaluateConfig, evaluate),
    "curves": Command(configs.CurvesConfig, curves),
}


def flags_in(arguments: Sequence[str]) -> frozenset[str]:
    """The names of the fields whose flags are among `arguments`."""
    flags = (word.partition("=")[0] for word in arguments if word.startswith("--"))
    return frozenset(flag.removeprefix("--").replace("-", "_") for flag in flags)


def main(arguments: list[str] | None = None) -> int:
    """Runs one command line (default: the process's own) and gives its exit code.

    0: done. 1: an error, told in one line on stderr. 2: a command line not understood (raised as SystemExit).
    130: interrupted.
    """
    verbs = tuple(Annotated[command.config, tyro.conf.subcommand(verb)] for verb, command in COMMANDS.items())
    chosen_type: Any = Union[verbs]  # noqa: UP007  # built at run time
    before, shown_before = progress_console.set(err), warnings.showwarning
    words = sys.argv[1:] if arguments is None else arguments
    given_before = configs.flags_given.set(flags_in(words))
    warnings.showwarning = lambda message, *_, **__: err.print(f"warning: {message}")
    try:
        chosen = tyro.cli(
            chosen_type,
            prog="reidtalk",
            description="Finds people in pictures and video from a description in words.",
            args=arguments,
            config=(tyro.conf.FlagCreatePairsOff,),
        )
        run = next(command.run for command in COMMANDS.values() if command.config is type(chosen))
        return run(chosen)
    except SystemExit as stopped:
        if stopped.code == 2 and words and words[0] in COMMANDS:
            err.print(f"what {words[0]} takes: reidtalk {words[0]} --help")
        raise
    except BrokenPipeError:  # whoever read our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (ReidtalkError, OSError) as error:
        tell(error)
        return 1
    except KeyboardInterrupt:
        err.print("interrupted")
        return INTERRUPTED
    finally:
        progress_console.reset(before)
        configs.flags_given.reset(given_before)
        warnings.showwarning = shown_before


if __name__ == "__main__":
    sys.exit(main())

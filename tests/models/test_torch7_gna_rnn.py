"""Checkpoints of the 2017 release as ours: every weight where it belongs, and what does not fit is named."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import shared
from PIL import Image
from test_parity import NAMES
from torch import Tensor
from torch7_files import Checkpoint, dump, instance, node, view

from reidtalk.cli import main
from reidtalk.config import CurvesConfig, EvaluateConfig, ImportTorch7Config, SearchConfig
from reidtalk.data import SharedPeople, load_dataset
from reidtalk.errors import CheckpointError, ConfigError
from reidtalk.evaluation import evaluate, two_sides
from reidtalk.models.checkpoint import load_matcher
from reidtalk.models.gna_rnn import Words
from reidtalk.models.scoring import score
from reidtalk.models.torch7_gna_rnn import import_torch7
from reidtalk.run_folder import curves, read_report
from reidtalk.search import search
from reidtalk.training import train
from reidtalk.training_config import TrainConfig


def imported(saved: Any, folder: Path, *, cuda: bool = False) -> Any:
    """The matcher after the import of a file that holds `saved`."""
    (folder / "old.t7").write_bytes(dump(saved, cuda=cuda))
    import_torch7(ImportTorch7Config(snapshot=folder / "old.t7", out=folder / "new"))
    return load_matcher(folder / "new", "cpu")


def fault_of(saved: Any, folder: Path) -> str:
    with pytest.raises(CheckpointError) as raised:
        imported(saved, folder)
    assert not (folder / "new").exists()
    message = str(raised.value)
    assert message.startswith(f"{folder / 'old.t7'}: ")
    assert "\n" not in message
    return message.removeprefix(f"{folder / 'old.t7'}: ")


BUILDS = {
    "as released": {},
    "graphs that are not split": {"split": False},
    "two layers": {"layers": 2, "dropout": 0.3},
    "three layers": {"layers": 3},
    "two layers without dropout": {"layers": 2, "dropout": 0.0},
    "sizes that differ": {"encoding": 5, "state": 3, "words": 11},
    "cudnn": {"package": "cudnn"},
    "numbers of 8 bytes": {"precision": "<f8"},
}


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("cuda", [False, True])
def test_every_weight_comes_to_its_place(build: str, cuda: bool, tmp_path: Path) -> None:
    given: dict[str, Any] = BUILDS[build]
    checkpoint = Checkpoint(**given)
    matcher = imported(checkpoint.saved, tmp_path, cuda=cuda)
    state = matcher.state_dict()
    for name, expected in checkpoint.expected.items():
        ours = state[name][1:] if name == "embedding.weight" else state[name]
        np.testing.assert_array_equal(ours.numpy(), expected.astype(np.float32), err_msg=name)
    left = {name for name in state.keys() - checkpoint.expected.keys() if "num_batches" not in name}
    assert left == {"backbone.mean", "backbone.std"}
    assert not state["embedding.weight"][0].any()
    assert matcher.settings.drop_prob_lm == given.get("dropout", 0.5)
    assert matcher.settings.num_layers == given.get("layers", 1)
    assert matcher.settings.max_length == 9
    assert matcher.settings.backbone == "caffe-vgg16:2,1,2,1,3,2,3"
    assert matcher.vocabulary.words == tuple(
        f"word{number}" for number in range(1, given.get("words", 3) + 1)
    )


def test_the_order_in_which_a_layer_is_fed_does_not_matter(tmp_path: Path) -> None:
    checkpoint = Checkpoint(layers=2)
    for name in ("attention", "core"):
        turn_commutative_layers(checkpoint.model[name].fields["outnode"].fields["data"], set())
    state = imported(checkpoint.saved, tmp_path).state_dict()
    for name, expected in checkpoint.expected.items():
        if not name.startswith("embedding"):
            np.testing.assert_array_equal(state[name].numpy(), expected, err_msg=name)


def turn_commutative_layers(data: dict[str, Any], seen: set[int]) -> None:
    """Sums and products of the graph have their inputs the other way round."""
    if id(data) in seen:
        return
    seen.add(id(data))
    sources = data["mapindex"]
    kind = data["module"].kind if "module" in data else ""
    if kind in ("nn.CAddTable", "nn.CMulTable", "nn.DotProduct"):
        data["mapindex"] = {1: sources[2], 2: sources[1]}
    for source in sources.values():
        turn_commutative_layers(source, seen)


def find(data: dict[str, Any], kind: str) -> dict[str, Any]:
    """The first node of that kind, from the outputs on."""
    left = [data]
    while left:
        data = left.pop(0)
        if "module" in data and data["module"].kind == kind:
            return data
        left += data["mapindex"].values()
    raise AssertionError(kind)


def drop(graph: str, kind: str) -> Callable[[Checkpoint], None]:
    """Takes the first layer of that kind out of a graph: what feeds it feeds what it fed."""

    def change(checkpoint: Checkpoint) -> None:
        data = find(checkpoint.model[graph].fields["outnode"].fields["data"], kind)
        del data["module"]
        if len(data["mapindex"]) > 1:
            data["mapindex"] = {1: data["mapindex"][1]}

    return change


def put(graph: str, kind: str, **fields: Any) -> Callable[[Checkpoint], None]:
    """Changes fields of the first layer of that kind in a graph."""

    def change(checkpoint: Checkpoint) -> None:
        find(checkpoint.model[graph].fields["outnode"].fields["data"], kind)["module"].fields.update(fields)

    return change


def drop_cnn(place: int) -> Callable[[Checkpoint], None]:
    def change(checkpoint: Checkpoint) -> None:
        modules = checkpoint.modules
        kept = [modules[number] for number in range(1, len(modules) + 1) if number != place]
        checkpoint.saved["protos"]["cnn"].fields["modules"] = dict(enumerate(kept, start=1))

    return change


def put_cnn(place: int, **fields: Any) -> Callable[[Checkpoint], None]:
    return lambda checkpoint: checkpoint.modules[place].fields.update(fields)


def put_model(**fields: Any) -> Callable[[Checkpoint], None]:
    return lambda checkpoint: checkpoint.model.update(fields)


def put_saved(**entries: Any) -> Callable[[Checkpoint], None]:
    return lambda checkpoint: checkpoint.saved.update(entries)


def swap_gates(checkpoint: Checkpoint) -> None:
    """Input and forget gate take each other's part of the sums."""
    cell = checkpoint.model["core"].fields["outnode"].fields["data"]["mapindex"][1]
    kept, written = cell["mapindex"].values()
    forget, into = kept["mapindex"][1], written["mapindex"][1]
    forget["mapindex"], into["mapindex"] = into["mapindex"], forget["mapindex"]


def picture_first(checkpoint: Checkpoint) -> None:
    joined = find(checkpoint.model["emb_img"].fields["outnode"].fields["data"], "nn.JoinTable")
    joined["mapindex"] = {1: joined["mapindex"][2], 2: joined["mapindex"][1]}


def attention_of_the_picture(checkpoint: Checkpoint) -> None:
    graph = checkpoint.model["attention"].fields["outnode"].fields["data"]
    hidden = find(graph, "nn.SoftMax")["mapindex"][1]
    hidden["mapindex"] = find(graph, "nn.BatchNormalization")["mapindex"][1]["mapindex"]


def circle(checkpoint: Checkpoint) -> None:
    idle = node(instance("nn.Identity"))
    idle["mapindex"] = {1: idle}
    find(checkpoint.model["core"].fields["outnode"].fields["data"], "nn.SplitTable")["mapindex"] = {1: idle}


def another_state_on_top(checkpoint: Checkpoint) -> None:
    outputs = checkpoint.model["core"].fields["outnode"].fields["data"]["mapindex"]
    again = dict(outputs[2])
    find({"mapindex": outputs}, "nn.Dropout")["mapindex"] = {1: again}


def infinite(checkpoint: Checkpoint) -> None:
    checkpoint.expected["gate.bias"][:] = np.nan


def doubling(times: int) -> Any:
    """A table of few bytes that printed whole would be 2 to the power of `times` long."""
    inner: Any = "a"
    for _ in range(times):
        inner = {"a": inner, "b": inner}
    return inner


EMPTY = view(np.zeros(0, np.float32))
SPREAD = view(np.zeros((4, 4), np.float32))
SPREAD.strides, SPREAD.storage = (0, 0), np.zeros(1, np.float32)

FAULTS: dict[str, tuple[Callable[[Checkpoint], None], str]] = {
    "emb_img without its ReLU": (drop("emb_img", "nn.ReLU"), "emb_img: Linear is fed by BatchNormalization; accepted: ReLU"),
    "emb_img without batch-norm": (drop("emb_img", "nn.BatchNormalization"), "emb_img: ReLU is fed by Linear; accepted: BatchNormalization"),
    "emb_img without its first linear": (drop("emb_img", "nn.Linear"), "emb_img: JoinTable is fed by input 1, ReLU; accepted: input 1, Linear"),
    "emb_img without joining": (drop("emb_img", "nn.JoinTable"), "emb_img: its output is input 1; accepted: JoinTable"),
    "emb_img with the picture first": (picture_first, "emb_img: JoinTable has the picture first"),
    "attention without softmax": (drop("attention", "nn.SoftMax"), "attention: DotProduct is fed by Linear, Linear; accepted: SoftMax, Linear"),
    "attention without sigmoid": (drop("attention", "nn.Sigmoid"), "attention: CMulTable is fed by DotProduct, Linear; accepted: DotProduct, Sigmoid"),
    "attention without its gate's linear": (drop("attention", "nn.Linear"), "attention: Sigmoid is fed by input 1; accepted: Linear"),
    "attention over the picture": (attention_of_the_picture, "attention: Linear is fed by input 2; accepted: input 1"),
    "core without its dropout": (drop("core", "nn.Dropout"), "core: its last output is CMulTable; accepted: Dropout"),
    "core with another dropout": (put("core", "nn.Dropout", p=0.4), "core: Dropout has p 0.4; accepted: p 0.5"),
    "core with gates in another order": (swap_gates, "core: Sigmoid is fed by part 2; accepted: part 1"),
    "core without tanh": (drop("core", "nn.Tanh"), "core: CMulTable is fed by Sigmoid, .*; accepted: Sigmoid, Tanh"),
    "core without reshaping": (drop("core", "nn.Reshape"), "core: SplitTable is fed by CAddTable; accepted: Reshape"),
    "core split elsewhere": (put("core", "nn.SplitTable", dimension=1), "core: SplitTable has dimension 1; accepted: dimension 2"),
    "core reshaped otherwise": (put("core", "nn.Reshape", size=np.array([2, 8])), "core: Reshape makes no four rows"),
    "core in a circle": (circle, "core runs in a circle"),
    "core with another state on top": (another_state_on_top, "core: what its dropout takes is another CMulTable"),
    "more layers announced": (put_model(num_layers=2), "core has 3 outputs; accepted: 5"),
    "no layers": (put_model(num_layers=0), "protos.lm has num_layers 0; accepted: a whole number from 1"),
    "size of another kind": (put_model(rnn_size="4"), "protos.lm has rnn_size '4'"),
    "giant size": (put_model(rnn_size=2**40), "protos.lm has rnn_size 1099511627776; accepted: a whole number from 1 to 65536"),
    "another size": (put_model(rnn_size=5), "attention: Linear fc1 has weight 4 x 3; accepted: 5 x 3"),
    "another encoding": (put_model(input_encoding_size=9), "lookup_table has weight 3 x 4; accepted: 3 x 9"),
    "no attention": (put_model(attention=None), "attention is missing; accepted: nn.gModule"),
    "attention of another class": (put_model(attention=instance("nn.Sequential")), "attention is nn.Sequential"),
    "graph without an exit": (put_model(attention=instance("nn.gModule", innode=3)), "attention has a node that holds NoneType"),
    "no lookup table": (put_model(lookup_table=instance("nn.Linear")), "lookup_table is nn.Linear; accepted: nn.LookupTable"),
    "linear without weight": (put("attention", "nn.Linear", weight=None), "attention: Linear gate_fc has no weight"),
    "linear of whole numbers": (put("attention", "nn.Linear", weight=view(np.zeros((1, 4), np.int64))), "attention: Linear gate_fc has no weight"),
    "linear of another shape": (put("core", "nn.Linear", weight=view(np.zeros((16, 9), np.float32))), "core: Linear i2h_1 has weight 16 x 9; accepted: 16 x 8"),
    "h2h of another shape": (put("core", "nn.Linear", bias=EMPTY), "core: Linear i2h_1 has bias 0; accepted: 16"),
    "a weight that is spread": (put("emb_img", "nn.Linear", weight=SPREAD), "a tensor of 16 elements over a storage of 1"),
    "a weight that is no number": (infinite, "attention: Linear gate_fc has bias with numbers that are not finite"),
    "batch-norm with another epsilon": (put("attention", "nn.BatchNormalization", eps=1e-3), "attention: BatchNormalization has eps 0.001; accepted: eps 1e-05"),
    "batch-norm without statistics": (put("attention", "nn.BatchNormalization", running_var=None), "attention: BatchNormalization bn has no running_var"),
    "cnn without a pooling": (drop_cnn(5), r"cnn layer 5 \(pool1\) is nn.SpatialConvolution; accepted: nn.SpatialMaxPooling"),
    "cnn without fc6": (drop_cnn(33), r"cnn layer 33 \(fc6\) is nn.ReLU; accepted: nn.Linear"),
    "cnn without its last layer": (drop_cnn(38), r"cnn layer 38 \(drop7\) is missing; accepted: nn.Dropout"),
    "cnn with one more": (lambda c: c.modules.update({39: instance("nn.Linear")}), "cnn has a layer 39; accepted: 38 layers"),
    "cnn with a stride": (put_cnn(3, dW=2), r"cnn layer 3 \(conv1_2\) has dW 2; accepted: dW 1"),
    "cnn with groups": (put_cnn(3, groups=2), r"cnn layer 3 \(conv1_2\) has groups 2; accepted: groups 1"),
    "cnn with a leaky ReLU": (put_cnn(2, val=0.1), r"cnn layer 2 \(relu1_1\) has val 0.1; accepted: val 0"),
    "cnn with unlike widths": (put_cnn(3, weight=view(np.zeros((5, 2, 3, 3), np.float32)), bias=view(np.zeros(5, np.float32))), r"cnn layer 3 \(conv1_2\) has weight 5 x 2 x 3 x 3; accepted: 2 x 2 x 3 x 3"),
    "cnn of no width": (put_cnn(1, bias=EMPTY), "cnn has the widths of caffe-vgg16:0,1,2,1,3,2,3"),
    "no cnn": (lambda c: c.saved["protos"].pop("cnn"), "protos.cnn is missing; accepted: nn.Sequential"),
    "no protos": (put_saved(protos=None), "protos is missing; accepted: a table"),
    "no options": (put_saved(opt=None), "opt is missing"),
    "no dropout option": (put_saved(opt={}), "opt has drop_prob_lm None"),
    "no words": (put_saved(vocab=None), "vocab is missing"),
    "a word too few": (put_saved(vocab={"1": "a", "2": "b"}), "lookup_table has weight 3 x 4; accepted: 2 x 4"),
    "words with a gap": (put_saved(vocab={"1": "a", "2": "b", "4": "c"}), "the words of vocab do not count 1, 2, 3"),
    "a word twice": (put_saved(vocab={"1": "a", "2": "b", "3": "a"}), "a vocabulary with the word 'a' twice"),
    "a number for a word": (put_saved(vocab={"1": "a", "2": 5, "3": "c"}), "word 2 of vocab is 5; accepted: a word"),
    "a table that doubles for a word": (put_saved(vocab={"1": "a", "2": doubling(40), "3": "c"}), "word 2 of vocab is dict"),
    "a table that doubles for a number": (put("core", "nn.Dropout", p=doubling(40)), "core: Dropout has p dict; accepted: p 0.5"),
    "several numbers for one": (put("core", "nn.Dropout", p=np.array([1, 2])), "core: Dropout has p .*; accepted: p 0.5"),
    "no iteration": (put_saved(iter="x"), "iter is 'x'; accepted: a whole number"),
    "a history of another kind": (put_saved(acc_history=3), "acc_history is 3; accepted: a table"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_does_not_fit_is_named(name: str, tmp_path: Path) -> None:
    change, fault = FAULTS[name]
    checkpoint = Checkpoint()
    change(checkpoint)
    message = fault_of(checkpoint.saved, tmp_path)
    assert "what to do: " in message
    assert re.match(fault, message), message


def test_a_taken_place_is_refused_before_reading(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "thesis.txt").write_text("mine")
    with pytest.raises(
        ConfigError, match=r"new exists; accepted: a new folder; what to do: choose another OUT"
    ):
        import_torch7(ImportTorch7Config(snapshot=tmp_path / "none.t7", out=tmp_path / "new"))
    assert (tmp_path / "new" / "thesis.txt").read_text() == "mine"


def test_the_command_says_what_was_read_and_what_to_do_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.t7").write_bytes(dump(Checkpoint().saved))
    assert main(["import-torch7", str(tmp_path / "old.t7"), str(tmp_path / "new")]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert (
        first
        == f"{tmp_path / 'new'}: 26 layers, 0.0 million weights of iteration 20; 3 words, 4 visual units"
    )
    assert second == f"next: reidtalk evaluate packed FOLDER --model {tmp_path / 'new'} --protocol original"
    assert main(["import-torch7", str(tmp_path / "none.t7"), str(tmp_path / "other")]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"error: {tmp_path / 'none.t7'}: no such file; accepted: a whole .t7")
    assert told.count("\n") == 1


def test_options_and_histories_are_kept_for_the_curves(tmp_path: Path) -> None:
    imported(Checkpoint().saved, tmp_path)
    config = json.loads((tmp_path / "new" / "config.json").read_text())
    assert config["imported"] == {"file": "old.t7", "iter": 20,
                                  "opt": {"drop_prob_lm": 0.5, "learning_rate": 4e-4, "id": ""}}  # fmt: skip
    report = read_report(tmp_path / "new")
    assert report["loss_history"] == {"0": 0.7, "10": 0.5}
    assert report["val_acc_history"] == {"10": 0.7}
    curves(CurvesConfig(runs=[tmp_path / "new"], out=tmp_path / "curves.png"))
    assert (tmp_path / "curves.png").stat().st_size > 5000


@pytest.fixture(scope="module", params=["tiny_bestACC.t7", "tiny_bestACC_cuda.t7"])
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that the original itself saved, imported."""
    out = tmp_path_factory.mktemp("tiny") / "matcher"
    import_torch7(ImportTorch7Config(snapshot=shared("oracle", request.param), out=out))
    return out


@pytest.fixture(scope="module")
def expected() -> dict[str, Tensor]:
    with np.load(shared("oracle", "expected.npz")) as file:
        return {name: torch.from_numpy(file[name]) for name in file}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pair it was trained on, with people that are in one split each: those of train and val are others."""
    folder = tmp_path_factory.mktemp("pair")
    shutil.copy(shared("oracle", "tiny", "reidtalk.h5"), folder)
    held = json.loads(shared("oracle", "tiny", "reidtalk.json").read_text())
    for image in held["images"]:
        image["id"] += {"train": 0, "val": 5000, "test": 10000}[image["split"]]
    (folder / "reidtalk.json").write_text(json.dumps(held))
    return folder


def close(got: Tensor, wanted: Tensor) -> None:
    """Within 1e-5 of the value, and of the largest value where it is near 0."""
    torch.testing.assert_close(got, wanted, rtol=1e-5, atol=1e-5 * wanted.abs().max().item())


def test_every_parameter_of_the_originals_is_the_same_bit_for_bit(
    tiny: Path, expected: dict[str, Tensor]
) -> None:
    state = load_matcher(tiny, "cpu").state_dict()
    theirs = {f"{ours}.{kind}": f"params/{name}.{kind}" for ours, name in NAMES.items()
              for kind in ("weight", "bias", "running_mean", "running_var")}  # fmt: skip
    for name in state:
        if name.startswith("backbone.network."):
            part, number, kind = name.split(".")[2:]
            theirs[name] = f"cnn_params/{int(number) + (1 if part == 'features' else 33)}.{kind}"
    compared = {theirs[name] for name in state if name in theirs}
    wanted = {name for name in expected if name.startswith(("params/", "cnn_params/"))}
    assert wanted - compared == {"params/lookup_table.weight"}
    assert torch.equal(state["embedding.weight"][1:], expected["params/lookup_table.weight"])
    for name, tensor in state.items():
        if name in theirs:
            assert torch.equal(tensor, expected[theirs[name]]), name


def test_activations_features_affinities_and_scores(tiny: Path, expected: dict[str, Tensor]) -> None:
    matcher = load_matcher(tiny, "cpu")
    network = matcher.backbone.network
    maps = expected["images_preprocessed"][:1]
    layers = [*network.features, network.pool, *network.classifier]
    with torch.no_grad():
        for number, layer in enumerate(layers, start=1):
            maps = layer(maps.clone())
            if (name := f"cnn_image1/module_{number}") in expected:
                close(maps, expected[name])
        features = matcher.backbone(expected["images_uint8"][..., 15:239, 15:239])
    close(features, expected["feats"])
    words = Words(expected["labels"].T.contiguous(), expected["seqlen"])
    encoded = matcher.encode_images(expected["images_uint8"])
    close(matcher.explain(words, encoded), expected["affinities"].permute(0, 2, 1))
    close(torch.sigmoid(matcher.score(words, encoded)), expected["scores"])


def test_the_ranking_is_the_originals(tiny: Path, pair: Path, expected: dict[str, Tensor]) -> None:
    sides = two_sides(load_dataset("packed", pair)["test"], "original")
    ours, theirs = (
        score(load_matcher(tiny, "cpu"), sides.captions, sides.pictures, batch_size=4),
        expected["scores"],
    )
    close(torch.sigmoid(ours), theirs)
    assert torch.equal(torch.argsort(-ours, 1), torch.argsort(-theirs, 1))
    report = evaluate(
        EvaluateConfig(
            dataset="packed", root=pair, model=tiny, protocol="original", device="cpu", bootstrap=0
        )
    )
    found = expected["ids"][torch.argsort(-theirs, 1)] == expected["ids"].repeat_interleave(2)[:, None]
    for rank in (1, 5):
        hits = 100 * found[:, :rank].any(1).double().mean().item()
        assert report.text_to_image.measured[f"recall@{rank}"] == pytest.approx(hits)


def test_its_own_pair_is_measured_as_it_lies(tiny: Path, pair: Path) -> None:
    """With people in several splits, which the original never asked about."""
    config = EvaluateConfig(
        dataset="packed", root=pair, model=tiny, protocol="original", device="cpu", bootstrap=0
    )
    told = (
        "people both in train and in val: 5, such as id 1001; .*; what is learnt of them is measured on them"
    )
    with pytest.warns(SharedPeople, match=told):
        report = evaluate(replace(config, root=shared("oracle", "tiny")))
    assert report.text_to_image == evaluate(config).text_to_image


def printed(pattern: str) -> list[str]:
    """What the original printed in training that checkpoint, wherever `pattern` fits."""
    found: list[str] = re.findall(pattern, shared("oracle", "train.log").read_text())
    return found


def test_as_many_parameters_and_pictures_as_the_original_counted(tiny: Path, pair: Path) -> None:
    matcher = load_matcher(tiny, "cpu")
    sizes = {name: value.numel() for name, value in matcher.named_parameters()}
    cnn = sum(size for name, size in sizes.items() if name.startswith("backbone."))
    padding = matcher.settings.input_encoding_size  # the row of no word, which the original has none of
    lm = sum(sizes.values()) - cnn - padding
    for network, counted in (("LM", lm), ("CNN", cnn)):
        assert [str(counted)] == printed(rf"number of parameters in {network}: *\t(\d+)")
    splits = load_dataset("packed", pair)
    for name in ("train", "val", "test"):
        assert [str(len(splits[name]))] == printed(rf"assigned (\d+) images to split {name}")


def test_it_searches_and_goes_on_learning(
    tiny: Path, pair: Path, expected: dict[str, Tensor], tmp_path: Path
) -> None:
    for number, picture in enumerate(expected["images_uint8"]):
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(tmp_path / f"{number}.png")
    matches = search(
        SearchConfig(sentence="w13 w9 w16 w8", pictures=[tmp_path], model=tiny, sheet=None, device="cpu")
    )
    assert [match.image.path.name for match in matches[:2]] == ["1.png", "4.png"]
    out = tmp_path / "run"
    result = train(TrainConfig(
        dataset="packed", root=pair, out=out, start_from=tiny, max_iters=2, batch_size=2, neg_time=1,
        finetune_cnn_after=1, val_images_use=2, save_checkpoint_every=2, workers=0, device="cpu",
    ))  # fmt: skip
    assert result.finished
    before, after = (load_matcher(folder, "cpu").state_dict() for folder in (tiny, out / "last"))
    for name in ("gate.weight", "backbone.network.classifier.3.weight"):
        assert 0 < (before[name] - after[name]).abs().max() < 1e-2
    assert json.loads((out / "config.json").read_text())["backbone"] == "caffe-vgg16:4,4,6,8,8,16,4096"

"""Exact scores of many sentences with many pictures by a GNA-RNN of one LSTM layer, nothing computed twice.

Once are computed each word's share of the gates, each picture's, and the state after words that several
sentences begin with. Sentences are read level by level of their prefix tree, so no padding is read either.
The gates of some units at a time are computed and used up while they are in the cache.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from reidtalk.models.gna_rnn import GnaRnn, Words

UNITS_AT_ONCE = 128
"""LSTM units whose gates are computed together in float32 on a CPU, for its cache; elsewhere all are."""
PAIRS_AT_ONCE = {"cpu": 2**10, "cuda": 2**18, "mps": 2**16}
"""Pairs read together: so many stay in a CPU's cache, or fill a GPU."""
TEXTS_AT_ONCE = {"cpu": 64, "cuda": 1024, "mps": 512}
"""Sentences in one prefix tree: neighbours in the order of a dictionary."""


class Level(NamedTuple):
    """The nodes of one depth of a prefix tree: all different beginnings of so many words."""

    words: Int64[Tensor, " nodes"]
    """The last word of each."""
    parents: Int64[Tensor, " nodes"] | None
    """Which node of the level before each continues; None: the one in its place, or no level is before."""
    ends: Int64[Tensor, " ended"]
    """Nodes that are whole sentences."""
    texts: Int64[Tensor, " ended"]
    """Which sentences these are."""


class Weights(NamedTuple):
    """What reading needs; gates come in groups of units: all four gates of the first group, ..."""

    words: Float[Tensor, "different gates"]
    """The share of the gates of each different word that is read."""
    recurrent: list[Float[Tensor, "state _"]]
    """The state's share, group by group; like all that follows a state, for half of it (see `step`)."""
    attention: Float[Tensor, "state units"]
    attention_bias: Float[Tensor, " units"]
    gate: Float[Tensor, "state 1"]
    gate_bias: Float[Tensor, " 1"]


class Prepared(NamedTuple):
    """Sentences, pictures and weights, laid out for reading."""

    indices: Int64[Tensor, "texts words"]
    """The sentences by the rows of `Weights.words`."""
    lengths: Int64[Tensor, " texts"]
    weights: Weights
    gates: Float[Tensor, "images gates"]
    """The pictures' share of the gates, in the order of the weights."""
    units: Float[Tensor, "images units"]


@torch.inference_mode()
def score_grid(
    matcher: "GnaRnn", words: "Words", image_features: Float[Tensor, "images features"]
) -> Float32[Tensor, "texts images"]:
    """The logit of every sentence with every picture."""
    kind, shape = matcher.device.type, (len(words.lengths), len(image_features))
    scores = torch.empty(shape, device=matcher.device)
    if not scores.numel():
        return scores
    indices, lengths, weights, gates, units = prepare(matcher, words, image_features)
    images_at_once = max(1, PAIRS_AT_ONCE[kind] // min(TEXTS_AT_ONCE[kind], shape[0]))
    for tree in prefix_trees(indices, lengths, TEXTS_AT_ONCE[kind]):
        for first in range(0, len(gates), images_at_once):
            images = slice(first, first + images_at_once)
            read(tree, weights, gates[images], units[images], scores[:, images])
    return scores


def score_candidates(
    matcher: "GnaRnn",
    words: "Words",
    image_features: Float[Tensor, "images features"],
    candidates: Int64[Tensor, "texts candidates"],
) -> Float32[Tensor, "texts candidates"]:
    """The logit of every sentence with the pictures that are its own `candidates`."""
    if not candidates.numel():
        return torch.empty(candidates.shape, device=matcher.device)
    return read_candidates(prepare(matcher, words, image_features), candidates)


@torch.inference_mode()
def read_candidates(
    prepared: Prepared,
    candidates: Int64[Tensor, "some candidates"],
    texts: Int64[Tensor, " some"] | None = None,
) -> Float32[Tensor, "some candidates"]:
    """The logit of each of `texts` (None: of all) with its own `candidates`, at least one each."""
    indices, lengths, weights, gates, units = prepared
    if texts is not None:
        indices, lengths = indices[texts], lengths[texts]
    scores = torch.empty(candidates.shape, device=gates.device)
    texts_at_once = max(1, PAIRS_AT_ONCE[gates.device.type] // candidates.shape[1])
    for rows in torch.argsort(lengths, descending=True, stable=True).split(texts_at_once):
        asked = candidates[rows]
        scores[rows] = read_each(
            weights, indices[rows], lengths[rows].tolist(), gates[asked], units[asked]
        ).float()
    return scores


def read_each(
    weights: Weights,
    indices: Int64[Tensor, "texts words"],
    lengths: list[int],
    picture_gates: Float[Tensor, "texts candidates gates"],
    visual_units: Float[Tensor, "texts candidates units"],
) -> Float[Tensor, "texts candidates"]:
    """The logits of sentences, longest first, each with pictures of its own."""
    hidden, total = None, picture_gates.new_zeros(picture_gates.shape[:2])
    cell = picture_gates.new_zeros(*picture_gates.shape[:2], len(weights.attention))
    for position in range(lengths[0]):
        still = sum(length > position for length in lengths)
        word_gates = weights.words[indices[:still, position]][:, None]
        before = None if hidden is None else hidden[:still]
        hidden = step(weights, word_gates, picture_gates[:still], before, cell[:still])
        attention, gate = attend(weights, hidden)
        total[:still].addcmul_(attention.mul_(visual_units[:still]).sum(-1), gate)
    return total


def prepare(matcher: "GnaRnn", words: "Words", image_features: Float[Tensor, "images features"]) -> Prepared:
    """All that reading needs; gates are in groups of units, of as many as `UNITS_AT_ONCE` says."""
    state, encoding = matcher.settings.rnn_size, matcher.settings.input_encoding_size
    kind = torch.bfloat16 if matcher.in_bfloat16 else image_features.dtype
    tiled = matcher.device.type == "cpu" and kind == torch.float32
    groups = gate_groups(state, UNITS_AT_ONCE if tiled else state, matcher.device)
    different, indices = torch.unique(words.indices, return_inverse=True)
    gates, units = image_features.split([4 * state, encoding], dim=1)
    gates = gates[:, torch.cat(groups)] * doubled(groups, gates.dtype)
    weights = weights_of(matcher, different, groups, kind)
    return Prepared(indices, words.lengths, weights, gates.to(kind), units.to(kind))


def weights_of(
    matcher: "GnaRnn",
    words: Int64[Tensor, " different"],
    groups: list[Int64[Tensor, " _"]],
    kind: torch.dtype,
) -> Weights:
    """The matcher's weights for reading these `words`, as `kind`, its gates in the order of `groups`.

    What follows a hidden state is doubled, and what a candidate is computed from too: see `step`.
    """
    layer = matcher.layers[0]
    for_words = layer.input_to_gates.weight[torch.cat(groups), : matcher.settings.input_encoding_size]
    recurrent = 2 * layer.state_to_gates.weight.T
    return Weights(
        words=(matcher.embedding.weight[words] @ for_words.T * doubled(groups, for_words.dtype)).to(kind),
        recurrent=[
            (recurrent[:, group] * doubled([group], recurrent.dtype)).to(kind).contiguous()
            for group in groups
        ],
        attention=(2 * matcher.attention.weight.T).to(kind).contiguous(),
        attention_bias=matcher.attention.bias.to(kind),
        gate=(2 * matcher.gate.weight.T).to(kind).contiguous(),
        gate_bias=matcher.gate.bias.to(kind),
    )


def doubled(groups: list[Int64[Tensor, " _"]], kind: torch.dtype) -> Float[Tensor, " gates"]:
    """2 where a gate is a candidate, else 1: tanh(x) is 2 (sigmoid(2x) - 1/2)."""
    gates = torch.tensor([1, 1, 1, 2], dtype=kind, device=groups[0].device)
    return torch.cat([gates.repeat_interleave(len(group) // 4) for group in groups])


def gate_groups(state: int, units: int, device: torch.device) -> list[Int64[Tensor, " _"]]:
    """For each group of `units` the rows of its gates: first of input, then forget, output, candidate."""
    return [
        torch.cat([gate * state + group for gate in range(4)])
        for group in torch.arange(state, device=device).split(units)
    ]


def prefix_trees(
    indices: Int64[Tensor, "texts words"], lengths: Int64[Tensor, " texts"], texts_at_once: int
) -> Iterator[list[Level]]:
    """Trees that together hold every sentence once."""
    rows, sizes = indices.cpu().numpy(), lengths.cpu().numpy()
    rows = np.where(np.arange(rows.shape[1]) < sizes[:, None], rows, 0)
    order = np.lexsort(rows.T[::-1])
    for first in range(0, len(order), texts_at_once):
        texts = order[first : first + texts_at_once]
        yield list(levels(rows[texts], sizes[texts], texts, indices.device))


def levels(
    rows: NDArray[np.int64], lengths: NDArray[np.int64], texts: NDArray[np.int64], device: torch.device
) -> Iterator[Level]:
    """The levels of one tree, whose sentences `rows`, in a dictionary's order, have the numbers `texts`."""
    node, nodes = np.zeros(len(rows), dtype=np.int64), 1
    active = np.arange(len(rows))
    for depth in range(int(lengths.max())):
        active = active[lengths[active] > depth]
        above, words = node[active], rows[active, depth]
        new = np.ones(len(active), dtype=bool)
        new[1:] = (above[1:] != above[:-1]) | (words[1:] != words[:-1])
        parents = above[new]
        in_place = depth == 0 or (len(parents) == nodes and bool((parents == np.arange(nodes)).all()))
        node[active], nodes = np.cumsum(new) - 1, int(new.sum())
        ended = active[lengths[active] == depth + 1]
        told = (words[new], parents, node[ended], texts[ended])
        last_words, origins, ends, whole = (torch.from_numpy(values).to(device) for values in told)
        yield Level(last_words, None if in_place else origins, ends, whole)


def read(
    tree: list[Level],
    weights: Weights,
    picture_gates: Float[Tensor, "images gates"],
    visual_units: Float[Tensor, "images units"],
    scores: Float32[Tensor, "texts images"],
) -> None:
    """The rows of `scores` of the tree's sentences are filled: their words' g_t <a_t, v> added up.

    Reference: Li et al. 2017, sections 3.1 to 3.3, equations 1 to 6.
    """
    state = len(weights.attention)
    hidden, cell = None, picture_gates.new_zeros(len(picture_gates), 1, state)
    total = picture_gates.new_zeros(len(picture_gates), 1)
    for level in tree:
        nodes = len(level.words)
        if level.parents is not None:
            assert hidden is not None  # the first level has no parents
            hidden, cell, total = (part.index_select(1, level.parents) for part in (hidden, cell, total))
        elif hidden is None:
            cell, total = cell.repeat(1, nodes, 1), total.repeat(1, nodes)
        word_gates = weights.words[level.words]
        hidden = step(weights, word_gates[None], picture_gates[:, None], hidden, cell)
        attention, gate = attend(weights, hidden)
        total = torch.addcmul(total, (attention @ visual_units[..., None])[..., 0], gate)
        scores[level.texts] = total[:, level.ends].T.float()


def attend(
    weights: Weights, hidden: Float[Tensor, "rows columns state"]
) -> tuple[Float[Tensor, "rows columns units"], Float[Tensor, "rows columns"]]:
    """The attention to the visual units and the gate of the word that was read."""
    flat = hidden.view(-1, hidden.shape[2])
    attention = torch.addmm(weights.attention_bias, flat, weights.attention).softmax(dim=1)
    gate = torch.addmm(weights.gate_bias, flat, weights.gate).sigmoid_()
    return attention.view(*hidden.shape[:2], attention.shape[1]), gate.view(hidden.shape[:2])


def step(
    weights: Weights,
    word_gates: Float[Tensor, "#rows #columns gates"],
    picture_gates: Float[Tensor, "#rows #columns gates"],
    hidden: Float[Tensor, "rows columns state"] | None,
    cell: Float[Tensor, "rows columns state"],
) -> Float[Tensor, "rows columns state"]:
    """The hidden state after one more word (None: it is the first); the cell state becomes the new one.

    Of tanh(x) only sigmoid(2x) - 1/2 is computed, its half: a hidden state here is half of what it is, and a
    cell state twice, for which the weights make up. That is exact, and spares a third of the passes.
    """
    new_hidden = torch.empty_like(cell)
    first_gate = 0
    for recurrent in weights.recurrent:
        mine = slice(first_gate, first_gate + recurrent.shape[1])
        own_units = slice(mine.start // 4, mine.stop // 4)
        first_gate = mine.stop
        gates = word_gates[..., mine] + picture_gates[..., mine]
        if hidden is not None:
            gates.view(-1, recurrent.shape[1]).addmm_(hidden.view(-1, len(recurrent)), recurrent)
        into, forget, out, candidate = gates.sigmoid_().chunk(4, dim=2)
        kept = cell[..., own_units]
        kept.mul_(forget).addcmul_(into, candidate.sub_(0.5), value=4)
        torch.mul(kept.sigmoid().sub_(0.5), out, out=new_hidden[..., own_units])
    return new_hidden

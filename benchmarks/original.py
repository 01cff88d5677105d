"""The algorithm of the 2017 release, written plainly, for the benchmarks to compare with."""

import torch
from torch import Tensor, nn

from reidtalk.models.gna_rnn import GnaRnn, Words


def plain_scores(matcher: GnaRnn, words: Words, features: Tensor, *, dropout: float = 0.0) -> Tensor:
    """The i-th sentence with the i-th picture; the picture's two branches are computed anew at every word."""
    layer = matcher.layers[0]
    hidden = cell = torch.zeros(len(features), matcher.settings.rnn_size)
    total = torch.zeros(len(features))
    for position in range(words.indices.shape[1]):
        units = matcher.visual_units(features)
        word = matcher.embedding(words.indices[:, position])
        below = torch.cat([word, matcher.picture_input(features)], dim=1)
        gates = layer.input_to_gates(below) + layer.state_to_gates(hidden)
        into, forget, out, candidate = gates.chunk(4, dim=1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(into) * torch.tanh(candidate)
        hidden = torch.sigmoid(out) * torch.tanh(cell)
        top = nn.functional.dropout(hidden, dropout, training=dropout > 0)
        affinity = (torch.softmax(matcher.attention(top), dim=1) * units).sum(1)
        total = total + affinity * torch.sigmoid(matcher.gate(top))[:, 0] * (words.lengths > position)
    return total

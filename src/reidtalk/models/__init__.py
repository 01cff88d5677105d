"""Matchers: MODELS is the only place that knows their names."""

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import nn

from reidtalk.models.dual_encoder import DualEncoder, DualEncoderSettings
from reidtalk.models.gna_rnn import GnaRnn, GnaRnnSettings
from reidtalk.models.reranked import Reranked, RerankedSettings


class Model(NamedTuple):
    """A matcher's settings (a frozen dataclass, saved with the weights) and what builds it from them."""

    settings: type
    build: Callable[[Any, Any], nn.Module]
    """(settings, vocabulary) -> a module that fulfils `contract.Matcher`."""


MODELS: dict[str, Model] = {
    "gna-rnn": Model(GnaRnnSettings, GnaRnn),
    "dual-encoder": Model(DualEncoderSettings, DualEncoder),
    "reranked": Model(RerankedSettings, Reranked),
}

"""reidtalk finds people in pictures and video from a description in words."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reidtalk.index.filters import Filter
    from reidtalk.index.index import Index
    from reidtalk.index.query import Query
    from reidtalk.models.checkpoint import load_matcher
    from reidtalk.models.scoring import score

__all__ = ["Filter", "Index", "Query", "load_matcher", "score"]
__version__ = "0.1.0"
_HOMES = {
    "Filter": "reidtalk.index.filters",
    "Index": "reidtalk.index.index",
    "Query": "reidtalk.index.query",
    "load_matcher": "reidtalk.models.checkpoint",
    "score": "reidtalk.models.scoring",
}


def __getattr__(name: str) -> Any:
    """Loads the public names on first use, so that `import reidtalk` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'reidtalk' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)

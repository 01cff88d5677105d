"""reidtalk finds people in pictures and video from a description in words."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reidtalk.models.checkpoint import load_matcher
    from reidtalk.models.scoring import score

__all__ = ["load_matcher", "score"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Loads the public names on first use, so that `import reidtalk` costs nothing."""
    if name == "load_matcher":
        from reidtalk.models.checkpoint import load_matcher

        return load_matcher
    if name == "score":
        from reidtalk.models.scoring import score

        return score
    raise AttributeError(f"module 'reidtalk' has no attribute {name!r}")

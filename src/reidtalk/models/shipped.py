"""The trained matchers that come with the package: where they are.

The name of each one's folder can be given in place of a path.
"""

from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "weights" / "reidtalk-small"
"""The dual encoder: what is used where no other matcher is given."""
RERANKED = SHIPPED.with_name("reidtalk-reranked")
"""GNA-RNN over it: its own weights alone, to which those in `SHIPPED` are added when it is loaded."""
IN_PACKAGE = (SHIPPED, RERANKED)


def named(path: Path) -> Path:
    """The checkpoint folder in the package if `path` is the name of one and nothing lies there."""
    return next((one for one in IN_PACKAGE if path == Path(one.name) and not path.exists()), path)

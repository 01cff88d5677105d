"""The trained matcher that comes with the package: where it is."""

from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "weights" / "reidtalk-small"
"""Its checkpoint folder; the folder's name can be given in place of a path."""

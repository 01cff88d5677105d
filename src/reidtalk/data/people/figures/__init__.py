"""Bodies and what is on them: posed, dressed, drawn on a canvas."""

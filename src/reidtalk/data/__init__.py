"""Data sets: pictures of people with what was written of them."""

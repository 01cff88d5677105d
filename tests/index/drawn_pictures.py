"""Pictures of drawn people to index."""

from pathlib import Path

from PIL import Image

from reidtalk.data.drawn import draw_some


def write_people(folder: Path, people: int) -> Path:
    """`folder` holds one picture of each."""
    for number, picture in enumerate(draw_some(range(people), seed=4, captions=1, size_px=(128, 64)).images):
        Image.fromarray(picture.transpose(1, 2, 0)).save(folder / f"{number}.png")
    return folder

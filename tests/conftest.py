"""Shapes and types of reidtalk's functions are checked while tests run; small data sets are made here."""

from jaxtyping import install_import_hook

install_import_hook(
    ["reidtalk.losses", "reidtalk.metrics", "reidtalk.models", "reidtalk.data.pairs"], "beartype.beartype"
)

import json  # noqa: E402
import os  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import pytest  # noqa: E402
import torch  # noqa: E402
from PIL import Image  # noqa: E402

COLOURS = {
    "red": (200, 30, 30),
    "green": (30, 160, 40),
    "blue": (40, 60, 200),
    "yellow": (230, 210, 40),
    "black": (20, 20, 20),
    "white": (240, 240, 240),
}


def shared(*parts: str) -> Path:
    """A file of the folder shared beside the checkout; the test skips where it is absent."""
    path = Path(__file__).parents[2] / "shared" / Path(*parts)
    if not path.exists():
        pytest.skip(f"needs {Path('shared', *parts)} beside the checkout, which is not there")
    return path


@pytest.fixture(autouse=True, scope="session")
def _few_threads() -> None:
    """Tests run side by side: each process keeps to its share of the cores."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // workers))


def write_two_colour_people(root: Path, people: dict[str, int], pictures: int = 2) -> Path:
    """A CUHK-PEDES folder of pictures whose upper and lower half have the colours their captions name."""
    rng = np.random.default_rng(0)
    pairs = [(upper, lower) for upper in COLOURS for lower in COLOURS]
    records, identity = [], 0
    for split, count in people.items():
        for _ in range(count):
            upper, lower = pairs[identity % len(pairs)]
            identity += 1
            for number in range(pictures):
                picture = np.empty((32, 16, 3), np.float32)
                picture[:16], picture[16:] = COLOURS[upper], COLOURS[lower]
                picture += rng.normal(0, 8, picture.shape)
                file = root / "imgs" / "cam_a" / f"{identity:04d}_{number}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(file)
                captions = [f"A {upper} top and {lower} trousers.", f"{lower} trousers with a {upper} top"]
                records.append(
                    {
                        "split": split,
                        "captions": captions,
                        "file_path": f"cam_a/{file.name}",
                        "id": identity,
                        "processed_tokens": [caption.lower().strip(".").split() for caption in captions],
                    }
                )
    (root / "reid_raw.json").write_text(json.dumps(records))
    return root


@pytest.fixture(scope="session")
def two_colour_people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 people to train on, 6 to validate, 6 to test; two pictures each, 32 x 16 pixels."""
    return write_two_colour_people(tmp_path_factory.mktemp("people"), {"train": 24, "val": 6, "test": 6})

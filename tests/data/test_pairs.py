"""Which pictures and captions make a step."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from reidtalk.data.pairs import PairBatches, sample_pairs
from reidtalk.data.words import Vocabulary
from reidtalk.errors import DataError
from reidtalk.types import PersonImage

identities = st.lists(st.integers(0, 4), min_size=2, max_size=30).filter(lambda ids: len(set(ids)) > 1)


@given(
    ids=identities,
    size=st.integers(1, 7),
    neg=st.integers(0, 3),
    step=st.integers(0, 50),
    seed=st.integers(0, 9),
)
def test_positives_match_negatives_never(ids: list[int], size: int, neg: int, step: int, seed: int) -> None:
    pairs = sample_pairs(ids, size, neg, step, seed)
    assert len(pairs.texts) == len(pairs.images) == size * (1 + neg)
    assert pairs.texts[:size] == pairs.images[:size]
    assert all(ids[t] != ids[i] for t, i in zip(pairs.texts[size:], pairs.images[size:], strict=True))
    assert pairs == sample_pairs(ids, size, neg, step, seed)


def test_negatives_of_the_same_person_which_the_original_took_are_none() -> None:
    """It drew two different pictures, whoever was in them: of two people with two each, a third was one person."""
    ids, generator = [0, 0, 1, 1], np.random.default_rng(0)
    then = [generator.permutation(4)[:2] for _ in range(3000)]
    assert np.mean([ids[text] == ids[image] for text, image in then]) == pytest.approx(1 / 3, abs=0.05)
    pairs = [pair for step in range(300) for pair in zip(*sample_pairs(ids, 4, 3, step, 0), strict=True)]
    negatives = [(text, image) for text, image in pairs if text != image]
    assert len(negatives) == 300 * 4 * 3
    assert not any(ids[text] == ids[image] for text, image in negatives)


@given(total=st.integers(2, 40), size=st.integers(1, 7))
def test_each_pass_takes_every_picture_once_and_in_another_order(total: int, size: int) -> None:
    passes = 3
    drawn = [
        row
        for step in range(-(-passes * total // size))
        for row in sample_pairs(range(total), size, 0, step, 1).texts
    ][: passes * total]
    rounds = [drawn[start : start + total] for start in range(0, passes * total, total)]
    assert all(sorted(turn) == list(range(total)) for turn in rounds)
    assert total < 8 or len({tuple(turn) for turn in rounds}) == passes


def test_negatives_reach_every_picture() -> None:
    counts: Counter[int] = Counter()
    for step in range(200):
        counts.update(sample_pairs([0, 0, 1, 2, 3], 1, 3, step, 0).images[1:])
    assert set(counts) == set(range(5))
    assert min(counts.values()) > 60


def batches(images: list[PersonImage], seed: int = 1) -> PairBatches:
    vocabulary = Vocabulary.build([caption for image in images for caption in image.captions], 0)
    return PairBatches(
        images,
        vocabulary,
        image_size_px=(36, 18),
        crop_size_px=(32, 16),
        max_length=5,
        batch_size=4,
        neg_time=2,
        seed=seed,
    )


@pytest.fixture
def images(two_colour_people: Path) -> list[PersonImage]:
    files = sorted(two_colour_people.glob("imgs/*/*.png"))[:12]
    return [
        PersonImage(
            path=file, identity=row // 2, captions=(f"person {row // 2}", f"a person of number {row // 2}")
        )
        for row, file in enumerate(files)
    ]


def test_a_batch_follows_from_seed_and_number(images: list[PersonImage]) -> None:
    one, again, other, next_one = (
        batches(images)[7],
        batches(images)[7],
        batches(images, 2)[7],
        batches(images)[8],
    )
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not torch.equal(one.images, other.images)
    assert not torch.equal(one.images, next_one.images)


def test_a_batch_holds_what_belongs_together(images: list[PersonImage]) -> None:
    dataset = batches(images)
    batch = dataset[0]
    assert batch.images.shape == (12, 3, 32, 16)
    assert batch.images.dtype == torch.uint8
    assert batch.indices.shape[0] == 12
    assert batch.indices.shape[1] == batch.lengths.max() <= 5
    assert (batch.text_identities == batch.image_identities).tolist() == [True] * 4 + [False] * 8
    for words, identity in zip(batch.indices, batch.text_identities, strict=True):
        assert str(identity.item()) in dataset.vocabulary.decode(words.tolist()).split()


def test_pictures_without_captions_are_left_out_and_one_person_is_not_enough(
    images: list[PersonImage],
) -> None:
    silent = PersonImage(path=images[0].path, identity=77)
    assert len(batches([*images, silent]).images) == 12
    with pytest.raises(DataError, match="1 people with captions; accepted: two or more"):
        batches(images[:2])

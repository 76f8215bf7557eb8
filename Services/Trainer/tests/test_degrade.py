import numpy as np
import pytest
from conftest import faces

from trainer import degrade


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return faces(6, seed=5)[0]


@pytest.mark.parametrize("name", degrade.KINDS)
def test_the_first_level_of_each_kind_changes_nothing_and_the_others_do(images, name):
    kind = degrade.KINDS[name]
    assert np.array_equal(kind.change(images, kind.levels[0]), images)
    before = images.copy()
    for level in kind.levels[1:]:
        changed = kind.change(images, level)
        assert changed.dtype == np.uint8 and changed.shape == images.shape and not np.array_equal(changed, images)
    assert np.array_equal(images, before)


def test_a_face_of_24_pixels_has_the_means_of_blocks_of_four():
    image = np.arange(48 * 48).reshape(1, 48, 48) % 251
    small = degrade.shrunk(image.astype(np.uint8), 24)
    block = image[0, 10:12, 20:22].mean()
    assert (small[0, 10:12, 20:22] == round(block)).all()


def test_sizes_that_do_not_divide_the_face_keep_its_mean(images):
    for side in (32, 20):
        assert abs(degrade.shrunk(images, side).mean() - images.mean()) < 0.1


def test_turning_is_counter_clockwise_and_exact_by_quarters(images):
    assert np.array_equal(degrade.rolled(images, 90), np.rot90(images, 1, axes=(1, 2)))
    assert np.array_equal(degrade.rolled(images, 180), images[:, ::-1, ::-1])


def test_outside_a_turned_face_the_edge_is_repeated():
    even = np.full((1, 48, 48), 77, dtype=np.uint8)
    assert (degrade.rolled(even, 45) == 77).all() and (degrade.blurred(even, 2) == 77).all()


def test_blur_spreads_a_point_as_a_gaussian_does():
    point = np.zeros((1, 48, 48), dtype=np.uint8)
    point[0, 24, 24] = 255
    row = degrade.blurred(point, 1)[0, 24].astype(float)
    assert row[23] == row[25] and row[24] / row[23] == pytest.approx(np.exp(0.5), rel=0.05)


def test_darkness_and_covers_do_what_they_say(images):
    assert np.array_equal(degrade.darkened(images, 0.5), np.rint(images * 0.5).astype(np.uint8))
    covered = degrade.covered(images, "lower half")
    assert np.array_equal(covered[:, :24], images[:, :24])
    assert (covered[:, 24:] == np.rint(images.mean(axis=(1, 2)))[:, None, None]).all()

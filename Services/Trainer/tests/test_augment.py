import pytest
import torch
from conftest import faces, seeded

from trainer.augment import Augmentation, augment, blur, cover, dim, erase, harden, mix, shrink, tone, warp

OFF = Augmentation(flip=False, rotation=0, shift=0, scale=0, contrast=0, brightness=0, erasing=0, mixing=0)


def batch(count: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = faces(count, 5)
    return torch.from_numpy(images), torch.nn.functional.one_hot(torch.from_numpy(labels), 7).float()


def test_with_every_kind_off_nothing_changes():
    images, targets = batch()
    x, y = augment(images, targets, 48, OFF, True, seeded())
    assert torch.allclose(x[:, 0] * 255, images.float(), atol=0.01)
    assert torch.equal(y, targets)


def test_the_same_seed_gives_the_same_batch_and_another_seed_another():
    images, targets = batch()
    first, again, other = (augment(images, targets, 40, Augmentation(), True, seeded(s))[0] for s in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


@pytest.mark.parametrize("side", [40, 48])
def test_faces_keep_range_and_targets_stay_distributions(side):
    images, targets = batch()
    for seed in range(20):
        x, y = augment(images, targets, side, Augmentation(mixing=1), True, seeded(seed))
        assert x.shape == (16, 1, side, side)
        assert x.min() >= 0 and x.max() <= 1
        assert torch.allclose(y.sum(dim=1), torch.ones(16), atol=1e-6) and y.min() >= 0


def test_without_mixing_no_target_moves():
    images, targets = batch()
    for seed in range(10):
        assert torch.equal(augment(images, targets, 48, Augmentation(), False, seeded(seed))[1], targets)


def test_flipping_gives_the_face_or_its_mirror_image():
    images, _ = batch()
    x = images.unsqueeze(1).float() / 255
    flipped = warp(x, 48, Augmentation(rotation=0, shift=0, scale=0), seeded())
    kinds = []
    for face, result in zip(x, flipped):
        same = torch.allclose(face, result, atol=1e-3)
        mirrored = torch.allclose(face.flip(2), result, atol=1e-3)
        assert same != mirrored
        kinds.append(same)
    assert any(kinds) and not all(kinds)


def test_an_even_face_stays_even_when_warped():
    grey = torch.full((8, 1, 48, 48), 0.4)
    assert torch.allclose(warp(grey, 40, Augmentation(), seeded()), torch.full((8, 1, 40, 40), 0.4), atol=1e-5)


def test_brightness_moves_the_mean_by_no_more_than_said():
    grey = torch.full((64, 1, 48, 48), 0.5)
    moved = tone(grey, Augmentation(), seeded()).mean(dim=(1, 2, 3)) - 0.5
    assert moved.abs().max() <= 0.2 + 1e-5 and moved.abs().max() > 0.1


def test_erasing_touches_the_share_of_faces_and_of_pixels_it_says():
    grey = torch.full((2000, 1, 48, 48), 2.0)
    changed = erase(grey, Augmentation(), seeded()) != 2.0
    touched = changed.flatten(1).any(dim=1)
    assert touched.float().mean().item() == pytest.approx(0.25, abs=0.04)
    areas = changed[touched].float().mean(dim=(1, 2, 3))
    assert areas.max() <= 0.24 and areas.min() >= 0.01


def test_cutmix_target_follows_the_pixels():
    black, white = torch.zeros(1, 1, 48, 48), torch.ones(1, 1, 48, 48)
    images = torch.cat([black, white])
    targets = torch.eye(7)[:2]
    for seed in range(20):
        x, y = mix(images, targets, seeded(seed))
        # In either kind the share of white is the share of the white face's target.
        assert x.mean(dim=(1, 2, 3)).tolist() == pytest.approx(y[:, 1].tolist(), abs=1e-5)


def test_covering_hides_the_mouth_of_the_share_of_faces_it_says_and_never_the_eyes():
    grey = torch.full((2000, 1, 48, 48), 2.0)
    changed = cover(grey, Augmentation(covering=0.25), seeded()) != 2.0
    touched = changed.flatten(1).any(dim=1)
    assert touched.float().mean().item() == pytest.approx(0.25, abs=0.04)
    mouth, eyes = changed[touched, 0, 34:38, 17:31], changed[touched, 0, :24]
    assert mouth.all() and not eyes.any()


def test_shrinking_takes_detail_but_not_the_mean_from_the_share_of_faces_it_says():
    images = torch.rand(2000, 1, 48, 48, generator=seeded(2))
    shrunk = shrink(images, Augmentation(shrinking=0.25), seeded())
    touched = (shrunk != images).flatten(1).any(dim=1)
    assert touched.float().mean().item() == pytest.approx(0.25, abs=0.04)
    assert shrunk[touched].std() < 0.8 * images.std()
    assert shrunk.mean(dim=(1, 2, 3)) == pytest.approx(images.mean(dim=(1, 2, 3)), abs=0.02)


def test_blurring_takes_detail_but_not_the_mean_from_the_share_of_faces_it_says():
    images = torch.rand(2000, 1, 48, 48, generator=seeded(2))
    soft = blur(images, Augmentation(blurring=0.25), seeded())
    touched = (soft != images).flatten(1).any(dim=1)
    assert touched.float().mean().item() == pytest.approx(0.25, abs=0.04)
    assert soft[touched].std() < 0.8 * images.std()
    assert soft.mean(dim=(1, 2, 3)) == pytest.approx(images.mean(dim=(1, 2, 3)), abs=0.02)


def test_dimming_leaves_a_tenth_of_the_light_or_more_and_moves_nothing_else():
    images = torch.rand(2000, 1, 8, 8, generator=seeded(2)) + 0.1
    factors = dim(images, Augmentation(dimming=0.25), seeded()) / images
    assert torch.allclose(factors.amin(dim=(1, 2, 3)), factors.amax(dim=(1, 2, 3)), atol=1e-5)
    light = factors[:, 0, 0, 0]
    assert (light < 1).float().mean().item() == pytest.approx(0.25, abs=0.04)
    # Evenly by ratio: half of them are below the square root of a tenth.
    assert light.min() >= 0.099 and light[light < 1].median().item() == pytest.approx(0.1**0.5, abs=0.05)


@pytest.mark.parametrize("side", [40, 48])
def test_faces_that_were_made_harder_keep_shape_and_range(side):
    images, targets = batch()
    settings = Augmentation(covering=0.5, shrinking=0.5, blurring=0.5, dimming=0.5)
    for seed in range(20):
        clear, _ = augment(images, targets, side, settings, True, seeded(seed))
        hard = harden(clear, settings, seeded(seed))
        assert hard.shape == clear.shape and not torch.equal(hard, clear)
        assert hard.min() >= 0 and hard.max() <= 1 + 1e-5


def test_without_a_share_nothing_is_made_harder():
    clear, _ = augment(*batch(), 48, Augmentation(), True, seeded())
    assert harden(clear, Augmentation(), seeded()) is clear

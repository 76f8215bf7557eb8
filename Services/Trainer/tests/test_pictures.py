"""One's own pictures are seen as the product sees a picture that it takes whole."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from trainer.pictures import has_contrast, read_picture

Y, X = np.mgrid[0:96, 0:96]
RAMP = (20 + X * 2 + Y // 4).astype(np.uint8)
"""96 × 96 grey, brighter to the right and a little towards the bottom: turned or mirrored it is another."""


def face(tmp_path, picture: Image.Image, name: str = "a.png", **options) -> np.ndarray:
    picture.save(tmp_path / name, **options)
    return read_picture(tmp_path / name)


def refused(tmp_path, picture: Image.Image | bytes, name: str = "a.png", **options) -> str:
    if isinstance(picture, bytes):
        (tmp_path / name).write_bytes(picture)
    else:
        picture.save(tmp_path / name, **options)
    with pytest.raises(ValueError) as reason:
        read_picture(tmp_path / name)
    return str(reason.value)


def halved(grey: np.ndarray) -> np.ndarray:
    """Means of 2 × 2 pixels, halves rounded up as Swift rounds them."""
    return np.floor(grey.reshape(48, 2, 48, 2).mean(axis=(1, 3)) + 0.5).astype(np.uint8)


@pytest.mark.parametrize("size", [(96, 96), (101, 77), (49, 64), (48, 48), (500, 333)])
def test_the_middle_square_is_averaged_as_the_product_does_it(tmp_path, size):
    colours = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    seen = face(tmp_path, Image.fromarray(colours))
    # FaceCrop.swift in words: each target pixel is the mean of the source pixels under it, weighted by the covered part.
    grey = colours @ [0.299, 0.587, 0.114]
    side = min(size)
    left, top, step = (size[0] - side) / 2, (size[1] - side) / 2, side / 48

    def spans(start: float) -> list[tuple[int, float]]:
        first, last = math.floor(start), math.ceil(start + step)
        return [(k, (min(start + step, k + 1) - max(start, k)) / step) for k in range(first, last)]

    for row, column in [(0, 0), (0, 47), (17, 5), (23, 24), (47, 0), (47, 47)]:
        cells = [
            (y, x, v * w) for y, v in spans(top + row * step) for x, w in spans(left + column * step) if v * w > 1e-9
        ]
        assert seen[row, column] == pytest.approx(sum(grey[y, x] * weight for y, x, weight in cells), abs=0.51)


@pytest.mark.parametrize("size", [(20, 20), (31, 64), (47, 50)])
def test_a_small_picture_is_enlarged_by_a_cubic_as_pillow_does_it(tmp_path, size):
    # Soft noise: Pillow clips between its two passes.
    grey = np.random.default_rng(1).integers(110, 146, (size[1], size[0]), dtype=np.uint8)
    side = min(size)
    left, top = ((length - side) / 2 for length in size)
    whole = Image.fromarray(grey)
    expected = whole.resize((48, 48), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
    # Each of Pillow's passes rounds. Outside of the square it takes edge pixels' share away, where the product repeats them.
    inner = (slice(4, -4), slice(4, -4))
    seen = face(tmp_path, whole).astype(int)
    assert np.abs(seen - np.asarray(expected).astype(int))[inner].max() <= 1
    assert seen.min() > 100 and seen.max() < 156


def test_a_wide_or_high_picture_is_not_squeezed(tmp_path):
    wide = np.full((96, 192), 255, np.uint8)
    wide[:, 48:144] = RAMP
    assert (face(tmp_path, Image.fromarray(wide)) == halved(RAMP)).all()
    assert (face(tmp_path, Image.fromarray(wide.T.copy())) == halved(RAMP.T)).all()


TURNS = {
    1: lambda grey: grey,
    2: np.fliplr,
    3: lambda grey: np.rot90(grey, 2),
    4: np.flipud,
    5: np.transpose,
    6: np.rot90,
    7: lambda grey: np.rot90(grey, 2).T,
    8: lambda grey: np.rot90(grey, -1),
}
"""How a picture lies in a file that says with this EXIF orientation how to turn it back."""


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif"])
@pytest.mark.parametrize("orientation", TURNS)
def test_a_picture_is_turned_by_its_exif_orientation(tmp_path, orientation, name):
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(TURNS[orientation](RAMP)))
    seen = face(tmp_path, stored, name, exif=exif, **({"quality": 95} if name in ("a.jpg", "a.webp") else {}))
    assert np.abs(seen.astype(int) - halved(RAMP)).mean() < 3


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\x08\0\0\0\xff\xff", b"x", b"Exif\0\0MM\0*\0\0\0\x08\0\x01"]
)
def test_broken_exif_is_nothing_against_a_picture(tmp_path, exif):
    assert (
        np.abs(face(tmp_path, Image.fromarray(RAMP), "a.jpg", quality=95, exif=exif).astype(int) - halved(RAMP)).mean()
        < 3
    )


@pytest.mark.parametrize(
    ("name", "kind"), [("a.png", "<u2"), ("a.tif", "<u2"), ("a.tif", "<i4"), ("a.pgm", ">u2"), ("a.jp2", "<u2")]
)
def test_grey_of_16_bits_keeps_its_upper_eight(tmp_path, name, kind):
    levels = RAMP.astype(np.uint16) << 8 | 0x7F
    if name == "a.pgm":
        (tmp_path / name).write_bytes(b"P5 96 96 65535\n" + levels.astype(kind).tobytes())
        seen = read_picture(tmp_path / name)
    else:
        seen = face(tmp_path, Image.fromarray(levels.astype(kind)), name)
    assert (seen == halved(RAMP)).all()


def test_a_big_endian_tiff_of_16_bits_is_read_alike(tmp_path):
    levels = (RAMP.astype(np.uint16) << 8).astype(">u2")
    picture = Image.frombytes("I;16B", (96, 96), levels.tobytes())
    assert (face(tmp_path, picture, "a.tif") == halved(RAMP)).all()
    assert (tmp_path / "a.tif").read_bytes().startswith(b"MM")


def test_numbers_of_unknown_range_are_refused_by_name(tmp_path):
    assert "floating-point" in refused(tmp_path, Image.fromarray(RAMP / np.float32(255)), "a.tif")
    assert "32-bit pixels" in refused(tmp_path, Image.fromarray(RAMP.astype(np.int32) * 70000), "a.tif")
    assert "32-bit pixels" in refused(tmp_path, Image.fromarray(-RAMP.astype(np.int32)), "a.tif")


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 0, 0)])
@pytest.mark.parametrize("name", ["a.png", "a.webp"])
def test_what_is_transparent_is_white_whatever_colour_lies_hidden(tmp_path, hidden, name):
    layer = np.dstack([RAMP, RAMP, RAMP, np.where(X < 48, 255, 0)]).astype(np.uint8)
    layer[X >= 48, :3] = hidden
    seen = face(tmp_path, Image.fromarray(layer), name, **({"lossless": True} if name == "a.webp" else {}))
    assert (seen[:, 24:] == 255).all() and (seen[:, :24] == halved(RAMP)[:, :24]).all()


def test_half_transparent_grey_and_palettes_lie_on_white_as_well(tmp_path):
    alpha = np.full((96, 96), 128, np.uint8)
    seen = face(tmp_path, Image.fromarray(np.dstack([RAMP, alpha])))
    assert np.abs(seen.astype(int) - (255 - (255 - halved(RAMP).astype(int)) * 128 / 255)).max() <= 1
    palette = Image.fromarray(np.where(X < 48, 0, 1).astype(np.uint8))
    palette.putpalette([0, 0, 0, 90, 90, 90])
    seen = face(tmp_path, palette, transparency=0)
    assert (seen[:, :24] == 255).all() and (seen[:, 24:] == 90).all()
    keyed = Image.fromarray(np.where(X < 48, 7, 90).astype(np.uint8))
    seen = face(tmp_path, keyed, transparency=7)
    assert (seen[:, :24] == 255).all() and (seen[:, 24:] == 90).all()


def test_palettes_cmyk_black_and_white_and_animations_are_seen_as_before(tmp_path):
    palette = Image.fromarray(np.where(X < 48, 10, 200).astype(np.uint8)).convert("P")
    assert (face(tmp_path, palette)[0, [0, 47]] == [10, 200]).all()
    grey = Image.fromarray(RAMP).convert("RGB").convert("CMYK")
    assert np.abs(face(tmp_path, grey, "a.jpg", quality=95).astype(int) - halved(RAMP)).mean() < 3
    assert (face(tmp_path, Image.fromarray(X < 48))[0, [0, 47]] == [255, 0]).all()
    first = Image.fromarray(RAMP).convert("RGB")
    others = [Image.new("RGB", (96, 96), "red")]
    for name in ("a.webp", "a.gif", "b.png"):
        kind = {"lossless": True} if name == "a.webp" else {}
        seen = face(tmp_path, first, name, save_all=True, append_images=others, duration=100, **kind)
        assert np.abs(seen.astype(int) - halved(RAMP)).mean() < 4


def test_a_colour_profile_is_applied_and_one_that_does_not_fit_is_not(tmp_path):
    picture = Image.fromarray(np.where(X[..., None] < 48, (200, 60, 60), (40, 60, 60)).astype(np.uint8))
    plain = face(tmp_path, picture)
    standard = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert np.abs(face(tmp_path, picture, icc_profile=standard).astype(int) - plain).max() <= 1
    # sRGB with the columns of red and blue exchanged: what is red becomes blue, and its grey darker.
    swapped = standard.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
    assert face(tmp_path, picture, icc_profile=swapped)[0, 0] < plain[0, 0] - 5
    for unusable in (b"no profile", standard[:200], ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()):
        assert (face(tmp_path, picture, icc_profile=unusable) == plain).all()


def test_pictures_without_contrast_are_refused_by_name(tmp_path):
    for picture in (np.zeros((96, 96)), np.full((50, 70, 3), 255), 120 + X % 3, np.full((1, 1), 9)):
        assert "no contrast" in refused(tmp_path, Image.fromarray(picture.astype(np.uint8)))
    faint = Image.fromarray((120 + X // 4).astype(np.uint8))
    assert face(tmp_path, faint).std() > 5
    assert (has_contrast(np.stack([np.zeros((48, 48)), RAMP[:48, :48]]).astype(np.uint8)) == [False, True]).all()


def test_what_is_damaged_or_no_picture_is_refused(tmp_path):
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 256, (96, 96), np.uint8)).save(stream, "JPEG")
    for content in (stream.getvalue()[:1000], b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"II*\0\xff\xff\xff\xff"):
        assert "not a picture, or damaged" in refused(tmp_path, content, "a.jpg")


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(tmp_path):
    for size in (b"12000 9000", b"60000 60000"):
        assert "too many pixels" in refused(tmp_path, b"P5 " + size + b" 255\n", "a.pgm")


GOLDEN = Path(__file__).parents[3] / "Tests" / "Fixtures" / "whole-pictures"
CASES = json.loads((GOLDEN / "expected.json").read_text())["cases"] if GOLDEN.exists() else []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_the_pictures_shared_with_the_product_are_seen_as_expected(case):
    blocks = read_picture(GOLDEN / case["file"]).reshape(6, 8, 6, 8).mean(axis=(1, 3))
    assert np.abs(blocks - case["blocks"]).max() <= case["tolerance"]

"""Makes the pictures of this folder and expected.json, which says what face a reader must see in each; see README.md.

Usage: python make_pictures.py (needs Pillow 13 and numpy)
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

OUT = Path(__file__).parent
GREY = np.array([0.299, 0.587, 0.114])
cases: list[dict] = []


def scene(width: int, height: int) -> np.ndarray:
    """uint8 [height, width, 3]: colours that differ from corner to corner, with a bright spot left above the middle."""
    y, x = np.mgrid[0:height, 0:width] / max(width, height)
    spot = 90 * np.exp(-((x - 0.4) ** 2 + (y - 0.35) ** 2) * 60)
    return (
        np.stack([40 + 110 * x + spot, 30 + 90 * y + spot, 150 - 100 * x * y - spot / 2], -1)
        .clip(0, 255)
        .astype(np.uint8)
    )


def blocks(seen: np.ndarray) -> list[list[float]]:
    """Grey means of 6 × 6 blocks of the face: the middle square of what is seen, averaged by area to 48 × 48."""
    grey = seen @ GREY if seen.ndim == 3 else seen.astype(np.float64)
    side = min(grey.shape)
    top, left = ((length - side) * 24 for length in grey.shape)
    # Each pixel 48 times: then every face has whole numbers of them, also from the middle of a pixel on.
    fine = grey.repeat(48, axis=0).repeat(48, axis=1)[top : top + side * 48, left : left + side * 48]
    return fine.reshape(6, 8 * side, 6, 8 * side).mean(axis=(1, 3)).round(1).tolist()


def add(name: str, picture: Image.Image, seen: np.ndarray, tolerance: float = 1, **options) -> None:
    picture.save(OUT / name, **options)
    cases.append({"file": name, "tolerance": tolerance, "blocks": blocks(seen)})


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


square, wide, high = scene(96, 96), scene(125, 75), scene(77, 101)
add("square.png", Image.fromarray(square), square)
add("wide.png", Image.fromarray(wide), wide)
add("high-odd.png", Image.fromarray(high), high)
add("small.png", Image.fromarray(scene(30, 31)), scene(30, 31))
add("turned-3.jpg", Image.fromarray(wide[::-1, ::-1].copy()), wide, 2, quality=95, subsampling=0, exif=turned(3))
add("turned-6.jpg", Image.fromarray(np.rot90(wide).copy()), wide, 2, quality=95, subsampling=0, exif=turned(6))
add("turned-8.webp", Image.fromarray(np.rot90(wide, -1).copy()), wide, lossless=True, exif=turned(8))
add("turned-5.png", Image.fromarray(wide.transpose(1, 0, 2).copy()), wide, exif=turned(5))

alpha = np.full((96, 96), 255)
alpha[:, 60:] = 0
alpha[70:, :30] = 128
layer = np.dstack([square, alpha]).astype(np.uint8)
white = 255 + (square - 255.0) * (alpha / 255)[..., None]
add("transparent.png", Image.fromarray(layer), white, 1.5)
add("transparent-grey.png", Image.fromarray(layer).convert("LA"), 255 + (square @ GREY - 255) * (alpha / 255), 1.5)
grey = (square @ GREY).astype(np.uint16)
add("grey-16.png", Image.fromarray(grey << 8 | 0x40), grey)
palette = Image.fromarray((grey // 64).astype(np.uint8))
palette.putpalette([10, 10, 10, 90, 90, 90, 200, 200, 200, 5, 5, 5])
colours = np.array([255, 90, 200, 5])
add("palette-transparent.png", palette, colours[grey // 64], transparency=0)
others = [Image.new("RGB", (96, 96), "red")]
add("animated.webp", Image.fromarray(square), square, save_all=True, append_images=others, lossless=True)
# sRGB with red and blue exchanged: to be seen as if the picture's own channels were.
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
profile = profile.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
add("profile.png", Image.fromarray(square), square[..., ::-1], 2, icc_profile=profile)

lines = ",\n".join(json.dumps(case) for case in cases)
(OUT / "expected.json").write_text(f'{{"cases": [\n{lines}\n]}}\n')

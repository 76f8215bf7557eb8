"""Reads one's own pictures as the product sees a picture that it takes whole (Sources/Imaging, Sources/Vision/FaceCrop.swift)."""

import io
import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

from trainer import SIDE

CONTRAST = 5
"""Standard deviation of a face's grey levels below which there is nothing to see. FER2013's palest face that shows
something has 9; its twelve black ones have 0, and a grey one 0.7."""

GREY = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""ITU-R BT.601, as the product's crops are made."""

BAND = 256
"""Lines of a picture that are in memory as floating-point numbers at once."""


def has_contrast(images: np.ndarray) -> np.ndarray:
    """bool [N]: which faces (uint8 [N, 48, 48]) show anything."""
    return images.std(axis=(1, 2), dtype=np.float32) >= CONTRAST


def read_picture(path: Path) -> np.ndarray:
    """One picture as a face: uint8 [48, 48].

    It is turned by its EXIF orientation, laid on white where it is transparent, brought to sRGB by its colour profile;
    16-bit grey keeps the upper eight bits; the middle square is averaged by area, or enlarged by a cubic. Of an animation
    the first picture is taken. Raises ValueError with a reason for what is no picture, has other numbers than 8 or 16 bits, or has no contrast.
    """
    face = _face(_standard_colour(_opaque(_eight_bit(_open(path)))))
    if not has_contrast(face[None])[0]:
        raise ValueError(f"no contrast (standard deviation {face.std():.1f}): nothing is to be seen")
    return face


def _open(path: Path) -> Image.Image:
    """The picture, unpacked and upright. Pillow's readers raise what their formats lead them to, AVIF's RuntimeError."""
    head = b""
    try:
        with path.open("rb") as stream:
            head = stream.read(12)
        with warnings.catch_warnings():
            # Pillow warns of oddities that it gets over; of too many pixels it must not warn only.
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                picture.load()
                return _upright(picture)
    except PermissionError:
        raise ValueError("cannot be read: permission denied") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ValueError("too many pixels") from None
    except Exception:
        if head[4:8] == b"ftyp" and head[8:] not in (b"avif", b"avis"):
            raise ValueError("HEIC or a film, which is not read here: save it as JPEG or PNG") from None
        raise ValueError("not a picture, or damaged") from None


def _upright(picture: Image.Image) -> Image.Image:
    """A copy, turned by the EXIF orientation. What is broken in EXIF is nothing against the picture."""
    try:
        return ImageOps.exif_transpose(picture)
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error):
        return picture.copy()


def _eight_bit(picture: Image.Image) -> Image.Image:
    """16-bit grey as the product converts it: the upper eight bits. Pillow's own conversion clips at 255."""
    if picture.mode == "F":
        raise ValueError("32-bit floating-point pixels, whose range is not known: save it with 8 or 16 bits")
    if not picture.mode.startswith("I"):
        return picture
    levels = np.asarray(picture)
    if levels.min() < 0 or levels.max() > 0xFFFF:
        raise ValueError("32-bit pixels, whose range is not known: save it with 8 or 16 bits")
    return Image.fromarray((levels >> 8).astype(np.uint8))


def _opaque(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture
    layer = picture.convert("RGBA")
    flat = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    flat.info = {key: value for key, value in picture.info.items() if key == "icc_profile"}
    return flat


def _standard_colour(picture: Image.Image) -> Image.Image:
    """RGB in sRGB, by the embedded profile where there is one that fits."""
    if picture.mode not in ("L", "RGB", "CMYK"):
        profile = picture.info.get("icc_profile")
        picture = picture.convert("RGB")
        picture.info["icc_profile"] = profile
    if profile := picture.info.get("icc_profile"):
        try:
            return ImageCms.profileToProfile(
                picture,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            # A profile that cannot be applied is no reason to refuse the picture.
            pass
    return picture.convert("RGB")


def _face(picture: Image.Image) -> np.ndarray:
    """The middle square of an RGB picture in grey: each of 48 × 48 pixels is the mean of what lies under it.

    A square of fewer pixels is enlarged by a cubic. Means would give steps, and a network that learned from larger faces
    gets 8 points less right on faces of 24 pixels then (REPORT.md, harder faces).
    """
    side = min(picture.size)
    left, top = ((length - side) / 2 for length in picture.size)
    weights = coverage if side >= SIDE else _cubic
    columns, rows = weights(left, side, picture.width), weights(top, side, picture.height)
    lines = np.zeros((SIDE, picture.width), dtype=np.float32)
    for start in range(0, picture.height, BAND):
        end = min(start + BAND, picture.height)
        band = np.asarray(picture.crop((0, start, picture.width, end)), dtype=np.float32)
        lines += rows[:, start:end] @ (band @ GREY)
    return np.floor(lines @ columns.T + 0.5).clip(0, 255).astype(np.uint8)


def coverage(start: float, length: float, limit: int, side: int = SIDE) -> np.ndarray:
    """float32 [side, limit]: the share that each source pixel has of each target pixel along one axis; rows sum to 1."""
    edges = start + np.arange(side + 1) * (length / side)
    pixels = np.arange(limit)
    covered = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return (covered.clip(0) * (side / length)).astype(np.float32)


def _cubic(start: float, length: float, limit: int) -> np.ndarray:
    """float32 [48, limit]: what each source pixel brings to each target pixel along one axis, where these are smaller; rows
    sum to 1. Keys' cubic with a = −0.5 (doi 10.1109/TASSP.1981.1163711); outside lie copies of the edge's pixels."""
    centres = start + (np.arange(SIDE) + 0.5) * (length / SIDE) - 0.5
    taps = np.floor(centres)[:, None] + np.arange(-1, 3)
    far = np.abs(centres[:, None] - taps)
    near = (1.5 * far - 2.5) * far**2 + 1
    weight = np.where(far < 1, near, ((-0.5 * far + 2.5) * far - 4) * far + 2)
    result = np.zeros((SIDE, limit))
    rows = np.broadcast_to(np.arange(SIDE)[:, None], taps.shape)
    np.add.at(result, (rows, taps.clip(0, limit - 1).astype(int)), weight)
    return result.astype(np.float32)

"""Contact sheets: faces side by side, to see what the figures are about. They hold pictures of the data: never commit them."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from trainer import CLASSES, SIDE
from trainer.files import write_bytes
from trainer.prepare import Part

ZOOM = 2


def per_class(part: Part, directory: Path, seed: int = 0, columns: int = 16, rows: int = 10) -> None:
    """One PNG per class with up to 160 of its faces, drawn at random with a seed."""
    generator = np.random.default_rng(seed)
    for label, name in enumerate(CLASSES):
        index = generator.permutation(np.flatnonzero(part.labels == label))[: columns * rows]
        if len(index):
            _save(_grid(part.images[np.sort(index)], columns), directory / f"{name}.png")


def confusions(
    images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, path: Path, columns: int = 12
) -> None:
    """One PNG: a row for each of the ten most frequent confusions, its surest mistakes first."""
    predictions, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    pairs, counts = np.unique(
        np.stack([labels, predictions], axis=1)[labels != predictions], axis=0, return_counts=True
    )
    strips = []
    for true, predicted in pairs[np.argsort(-counts)][:10]:
        index = np.flatnonzero((labels == true) & (predictions == predicted))
        index = index[np.argsort(-confidence[index])][:columns]
        strip = Image.new("L", (columns * SIDE * ZOOM, SIDE * ZOOM + 14), 255)
        ImageDraw.Draw(strip).text((2, 1), f"{CLASSES[true]} taken for {CLASSES[predicted]}", fill=0)
        strip.paste(_grid(images[index], columns), (0, 14))
        strips.append(strip)
    if strips:
        sheet = Image.new("L", (strips[0].width, sum(strip.height for strip in strips)), 255)
        for number, strip in enumerate(strips):
            sheet.paste(strip, (0, number * strip.height))
        _save(sheet, path)


def _grid(images: np.ndarray, columns: int) -> Image.Image:
    """Faces uint8 [N, 48, 48] in rows of `columns`, twice their size."""
    rows = -(-len(images) // columns)
    cells = np.full((rows * columns, SIDE, SIDE), 255, dtype=np.uint8)
    cells[: len(images)] = images
    grid = cells.reshape(rows, columns, SIDE, SIDE).swapaxes(1, 2).reshape(rows * SIDE, columns * SIDE)
    return Image.fromarray(grid).resize((columns * SIDE * ZOOM, rows * SIDE * ZOOM))


def _save(image: Image.Image, path: Path) -> None:
    data = io.BytesIO()
    image.save(data, format="PNG")
    write_bytes(path, data.getvalue())

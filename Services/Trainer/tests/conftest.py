"""Small synthetic data; the real FER2013 is never read by a test."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from trainer.cli import main


def faces(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise whose brightness gradient depends on the label: learnable, and no two alike."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 7
    angles = labels * 2 * np.pi / 7
    y, x = np.mgrid[-1:1:48j, -1:1:48j]
    ramps = np.cos(angles)[:, None, None] * x + np.sin(angles)[:, None, None] * y
    images = 128 + 25 * ramps + generator.normal(0, 20, (count, 48, 48))
    return images.clip(0, 255).astype(np.uint8), labels


def seeded(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def write_csv(path: Path, images: np.ndarray, labels: np.ndarray) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["emotion", "pixels"])
        for image, label in zip(images, labels):
            writer.writerow([label, " ".join(map(str, image.ravel()))])
    return path


@pytest.fixture(scope="session")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared data file of 140 training and 35 test faces."""
    directory = tmp_path_factory.mktemp("data")
    train = write_csv(directory / "train.csv", *faces(140, seed=1))
    test = write_csv(directory / "test.csv", *faces(35, seed=2))
    out = directory / "data.npz"
    assert main(["prepare", "--train", str(train), "--test", str(test), "--validation", "0.2", "--out", str(out)]) == 0
    return out

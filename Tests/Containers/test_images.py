"""How large the images are, and that the trainer's runs."""

from collections.abc import Callable

import pytest

from commands import docker, run
from conftest import need_image
from installation import Installation

BASE = "debian:bookworm-slim"


def megabytes_of(image: str) -> int:
    return int(docker("image", "inspect", "--format", "{{.Size}}", image)) // 1_000_000


# The official base has some 75 MB: with it, a gateway has 200 MB at most, a worker 450.
@pytest.mark.parametrize(("image", "limit"), [("mien-gateway", 125), ("mien-worker", 375)])
def test_an_image_is_little_larger_than_its_base(images, image: str, limit: int):
    need_image(BASE)
    assert megabytes_of(image) - megabytes_of(BASE) <= limit


@pytest.fixture(scope="module")
def trainer(
    install: Callable[..., Installation], pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """With its image."""
    folder = str(tmp_path_factory.mktemp("training"))
    made = install(MIEN_TRAINING_DATA=folder, MIEN_TRAINING_WORK=folder)
    if not pytestconfig.getoption("--without-build"):
        need_image("python:3.11-slim-bookworm")
        made.compose("--profile", "training", "build", "--quiet", "trainer", seconds=1800)
    elif run("docker", "image", "inspect", "mien-trainer").returncode != 0:
        pytest.skip("the image mien-trainer is not here, and nothing is built")
    return made


def test_the_trainer_has_an_image(trainer: Installation):
    assert megabytes_of("mien-trainer") > 0


def test_the_trainer_says_what_it_takes(trainer: Installation):
    assert "usage: " in trainer.compose("run", "--rm", "-T", "trainer", "--help").lower()

"""The images, and docker-compose.yml with its profiles and overrides, as they run: every module has an installation of its
own, beside whatever runs on this machine, and takes all of it away. Needs a Docker engine.

    pytest Tests/Containers                   builds the images first
    pytest Tests/Containers --without-build   takes images that are here under the names in docker-compose.yml

A test for which an image is neither here nor to be had is skipped, with the reason.
"""

import functools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

# Their assertions say what they compared, as those of tests do.
pytest.register_assert_rewrite("commands", "installation", "network", "person")

from commands import run
from installation import Installation
from network import Outside, an_outside
from person import Person

IMAGES = ["mien-gateway", "mien-worker", "mien-admin"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--without-build", action="store_true", help="test the images that are here, and build none")


def pytest_configure() -> None:
    # Who ends the run, as `timeout` does, leaves no containers behind either.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)


def ended(number: int, _: object) -> None:
    # Once: whatever else comes, what was started is taken away.
    signal.signal(number, signal.SIG_IGN)
    pytest.exit(f"ended by {signal.Signals(number).name}", 128 + number)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    # All tests whose installation does not start end with the same error: one of them shows the logs.
    if report.failed and call.excinfo.value not in shown:
        shown.append(call.excinfo.value)
        for installation in Installation.present:
            report.sections.append((f"docker compose ps, logs: {installation.project}", installation.told()))
    return report


shown: list[BaseException] = []


# MARK: Images


@functools.cache
def has_image(name: str) -> bool:
    """It is here, or can be had."""
    if run("docker", "image", "inspect", name).returncode == 0:
        return True
    return run("docker", "pull", "--quiet", name, seconds=600).returncode == 0


def need_image(name: str) -> None:
    if not has_image(name):
        pytest.skip(f"the image {name} is not here and cannot be pulled")


@pytest.fixture(scope="session")
def engine() -> None:
    if run("docker", "info").returncode != 0:
        pytest.exit("No Docker engine answers: the containers cannot be tested.", 1)
    if run("docker", "compose", "version").returncode != 0:
        pytest.exit("Docker's Compose plugin is missing.", 1)


@pytest.fixture(scope="session")
def images(engine, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of the product's images, which are here."""
    if not pytestconfig.getoption("--without-build"):
        try:
            Installation("build", tmp_path_factory.mktemp("build")).compose("build", "--quiet", seconds=3600)
        except AssertionError as error:
            pytest.exit(f"The images cannot be built.\n{error}", 1)
    for image in IMAGES:
        if run("docker", "image", "inspect", image).returncode != 0:
            pytest.exit(f"The image {image} is not here: build it (docker compose build), or leave out --without-build.", 1)
    return IMAGES


# MARK: Installations


@pytest.fixture(scope="module")
def install(
    images, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Installation]]:
    """Makes an installation with override files and settings; whatever has been started of it is gone after the module."""
    name = request.module.__name__.removeprefix("test_")
    with ExitStack() as present:
        yield lambda *files, **settings: present.enter_context(
            Installation(name, tmp_path_factory.mktemp(name), files, **settings)
        )


@pytest.fixture(scope="module")
def installation(install) -> Installation:
    """With two workers, and healthy."""
    made = install()
    made.start(workers=2)
    return made


@pytest.fixture(scope="module")
def person(installation: Installation) -> Person:
    """Somebody who is registered."""
    somebody = Person(installation.base)
    somebody.register()
    return somebody


@pytest.fixture(scope="module")
def outside(request: pytest.FixtureRequest) -> Iterator[Outside]:
    if os.geteuid() != 0:
        pytest.skip("only root can make a network outside of this host")
    with an_outside(f"mien-out-{os.getpid()}") as place:
        yield place

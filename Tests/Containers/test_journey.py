"""A photo's way through the containers, and the operator's command beside them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from commands import docker, inspect
from installation import Installation
from person import FACE, NO_FACE, Person, shows_a_face


@pytest.fixture(scope="module")
def face(person: Person) -> str:
    """The path of a result page."""
    return person.send(FACE)


def test_everything_becomes_healthy_with_two_workers(installation: Installation):
    health = {
        service: [inspect(container, "{{.State.Health.Status}}") for container in installation.containers(service)]
        for service in ("gateway", "worker", "postgres", "kafka")
    }
    assert health == {"gateway": ["healthy"], "worker": ["healthy"] * 2, "postgres": ["healthy"], "kafka": ["healthy"]}


def test_a_person_registers(installation: Installation):
    newcomer = Person(installation.base, "newcomer@example.org")
    newcomer.register()
    assert newcomer.get("/home").status_code == 200


def test_an_upload_leads_to_its_result_page(person: Person, face: str):
    assert re.fullmatch(r"/analyses/[0-9a-f-]{36}", face)
    assert person.get(face).status_code == 200


def test_a_face_is_found_with_its_probabilities(person: Person, face: str):
    shows_a_face(person.result(face))


def test_the_annotated_photo_is_a_jpeg(person: Person, face: str):
    person.result(face)
    assert person.get(f"{face}/annotated.jpg").content.startswith(b"\xff\xd8\xff")


def test_a_photo_without_a_face_says_so(person: Person):
    result = person.finds(NO_FACE)
    assert (result["status"], result["faces"]) == ("finished", [])


# MARK: The operator's command


@contextmanager
def altered(installation: Installation, change: str, undo: str) -> Iterator[None]:
    installation.sql(change)
    try:
        yield
    finally:
        installation.sql(undo)


def test_the_doctor_finds_nothing_wrong(installation: Installation):
    done = installation.mien("doctor")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_doctor_warns_of_a_database_role_that_may_do_too_much(installation: Installation):
    with altered(installation, "ALTER ROLE mien CREATEDB", "ALTER ROLE mien NOCREATEDB"):
        done = installation.mien("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"warning  permissions .*ALTER ROLE mien NOCREATEDB;", done.stdout + done.stderr), done.stdout


def test_the_doctor_tells_which_privileges_the_database_role_lacks(installation: Installation):
    with altered(installation, "REVOKE INSERT, DELETE ON photos FROM mien", "GRANT INSERT, DELETE ON photos TO mien"):
        done = installation.mien("doctor")
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"problem  permissions .*lacks INSERT, DELETE on photos", done.stdout + done.stderr), done.stdout


def test_the_doctor_tells_of_a_folder_that_cannot_be_written_to(installation: Installation):
    done = installation.mien("doctor", options=["--env", "MIEN_CACHE_DIR=/usr/local/cache"])
    assert done.returncode == 1, done.stdout + done.stderr
    said = r"problem  permissions .*may not write to /usr/local \(MIEN_CACHE_DIR\): it is on a read-only file system"
    assert re.search(said, done.stdout + done.stderr), done.stdout


@pytest.fixture
def corrections(tmp_path: Path) -> Iterator[Path]:
    """A folder of this host that belongs to the containers' user, who can write nowhere in the container itself."""
    as_root(tmp_path, "install", "--directory", "--owner=10001", "/host/corrections")
    yield tmp_path / "corrections"
    as_root(tmp_path, "rm", "--recursive", "/host/corrections")


def as_root(folder: Path, *command: str) -> str:
    return docker("run", "--rm", "--user=0", f"--volume={folder}:/host", "--entrypoint=env", "postgres:17", *command)


def test_corrected_faces_are_written_into_a_folder_of_this_host(
    installation: Installation, person: Person, face: str, corrections: Path
):
    person.result(face)
    created = installation.mien("token", "create", person.email)
    assert created.returncode == 0, created.stderr
    authorization = {"Authorization": f"Bearer {created.stdout.strip()}"}
    words = {"look": "surprise", "may_train": True}
    said = person.ask("PUT", f"/api/v1{face}/faces/1/correction", headers=authorization, json=words)
    assert said.status_code == 200, said.text
    done = installation.mien("export", "corrections", "--to", "/out", options=[f"--volume={corrections}:/out"])
    assert done.returncode == 0 and done.stdout.startswith("1 faces of 1 photos"), done.stdout + done.stderr
    written = as_root(corrections.parent, "find", "/host/corrections", "-name", "*.png").split()
    assert written == [f"/host/corrections/surprise/{face.rsplit('/', 1)[1]}-1.png"]

"""Workers come and go under load, and what runs is killed, one after the other: every photo ends as it should."""

import re
import time
from pathlib import Path

import pytest

from commands import docker, output
from installation import Installation, slow_workers
from person import FACE, Person, shows_a_face

FORMS = 3


@pytest.fixture(autouse=True)
def two_workers(installation: Installation) -> None:
    """However a test left it."""
    installation.start(workers=2)


def test_scaled_up_under_load_all_four_workers_take_part_and_nothing_is_lost(installation: Installation, person: Person):
    # The load outlasts the others' start: that these have part in it is the proof.
    with installation.heard("gateway") as said, slow_workers(installation):
        load = person.sends_many(installation, forms=20)
        installation.compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "worker=4")
        load.ends_well()
    workers = {container[:12] for container in installation.containers("worker")}
    assert len(workers) == 4
    recorded = "\n".join(line for line in said if "Result recorded" in line)
    assert workers <= set(re.findall(r"worker=(\w{12})", recorded)), "not every worker has made a result"


def test_a_worker_killed_under_load_loses_nothing(installation: Installation, person: Person):
    """Docker does not start a container again that was killed by hand: the others take over what it held. The broker starts
    anew as well: Apache Kafka notices the dead member by itself, a small broker in its place (noida-db) when it restarts.
    """
    with slow_workers(installation) as workers:
        load = person.sends_many(installation, FORMS)
        assert load.open() > 0
        docker("kill", workers[0])
        installation.compose("restart", "kafka")
    load.ends_well()


@pytest.mark.parametrize("service", ["kafka", "postgres", "gateway"])
def test_what_is_killed_under_load_and_started_again_loses_nothing(installation: Installation, person: Person, service: str):
    with slow_workers(installation):
        load = person.sends_many(installation, FORMS)
        assert load.open() > 0
        docker("kill", installation.containers(service)[0])
        time.sleep(2)  # the others notice
        installation.compose("start", service)
    load.ends_well()


def wait_for_try(installation: Installation, analysis: str, number: int) -> None:
    """Inside of the database, so that the moment is not missed."""
    installation.sql(f"""DO $$ BEGIN FOR i IN 1..6000 LOOP
        IF EXISTS (SELECT FROM analyses WHERE id = '{analysis}' AND status = 'processing' AND attempts = {number}) THEN
        RETURN; END IF; COMMIT; PERFORM pg_sleep(0.01); END LOOP;
        RAISE 'the photo was not claimed for the {number}. time'; END $$""")


def test_a_photo_that_kills_its_container_five_times_is_given_up_and_others_get_their_result(
    installation: Installation, person: Person, tmp_path: Path
):
    installation.start(workers=1)
    large = tmp_path / "large.jpg"
    output("vipsthumbnail", FACE, "--size", "6000x6000", "-o", large)
    with slow_workers(installation) as (worker,):
        photo = person.send(large)
        for number in range(1, 6):
            wait_for_try(installation, photo.removeprefix("/analyses/"), number)
            docker("kill", worker)
            installation.compose("restart", "kafka")
            docker("start", worker)
    result = person.result(photo)
    assert (result["status"], result["error"]["code"], result["attempts"]) == ("failed", "attempts_exhausted", 5)
    shows_a_face(person.finds(FACE))


def test_workers_are_replaced_under_load_without_a_loss_as_many_as_the_settings_say(installation: Installation, person: Person):
    """With no --scale."""
    with slow_workers(installation) as replaced:
        load = person.sends_many(installation, FORMS)
        assert load.open() > 0
        update = ["--no-build", "--force-recreate", "--no-deps", "worker"]
        installation.compose("up", "--detach", "--wait", *update, MIEN_WORKERS="3")
    load.ends_well()
    workers = set(installation.containers("worker"))
    assert len(workers) == 3 and not workers & set(replaced)


def test_scaled_down_to_one_worker_a_photo_still_gets_its_result(installation: Installation, person: Person):
    installation.start(workers=1)
    assert len(installation.containers("worker")) == 1
    shows_a_face(person.finds(FACE))

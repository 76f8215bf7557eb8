"""Deploy/kafka-cluster.yml: three nodes of Kafka."""

import re
from collections.abc import Callable

import pytest

from commands import docker, inspect
from installation import CLUSTER, NODES, Installation, has_capabilities, slow_workers
from person import FACE, Person, shows_a_face


@pytest.fixture(scope="module")
def nodes(install: Callable[..., Installation]) -> Installation:
    """With three healthy nodes, and nothing else yet."""
    made = install(CLUSTER)
    made.compose("up", "--detach", "--wait", "--wait-timeout", "240", *NODES)
    return made


@pytest.mark.parametrize("node", NODES)
def test_a_node_is_healthy(nodes: Installation, node: str):
    (container,) = nodes.containers(node)
    assert inspect(container, "{{.State.Health.Status}}") == "healthy"


@pytest.mark.parametrize("node", NODES)
def test_a_node_is_reached_by_its_name_from_where_workers_are(nodes: Installation, node: str):
    assert nodes.is_reached_from("jobs", node, 9092)


@pytest.mark.parametrize("node", NODES)
def test_a_node_has_no_capability(nodes: Installation, node: str):
    has_capabilities(nodes, node)


def test_each_node_keeps_its_data_in_a_volume_of_its_own(nodes: Installation):
    template = '{{range .Mounts}}{{if eq .Destination "/var/lib/kafka/data"}}{{.Name}}{{end}}{{end}}'
    volumes = set()
    for node in NODES:
        assert nodes.inside(node, "ls", "-A", "/var/lib/kafka/data").strip()
        volumes.add(inspect(nodes.containers(node)[0], template))
    assert len(volumes) == 3 and all(volumes)


@pytest.fixture(scope="module")
def installation(nodes: Installation) -> Installation:
    """The whole product on three nodes that are one cluster."""
    if nodes.attempt("exec", "-T", "kafka", "test", "-x", "/opt/kafka/bin/kafka-metadata-quorum.sh").returncode != 0:
        pytest.skip("the broker in the image forms no cluster")
    nodes.start(workers=2)
    return nodes


def test_gateway_and_workers_start_on_three_nodes(installation: Installation):
    assert len(installation.containers("gateway", "worker")) == 3


def test_topics_have_three_copies_and_take_what_two_have(installation: Installation):
    describe = ["--bootstrap-server", "kafka:9092", "--describe", "--topic", "mien.results"]
    told = installation.inside("kafka", "/opt/kafka/bin/kafka-topics.sh", *describe)
    assert re.search(r"ReplicationFactor: *3.*min\.insync\.replicas=2", told), told


def test_a_lost_node_loses_nothing(installation: Installation, person: Person):
    with slow_workers(installation):
        load = person.sends_many(installation, forms=3)
        assert load.open() > 0
        docker("kill", installation.containers("kafka-3")[0])
    load.ends_well()
    shows_a_face(person.finds(FACE))


def test_down_with_volumes_leaves_nothing_of_three_nodes(nodes: Installation):
    assert nodes.leftovers()
    nodes.compose("--profile", "*", "down", "--volumes")
    assert nodes.leftovers() == ""

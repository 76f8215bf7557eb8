"""What Compose makes of docker-compose.yml and its override files. Nothing is started: it needs no engine and no image."""

from pathlib import Path

import pytest

from installation import CLUSTER, NODES, Installation


def configuration(folder: Path, *files: str, **settings: str) -> dict:
    return Installation("configuration", folder, files, **settings).configuration()


def test_every_file_that_a_service_mounts_is_there(tmp_path: Path):
    """A path of the host that is not there would be made as an empty folder, and mounted."""
    services = configuration(tmp_path)["services"]
    del services["trainer"]
    mounts = [mount for service in services.values() for mount in service.get("volumes", [])]
    sources = [Path(mount["source"]) for mount in mounts if mount["type"] == "bind"]
    assert sources and [source for source in sources if not source.is_file()] == []


# MARK: Deploy/kafka-cluster.yml


@pytest.fixture
def cluster(tmp_path: Path) -> dict:
    return configuration(tmp_path, CLUSTER)


@pytest.fixture
def nodes(cluster: dict) -> list[dict]:
    return [cluster["services"][name] for name in NODES]


def data_of(node: dict) -> list[str]:
    return [mount["source"] for mount in node["volumes"] if mount["target"] == "/var/lib/kafka/data"]


def test_each_node_of_the_cluster_has_its_own_id_name_volume_and_health_check(cluster: dict, nodes: list[dict]):
    assert [int(node["environment"]["KAFKA_NODE_ID"]) for node in nodes] == [1, 2, 3]
    told = [node["environment"]["KAFKA_ADVERTISED_LISTENERS"] for node in nodes]
    assert told == [f"PLAINTEXT://{name}:9092" for name in NODES]
    assert [data_of(node) for node in nodes] == [[name] for name in NODES]
    assert cluster["volumes"].keys() >= set(NODES)
    for name, node in zip(NODES, nodes, strict=True):
        assert f"/{name}/9092" in " ".join(node["healthcheck"]["test"])


def test_the_nodes_agree_on_their_voters_their_cluster_and_three_copies(nodes: list[dict]):
    own = {"KAFKA_NODE_ID", "KAFKA_ADVERTISED_LISTENERS"}
    settings, *others = [{key: value for key, value in node["environment"].items() if key not in own} for node in nodes]
    assert others == [settings] * 2
    voters = [f"{number}@{name}:9093" for number, name in enumerate(NODES, 1)]
    assert settings["KAFKA_CONTROLLER_QUORUM_VOTERS"] == ",".join(voters)
    assert settings["KAFKA_DEFAULT_REPLICATION_FACTOR"] == settings["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == "3"
    assert settings["KAFKA_MIN_INSYNC_REPLICAS"] == "2"
    assert len(settings["CLUSTER_ID"]) == 22


def test_every_node_is_as_confined_as_a_single_one(nodes: list[dict]):
    for node in nodes:
        assert node["read_only"] and node["cap_drop"] == ["ALL"] and node["security_opt"] == ["no-new-privileges:true"]
        assert not node.get("ports") and list(node["networks"]) == ["jobs"]
        assert node["restart"] == "unless-stopped" and node["mem_limit"] == nodes[0]["mem_limit"]


def test_gateway_workers_and_the_operators_command_know_all_three_nodes(cluster: dict):
    services = cluster["services"]
    for name in ("gateway", "worker", "mien"):
        assert services[name]["environment"]["MIEN_KAFKA_BROKERS"] == ",".join(f"{node}:9092" for node in NODES)
    gateway = services["gateway"]
    assert (gateway["environment"]["MIEN_KAFKA_REPLICATION"], gateway["environment"]["MIEN_KAFKA_MIN_INSYNC"]) == ("3", "2")
    for node in NODES:
        assert gateway["depends_on"][node]["condition"] == "service_healthy"


# MARK: Deploy/external-postgres.yml and Deploy/external-kafka.yml


def test_nobody_waits_for_a_broker_or_a_database_that_compose_does_not_run(tmp_path: Path):
    (tmp_path / "database-url").write_text("postgres://mien:secret@database.example/mien\n")
    services = configuration(
        tmp_path, "Deploy/external-postgres.yml", "Deploy/external-kafka.yml",
        MIEN_DATABASE_URL_FILE=str(tmp_path / "database-url"), MIEN_KAFKA_BROKERS="broker.example:9092",
    )["services"]  # fmt: skip
    gone = {"kafka", "postgres"}
    assert not gone & services.keys()
    for service in services.values():
        assert not gone & service.get("depends_on", {}).keys()
    for name in ("gateway", "worker", "mien"):
        assert services[name]["environment"]["MIEN_KAFKA_BROKERS"] == "broker.example:9092"
    assert services["worker"]["networks"].keys() == {"jobs", "outside-to-kafka"}


def test_with_a_database_of_ones_own_compose_runs_no_postgresql(tmp_path: Path):
    url = tmp_path / "database-url"
    url.write_text("postgres://mien:secret@database.example/mien\n")
    services = configuration(tmp_path, "Deploy/external-postgres.yml", MIEN_DATABASE_URL_FILE=str(url))["services"]
    assert "postgres" not in services and "kafka" in services

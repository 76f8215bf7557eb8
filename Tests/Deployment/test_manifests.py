"""What operators apply is valid where it is applied: Compose files, Kubernetes manifests, Prometheus rules, the Caddyfile."""

import json
import re
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "Deploy/kubernetes"
MONITORING = ROOT / "Deploy/monitoring"
TOOLS = Path("/usr/local/lib/mien/test-tools")
# The oldest and the newest whose support had not ended when the manifests were written.
KUBERNETES_VERSIONS = ["1.31", "1.33"]


def kustomizations():
    return sorted(KUBERNETES.rglob("kustomization.yaml"))


def resources(kustomization: Path) -> list[tuple[Path, dict]]:
    """Every document that a kustomization applies, with the file it is in."""
    found = []
    for name in yaml.safe_load(kustomization.read_text())["resources"]:
        path = (kustomization.parent / name).resolve()
        if path.is_dir():
            found += resources(path / "kustomization.yaml")
        else:
            found += [(path, document) for document in yaml.safe_load_all(path.read_text())]
    return found


def pods(kustomization: Path):
    for path, document in resources(kustomization):
        template = document.get("spec", {}).get("template", {})
        if "spec" in template:
            yield document["metadata"]["name"], template["spec"]


def identifier(path: Path) -> str:
    return str(path.parent.relative_to(KUBERNETES))


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
@pytest.mark.parametrize("kustomization", kustomizations(), ids=identifier)
def test_every_manifest_follows_the_published_schema(kustomization: Path, version: str):
    documents = resources(kustomization)
    assert documents
    for _, document in documents:
        # KEDA's kind is no part of Kubernetes: the next test looks at it.
        if not document["apiVersion"].startswith("keda.sh/"):
            kubernetes_validate.validate(document, version, strict=True)


def test_keda_watches_the_groups_and_topics_of_the_workers():
    [scaled] = [d for _, d in resources(KUBERNETES / "overlays/keda/kustomization.yaml") if d["kind"] == "ScaledObject"]
    watched = {(t["metadata"]["consumerGroup"], t["metadata"]["topic"]) for t in scaled["spec"]["triggers"]}
    names = re.findall(r'prefix \+ \(?.*?"([a-z.]+)"(?: : "([a-z.]+)")?', (ROOT / "Sources/Contracts/Topics.swift").read_text())
    known = {f"mien.{name}" for pair in names for name in pair if name}
    assert watched == {
        ("mien.workers.interactive", "mien.jobs.interactive"),
        ("mien.workers.bulk", "mien.jobs.bulk"),
    }
    assert {name for pair in watched for name in pair} <= known
    partitions = next(
        d["data"]["MIEN_KAFKA_PARTITIONS"]
        for _, d in resources(KUBERNETES / "base/kustomization.yaml")
        if d["kind"] == "ConfigMap" and "MIEN_KAFKA_PARTITIONS" in d["data"]
    )
    assert scaled["spec"]["maxReplicaCount"] <= int(partitions)


@pytest.mark.parametrize("kustomization", kustomizations(), ids=identifier)
def test_every_file_is_applied_by_somebody(kustomization: Path):
    listed = {path.resolve() for path, _ in resources(kustomization)}
    beside = {path.resolve() for path in kustomization.parent.glob("*.yaml")} - {kustomization.resolve()}
    assert beside <= listed


@pytest.mark.parametrize("kustomization", kustomizations(), ids=identifier)
def test_pods_are_restricted(kustomization: Path):
    names = []
    for name, spec in pods(kustomization):
        names.append(name)
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        for container in spec["containers"] + spec.get("initContainers", []):
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert "memory" in container["resources"]["limits"], name
            if container["image"].startswith("mien-"):
                assert context["readOnlyRootFilesystem"] is True, name
    assert {"gateway", "worker"} <= set(names)


def settings_known() -> set[str]:
    """Every variable that the executables read."""
    found = set()
    for folder in ("Sources", "Services"):
        for path in (ROOT / folder).rglob("*.swift"):
            found |= set(re.findall(r'"(MIEN_[A-Z_]+)"', path.read_text()))
    return found


def test_manifests_set_only_what_the_executables_read():
    known = settings_known()
    for kustomization in kustomizations():
        for _, document in resources(kustomization):
            if document["kind"] == "ConfigMap":
                assert set(document["data"]) <= known
    for service in ("migrate", "mien", "gateway", "worker"):
        assert set(environment(service)) <= known


# Settings that both services read, of which Compose gives one alone, and why.
NOT_SHARED = {
    # A gateway's container comes back under its name after a crash. A worker's may be gone for good after a scale-down,
    # and its partitions would wait for it.
    "MIEN_KAFKA_STATIC_MEMBERS",
}

# What the README names and Compose leaves alone, and why.
NOT_IN_COMPOSE = {
    # On its host name, which is the container's id: with --scale every worker has another.
    "MIEN_WORKER_NAME",
    # On the container's own disk, where Docker's volumes are as well.
    "MIEN_DISK_PATH",
    # Docker keeps and rotates what services print.
    "MIEN_LOG_FILE",
    "MIEN_LOG_FILE_MB",
    "MIEN_LOG_FILES",
}


def settings_read_by(configuration: str) -> set[str]:
    return set(re.findall(r'"(MIEN_[A-Z_]+)"', (ROOT / configuration).read_text()))


def environment(service: str) -> dict[str, str]:
    """What a service gets from Compose, by the settings' names: NAME_FILE gives NAME."""
    given = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][service]["environment"]
    known = settings_known()
    return {name if name in known else name.removesuffix("_FILE"): value for name, value in given.items()}


def settings_of_images() -> set[str]:
    files = (ROOT / f"Services/{service}/Dockerfile" for service in ("Gateway", "Worker"))
    return {name for file in files for name in re.findall(r"\b(MIEN_[A-Z_]+)=", file.read_text())}


def test_gateway_and_workers_are_told_the_same():
    shared = settings_read_by("Sources/GatewayCore/GatewayConfiguration.swift") & settings_read_by(
        "Sources/WorkerCore/WorkerConfiguration.swift"
    )
    assert {"MIEN_KAFKA_BROKERS", "MIEN_MAX_UPLOAD_BYTES"} <= shared
    gateway, worker, mien = environment("gateway"), environment("worker"), environment("mien")
    for name in shared - NOT_SHARED - settings_of_images():
        assert gateway[name] == worker[name]
    for name in ("MIEN_KAFKA_BROKERS", "MIEN_KAFKA_TOPIC_PREFIX", "MIEN_MIN_FREE_DISK_MB", "MIEN_SECRET"):
        assert gateway[name] == mien[name]


def test_compose_passes_every_setting_of_the_readme():
    table = (ROOT / "README.md").read_text().split("| variable | default |")[1].split("\n\n")[0]
    cells = re.findall(r"^\| (.*?) \|", table, re.MULTILINE)
    named = {name for cell in cells for name in re.findall(r"`(MIEN_[A-Z_]+)`", cell)}
    assert len(named) > 40
    passed = set().union(*(environment(service) for service in ("migrate", "gateway", "worker"))) | settings_of_images()
    assert named - passed == NOT_IN_COMPOSE
    assert named <= settings_known()


def test_compose_has_the_defaults_of_the_executables():
    defaults = {}
    for file in ("GatewayCore/GatewayConfiguration.swift", "WorkerCore/WorkerConfiguration.swift"):
        source = (ROOT / "Sources" / file).read_text()
        numbers = re.findall(r'integer\(\s*"(MIEN_[A-Z_]+)", default: ([0-9_]+)(?: << ([0-9]+))?,', source)
        for name, factor, shift in numbers:
            defaults[name] = str(int(factor) << int(shift or 0))
        defaults |= re.findall(r'string\(\s*"(MIEN_[A-Z_]+)", default: "([^"]+)"', source)
    compared = 0
    for service in ("gateway", "worker", "mien"):
        for name, value in environment(service).items():
            # Inside Compose, the broker has a name of its own.
            if name in defaults and name != "MIEN_KAFKA_BROKERS":
                compared += 1
                assert re.fullmatch(r"\$\{MIEN_[A-Z_]+:-(.*)\}", value)[1] == defaults[name], (service, name)
    assert compared > 15


def test_the_example_explains_every_variable_of_compose():
    files = ["docker-compose.yml", *(f"Deploy/{name}.yml" for name in ("kafka-cluster", "external-kafka", "external-postgres"))]
    used = {name for file in files for name in re.findall(r"\$\{(MIEN_[A-Z_]+)", (ROOT / file).read_text())}
    explained = set(re.findall(r"^#(MIEN_[A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert used == explained


@pytest.mark.parametrize("files", [["docker-compose.yml"], ["docker-compose.yml", "Deploy/kafka-cluster.yml"]])
def test_compose_files_are_yaml_of_one_project(files: list[str]):
    services: dict = {}
    for file in files:
        services |= yaml.safe_load((ROOT / file).read_text())["services"]
    for name, service in services.items():
        assert "container_name" not in service, name
    assert "ports" not in services["worker"]


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([TOOLS / name, *arguments], capture_output=True, text=True, timeout=60)


def test_prometheus_takes_its_configuration_and_rules():
    result = tool("promtool", "check", "config", str(MONITORING / "prometheus.yml"))
    assert result.returncode == 0, result.stdout + result.stderr
    result = tool("promtool", "test", "rules", str(Path(__file__).parent / "alerts_test.yml"))
    assert result.returncode == 0, result.stdout + result.stderr


def test_caddy_takes_its_configuration():
    result = tool("caddy", "validate", "--adapter", "caddyfile", "--config", str(ROOT / "Deploy/containers/Caddyfile"))
    assert result.returncode == 0, result.stderr


def metrics_made() -> set[str]:
    """Names of the metrics that the services make, without the suffixes that Prometheus' text format adds."""
    # Those of Hummingbird's MetricsMiddleware first.
    made = {"up", "hb_requests", "hb_request_errors", "http_server_active_requests", "http_server_request_duration"}
    for path in (ROOT / "Sources").rglob("*.swift"):
        made |= set(re.findall(r'"(mien_[a-z_]+)"', path.read_text()))
    return made


def dashboard_expressions() -> list[str]:
    panels = json.loads((MONITORING / "grafana/mien.json").read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def test_the_dashboard_asks_the_data_source_that_is_provisioned():
    [source] = yaml.safe_load((MONITORING / "grafana/datasource.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((MONITORING / "grafana/dashboards.yml").read_text())["providers"]
    panels = json.loads((MONITORING / "grafana/mien.json").read_text())["panels"]
    asked = [panel["datasource"] for panel in panels] + [t["datasource"] for panel in panels for t in panel["targets"]]
    assert all(reference == {"type": source["type"], "uid": source["uid"]} for reference in asked)
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    mounted = {Path(volume.split(":")[1]) for volume in services["grafana"]["volumes"]}
    assert Path(provider["options"]["path"]) / "mien.json" in mounted
    assert source["url"] == "http://prometheus:9090"
    assert set(services["grafana"]["networks"]) & set(services["prometheus"]["networks"])


def test_alerts_and_dashboard_ask_for_metrics_that_exist():
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    expressions = [rule["expr"] for rule in rules] + dashboard_expressions()
    assert len(expressions) > 15
    made = metrics_made()
    for expression in expressions:
        for name in re.findall(r"\b((?:mien|hb|http_server)_[a-z_]+)", re.sub(r'"[^"]*"', "", expression)):
            base = re.sub(r"_(total|bucket|sum|count)$", "", name)
            assert {base, base.removesuffix("_seconds")} & made, f"{name} in {expression}"

"""What operators apply is valid where it is applied: Compose files, Kubernetes manifests, Prometheus rules, the Caddyfile."""

import json
import re
import subprocess
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
KUBERNETES = ROOT / "Deploy/kubernetes"
MONITORING = ROOT / "Deploy/monitoring"
TOOLS = Path("/usr/local/lib/mien/test-tools")
# The oldest that is supported at the end of 2026, and the newest.
KUBERNETES_VERSIONS = ["1.35", "1.37"]


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


def templates(kustomization: Path):
    """The pods' templates, with the names of their workloads."""
    for _, document in resources(kustomization):
        template = document.get("spec", {}).get("template", {})
        if "spec" in template:
            yield document["metadata"]["name"], template


def pods(kustomization: Path):
    for name, template in templates(kustomization):
        yield name, template["spec"]


def of_kind(kustomization: Path, kind: str) -> list[dict]:
    return [document for _, document in resources(kustomization) if document["kind"] == kind]


def selects(selector: dict, labels: dict) -> bool:
    expressions = selector.get("matchExpressions", [])
    assert all(expression["operator"] == "In" for expression in expressions)
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(expression["key"]) in expression["values"] for expression in expressions
    )


def map_settings(kustomization: Path, container: dict) -> dict[str, str]:
    """What a container's ConfigMaps set."""
    maps = {document["metadata"]["name"]: document["data"] for document in of_kind(kustomization, "ConfigMap")}
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        found |= maps[source["configMapRef"]["name"]]
    return found


def containers_of(kustomization: Path) -> dict[str, dict]:
    """The only container of each workload, by the workload's name."""
    return {name: spec["containers"][0] for name, spec in pods(kustomization)}


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


KEDA = KUBERNETES / "overlays/keda/kustomization.yaml"


def fields(required: tuple[str, ...] = (), **properties: dict) -> dict:
    """A schema that takes no field but these."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


TEXT, NUMBER = {"type": "string"}, {"type": "integer", "minimum": 0}
# Of KEDA's published definition, keda.sh/v1alpha1, the fields that are used here; those of the trigger as its page on Apache
# Kafka lists them. All of a trigger's are text.
SCALED_OBJECT = fields(
    ("apiVersion", "kind", "metadata", "spec"),
    apiVersion={"const": "keda.sh/v1alpha1"},
    kind={"const": "ScaledObject"},
    metadata=fields(("name",), name=TEXT),
    spec=fields(
        ("scaleTargetRef", "triggers"),
        scaleTargetRef=fields(("name",), name=TEXT),
        minReplicaCount=NUMBER,
        maxReplicaCount=NUMBER,
        triggers={
            "type": "array",
            "items": fields(
                ("type", "metadata"),
                type={"const": "kafka"},
                metadata=fields(
                    ("bootstrapServers", "consumerGroup", "topic"),
                    bootstrapServers=TEXT,
                    consumerGroup=TEXT,
                    topic=TEXT,
                    lagThreshold={"type": "string", "pattern": "^[1-9][0-9]*$"},
                    offsetResetPolicy={"enum": ["earliest", "latest"]},
                    version={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
                ),
            ),
        },
    ),
)


def test_keda_takes_the_scaled_object():
    [scaled] = of_kind(KEDA, "ScaledObject")
    jsonschema.validate(scaled, SCALED_OBJECT)
    brokers = map_settings(KEDA, containers_of(KEDA)["worker"])["MIEN_KAFKA_BROKERS"]
    namespace = yaml.safe_load(KEDA.read_text())["namespace"]
    # KEDA asks from its own namespace: the name has to say which one it means.
    assert brokers == f"kafka.{namespace}.svc:9092"
    for trigger in scaled["spec"]["triggers"]:
        assert trigger["metadata"]["bootstrapServers"] == brokers
        # Kafka 4 speaks no older protocol.
        assert [int(part) for part in trigger["metadata"]["version"].split(".")] >= [2, 1, 0]


def test_the_broker_calls_itself_as_clients_do():
    single = KUBERNETES / "overlays/single-node/kustomization.yaml"
    containers = containers_of(single)
    broker = {variable["name"]: variable["value"] for variable in containers["kafka"]["env"]}
    brokers = map_settings(single, containers["worker"])["MIEN_KAFKA_BROKERS"]
    assert broker["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{brokers}"


def test_only_keda_says_how_many_workers_there_are():
    [scaled] = of_kind(KEDA, "ScaledObject")
    [patch] = yaml.safe_load(KEDA.read_text())["patches"]
    assert patch["target"] == {"kind": "Deployment", "name": scaled["spec"]["scaleTargetRef"]["name"]}
    assert yaml.safe_load(patch["patch"]) == [{"op": "remove", "path": "/spec/replicas"}]
    [worker] = [d for d in of_kind(KEDA, "Deployment") if d["metadata"]["name"] == "worker"]
    assert "replicas" in worker["spec"], "nothing to remove: the patch would fail"


def test_keda_watches_the_groups_and_topics_of_the_workers():
    [scaled] = of_kind(KEDA, "ScaledObject")
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
    assert {"gateway", "worker", "admin"} <= set(names)


@pytest.mark.parametrize("kustomization", kustomizations(), ids=identifier)
def test_whoever_serves_is_probed(kustomization: Path):
    for name, spec in pods(kustomization):
        # It waits for its operator, and answers nobody else.
        if name == "admin":
            continue
        for container in spec["containers"]:
            ports = {port["name"] for port in container["ports"]}
            for kind in ("readinessProbe", "livenessProbe"):
                probe = container[kind]
                where = probe.get("httpGet") or probe.get("tcpSocket") or {}
                assert "exec" in probe or where["port"] in ports, (name, kind)
                if container["image"].startswith("mien-"):
                    # A broker that is away is no reason to start all pods again.
                    assert where["path"] == {"readinessProbe": "/health/ready", "livenessProbe": "/health/live"}[kind]


@pytest.mark.parametrize("kustomization", kustomizations(), ids=identifier)
def test_a_gateway_that_is_to_end_still_answers_until_nobody_comes(kustomization: Path):
    spec = dict(pods(kustomization))["gateway"]
    pause = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    source = (ROOT / "Services/Gateway/Sources/MienGateway.swift").read_text()
    limit = int(re.search(r"maximumGracefulShutdownDuration = \.seconds\((\d+)\)", source)[1])
    assert pause >= 5
    # The pause is part of it.
    assert spec["terminationGracePeriodSeconds"] > pause + limit


@pytest.mark.parametrize("kustomization", kustomizations(), ids=identifier)
def test_workers_listen_where_probes_and_prometheus_ask(kustomization: Path):
    template = dict(templates(kustomization))["worker"]
    [container] = template["spec"]["containers"]
    port = map_settings(kustomization, container)["MIEN_METRICS_PORT"]
    assert [str(p["containerPort"]) for p in container["ports"] if p["name"] == "metrics"] == [port]
    assert template["metadata"]["annotations"]["prometheus.io/port"] == port
    # Probes come from outside of the pod.
    assert "MIEN_METRICS_HOST=0.0.0.0" in (ROOT / "Services/Worker/Dockerfile").read_text()


@pytest.mark.parametrize("kustomization", kustomizations(), ids=identifier)
def test_budgets_and_services_select_one_workload(kustomization: Path):
    labels = {name: template["metadata"]["labels"] for name, template in templates(kustomization)}
    for budget in of_kind(kustomization, "PodDisruptionBudget"):
        name = budget["metadata"]["name"]
        assert [n for n, own in labels.items() if selects(budget["spec"]["selector"], own)] == [name]
    for service in of_kind(kustomization, "Service"):
        name = service["metadata"]["name"].removesuffix("-internal")
        assert [n for n, own in labels.items() if selects({"matchLabels": service["spec"]["selector"]}, own)] == [name]


# MARK: Network policies


@pytest.mark.parametrize("kustomization", kustomizations(), ids=identifier)
def test_every_pod_has_a_network_policy(kustomization: Path):
    selectors = [policy["spec"]["podSelector"] for policy in of_kind(kustomization, "NetworkPolicy")]
    assert {} in selectors, "deny-all"
    for name, template in templates(kustomization):
        own = [s for s in selectors if s and selects(s, template["metadata"]["labels"])]
        assert len(own) == 1, name


def fits(peer: dict, labels: dict, namespace: str) -> bool:
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace}):
            return False
    elif namespace != "mien":
        return False
    return selects(peer.get("podSelector", {}), labels)


def passes(policies: list[dict], way: str, pod: dict, peer: tuple[dict, str], port: int) -> bool:
    """Whether a policy of the pod lets it send to ("egress") or hear from ("ingress") the peer."""
    side = {"egress": "to", "ingress": "from"}[way]
    rules = [rule for policy in policies if selects(policy["podSelector"], pod) for rule in policy.get(way, [])]
    return any(
        port in [p["port"] for p in rule.get("ports", [{"port": port}])]
        and (side not in rule or any(fits(other, *peer) for other in rule[side]))
        for rule in rules
    )


@pytest.mark.parametrize(
    ("source", "target", "port", "allowed"),
    [
        ("gateway", "postgres", 5432, True),
        ("gateway", "kafka", 9092, True),
        # Mail.
        ("gateway", "the internet", 465, True),
        ("gateway", "the internet", 587, True),
        # Webhooks.
        ("gateway", "the internet", 443, True),
        ("worker", "kafka", 9092, True),
        ("worker", "gateway", 8081, True),
        ("admin", "postgres", 5432, True),
        ("admin", "kafka", 9092, True),
        ("namespace keda", "kafka", 9092, True),
        ("namespace monitoring", "gateway", 8081, True),
        ("namespace monitoring", "worker", 9102, True),
        ("gateway", "the internet", 80, False),
        ("worker", "postgres", 5432, False),
        ("worker", "worker", 9102, False),
        ("worker", "the internet", 443, False),
        # The doctor asks the provider.
        ("admin", "the internet", 443, True),
        ("admin", "the internet", 80, False),
        ("admin", "gateway", 8081, False),
        ("gateway", "admin", 8080, False),
        ("kafka", "postgres", 5432, False),
        ("namespace keda", "postgres", 5432, False),
        ("namespace keda", "gateway", 8081, False),
        ("namespace default", "kafka", 9092, False),
        ("namespace default", "gateway", 8081, False),
    ],
)
def test_network_policies_allow_what_is_needed(source: str, target: str, port: int, allowed: bool):
    single = KUBERNETES / "overlays/single-node/kustomization.yaml"
    policies = [policy["spec"] for policy in of_kind(single, "NetworkPolicy")]
    labels = {name: template["metadata"]["labels"] for name, template in templates(single)}

    def peer(name: str) -> tuple[dict, str]:
        return ({}, name.split()[-1]) if name not in labels else (labels[name], "mien")

    # What is not ours is bound by policies that are not ours.
    sends = source not in labels or passes(policies, "egress", labels[source], peer(target), port)
    hears = target not in labels or passes(policies, "ingress", labels[target], peer(source), port)
    assert (sends and hears) is allowed


# MARK: Settings


def test_the_database_is_made_as_compose_makes_it():
    single = KUBERNETES / "overlays/single-node/kustomization.yaml"
    [script] = [d["data"] for d in of_kind(single, "ConfigMap") if d["metadata"]["name"] == "postgres-first-start"]
    assert script == {"make-role.sh": (ROOT / "Deploy/containers/make-role.sh").read_text()}
    spec = dict(pods(single))["postgres"]
    [container] = spec["containers"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["postgres"]["environment"]
    set_here = {variable["name"]: variable["value"] for variable in container["env"]}
    # With POSTGRES_USER the role of that name would be the superuser.
    assert set_here == compose | {"PGDATA": "/var/lib/postgresql/data/cluster"}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounts["secrets"] == str(Path(compose["POSTGRES_PASSWORD_FILE"]).parent)
    assert mounts["first-start"] == "/docker-entrypoint-initdb.d"
    compose_service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["postgres"]
    [memory] = [v["emptyDir"] for v in spec["volumes"] if v["name"] == "shared-memory"]
    assert mounts["shared-memory"] == "/dev/shm" and compose_service["shm_size"] == "128m"
    assert memory == {"medium": "Memory", "sizeLimit": "128Mi"}
    # It may read its log for as long before it answers.
    probe = container["startupProbe"]
    assert probe["exec"] == container["livenessProbe"]["exec"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 1800
    [volume] = [v["configMap"] for v in spec["volumes"] if v["name"] == "first-start"]
    assert volume == {"name": "postgres-first-start", "defaultMode": 0o555}


def settings_read(path: str) -> set[str]:
    return set(re.findall(r'"(MIEN_[A-Z_]+)"', (ROOT / path).read_text()))


@pytest.mark.parametrize("kustomization", kustomizations(), ids=identifier)
def test_what_gateway_and_workers_both_read_comes_to_both(kustomization: Path):
    containers = containers_of(kustomization)
    gateway, worker = (map_settings(kustomization, containers[name]) for name in ("gateway", "worker"))
    both = settings_read("Sources/Operations/GatewayConfiguration.swift") & settings_read(
        "Sources/WorkerCore/WorkerConfiguration.swift"
    )
    agreed = {"MIEN_KAFKA_BROKERS", "MIEN_KAFKA_TOPIC_PREFIX", "MIEN_MAX_UPLOAD_BYTES", "MIEN_ACCEPT_HEIC"}
    assert agreed <= both
    assert agreed <= set(gateway)
    assert {name: gateway.get(name) for name in both} == {name: worker.get(name) for name in both}
    assert map_settings(kustomization, containers["admin"]) == gateway


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
            if document["kind"] == "ConfigMap" and document["metadata"]["name"].startswith("mien"):
                assert set(document["data"]) <= known
    for service in ("migrate", "mien", "gateway", "worker"):
        assert set(environment(service)) <= known


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


def environment(service: str, *overrides: str) -> dict[str, str]:
    """What a service gets from Compose, by the settings' names: NAME_FILE gives NAME."""
    given = {}
    for file in ("docker-compose.yml", *overrides):
        # Overrides take values back by tags of Compose's own, which settings have none of.
        text = (ROOT / file).read_text().replace("!reset null", "null")
        given |= yaml.safe_load(text)["services"].get(service, {}).get("environment", {})
    known = settings_known()
    return {name if name in known else name.removesuffix("_FILE"): value for name, value in given.items()}


def settings_of_images() -> set[str]:
    files = (ROOT / f"Services/{service}/Dockerfile" for service in ("Gateway", "Worker"))
    return {name for file in files for name in re.findall(r"\b(MIEN_[A-Z_]+)=", file.read_text())}


def test_gateway_and_workers_are_told_the_same():
    shared = settings_read_by("Sources/Operations/GatewayConfiguration.swift") & settings_read_by(
        "Sources/WorkerCore/WorkerConfiguration.swift"
    )
    assert {"MIEN_KAFKA_BROKERS", "MIEN_MAX_UPLOAD_BYTES"} <= shared
    gateway, worker = environment("gateway"), environment("worker")
    for name in shared - settings_of_images():
        assert gateway[name] == worker[name]


@pytest.mark.parametrize("override", ["kafka-cluster", "external-kafka", "external-postgres"])
def test_the_doctor_is_told_what_the_gateway_and_the_workers_are(override: str):
    files = [f"Deploy/{override}.yml"]
    mien, gateway, worker = (environment(service, *files) for service in ("mien", "gateway", "worker"))
    read = settings_read_by("Sources/Operations/GatewayConfiguration.swift") | settings_read_by(
        "Sources/Operations/GatewayConfiguration+OpenID.swift"
    )
    assert {"MIEN_KAFKA_MIN_INSYNC", "MIEN_ACCEPT_HEIC", "MIEN_OIDC_ISSUER"} <= read & set(gateway)
    assert {name: mien.get(name) for name in read} == {name: gateway.get(name) for name in read}
    assert mien["MIEN_MODEL"] == worker["MIEN_MODEL"]
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert services["mien"]["secrets"] == services["gateway"]["secrets"]


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
    for file in ("Operations/GatewayConfiguration.swift", "WorkerCore/WorkerConfiguration.swift"):
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

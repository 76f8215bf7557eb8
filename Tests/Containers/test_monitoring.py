"""The profile "monitoring": Prometheus sees everything that the dashboard asks for, and Grafana shows it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import requests

from commands import ROOT, eventually
from conftest import need_image
from installation import CONFINED, Installation, shows_no_secret
from network import free_port
from person import FACE, Person, shows_a_face

MONITORING = ROOT / "Deploy/monitoring"
FORMS = 2


@dataclass
class Site:
    """A site with an API that answers in JSON, published on this host."""

    port: int
    root: str
    login: tuple[str, str] | None = None

    def __call__(self, path: str, **parameters: str) -> dict:
        with requests.Session() as session:
            session.trust_env = False
            address = f"http://127.0.0.1:{self.port}/{self.root}/{path}"
            try:
                answer = session.get(address, params=parameters, auth=self.login, timeout=10)
            except requests.RequestException as error:
                raise AssertionError(str(error)) from error
        assert answer.status_code == 200, answer.text[:2000]
        return answer.json()


@pytest.fixture(scope="module")
def installation(install: Callable[..., Installation]) -> Installation:
    """With Prometheus."""
    ports = {name: str(free_port()) for name in ("MIEN_PROMETHEUS_PORT", "MIEN_GRAFANA_PORT")}
    made = install(**ports, MIEN_WORKER_METRICS_PORT="9102")
    need_image(made.configuration()["services"]["prometheus"]["image"])
    made.start("gateway", "worker", "prometheus", workers=2)
    return made


@pytest.fixture(scope="module")
def prometheus(installation: Installation) -> Site:
    return Site(int(installation.environment["MIEN_PROMETHEUS_PORT"]), "api/v1")


def has_targets(prometheus: Site, job: str, number: int) -> None:
    """As many, and all answer."""
    targets = [each for each in prometheus("targets")["data"]["activeTargets"] if each["labels"]["job"] == job]
    assert [each["health"] for each in targets] == ["up"] * number, targets


# MARK: What is there


@pytest.mark.parametrize("check", CONFINED, ids=lambda check: check.__name__)
def test_prometheus_is_confined(installation: Installation, check: Callable[[Installation, str], None]):
    check(installation, "prometheus")


def rules(prometheus: Site) -> list[dict]:
    return [rule for group in prometheus("rules")["data"]["groups"] for rule in group["rules"]]


def test_prometheus_has_loaded_every_rule_and_evaluates_it_without_an_error(prometheus: Site):
    number = len(re.findall("- alert:", (MONITORING / "alerts.yml").read_text()))

    def evaluated() -> None:
        found = rules(prometheus)
        assert [rule["health"] for rule in found] == ["ok"] * number, found

    eventually(evaluated)


@pytest.mark.parametrize(("job", "number"), [("mien-gateway", 1), ("mien-worker", 2)])
def test_prometheus_is_answered(prometheus: Site, job: str, number: int):
    eventually(lambda: has_targets(prometheus, job, number))


@pytest.mark.parametrize(("service", "port"), [("gateway", 8081), ("worker", 9102)])
def test_figures_are_of_the_type_that_prometheus_3_wants(installation: Installation, service: str, port: int):
    """It takes no answer whose type it does not know."""
    for container in installation.containers(service):
        figures = installation.answer(container, port, "/metrics")
        assert re.search(r"^content-type: text/plain; version=0.0.4", figures, flags=re.I | re.M), figures[:1000]


# MARK: What reaches what


def test_a_worker_does_not_reach_prometheus(installation: Installation):
    assert not installation.reaches("worker", "prometheus", 9090)


def test_figures_are_not_to_be_had_where_browsers_come(installation: Installation):
    assert Person(installation.base).ask("GET", "/metrics").status_code >= 400


def test_from_grafanas_network_prometheus_is_reached(installation: Installation):
    assert installation.is_reached_from("monitoring", "prometheus", 9090)


def test_from_grafanas_network_the_gateways_internal_port_is_not_reached(installation: Installation):
    addresses = installation.addresses(installation.containers("gateway")[0])
    assert addresses
    for address in addresses:
        assert not installation.is_reached_from("monitoring", address, 8081)


# MARK: An alert. Before anything else is sent: it is about five minutes in which nothing was claimed.


@pytest.fixture(scope="module")
def waiting(installation: Installation, person: Person) -> str:
    """The path of a photo that came when no worker was there."""
    installation.compose("stop", "worker")
    return person.send(FACE)


def alert_is(prometheus: Site, name: str, *states: str) -> None:
    found = [rule["state"] for rule in rules(prometheus) if rule["name"] == name]
    assert len(found) == 1 and found[0] in states, found


def test_while_a_photo_waits_and_no_worker_is_there_an_alert_is_on_its_way(prometheus: Site, waiting: str):
    eventually(lambda: alert_is(prometheus, "MienNoWorkers", "pending", "firing"))


def test_when_workers_are_back_the_photo_gets_its_result(installation: Installation, person: Person, waiting: str):
    installation.compose("start", "worker")
    shows_a_face(person.result(waiting))


def test_the_alert_is_over_then(installation: Installation, prometheus: Site, person: Person, waiting: str):
    installation.compose("start", "worker")
    person.result(waiting)
    eventually(lambda: alert_is(prometheus, "MienNoWorkers", "inactive"))


# MARK: The dashboard


def panels() -> dict[str, list[tuple[str, list[str]]]]:
    """For each panel with queries its expressions, and the labels of their legends. Grafana's variables are replaced."""
    found = {}
    for panel in json.loads((MONITORING / "grafana/mien.json").read_text())["panels"]:
        queries = []
        for target in panel.get("targets", []):
            expression = re.sub(r"\$\{?__(rate_)?interval\}?", "1m", target["expr"])
            labels = re.findall(r"\{\{ *([a-z_]+) *\}\}", target.get("legendFormat", ""))
            queries.append((re.sub(r"\$\{?__range\}?", "1h", expression), labels))
        if queries:
            found[panel["title"]] = queries
    return found


PANELS = panels()


@pytest.fixture(scope="module")
def busy(installation: Installation, prometheus: Site, person: Person) -> None:
    """Photos have come and got their results. A process shows its stages once it has done something, and only what comes
    after that is an increase.
    """
    installation.compose("start", "worker")
    eventually(lambda: has_targets(prometheus, "mien-worker", 2))
    load = person.sends_many(installation, FORMS)
    load.ends_well()

    def seen() -> None:
        assert prometheus("query", query=f"sum(mien_worker_photos_total) >= {load.photos}")["data"]["result"]

    eventually(seen)
    person.sends_many(installation, FORMS).ends_well()


def series(prometheus: Site, expression: str) -> list[dict]:
    found = prometheus("query", query=expression)["data"]["result"]
    assert found, f"nothing answers to {expression}"
    return found


@pytest.mark.parametrize("title", PANELS)
def test_prometheus_has_an_answer_with_the_legends_labels_to_every_query_of_a_panel(busy: None, prometheus: Site, title: str):
    def answered() -> None:
        for expression, labels in PANELS[title]:
            for each in series(prometheus, expression):
                assert each["metric"].keys() >= set(labels), expression

    eventually(answered)


HAPPENED = [
    "Photos per minute", "Worker processes", "Time by stage, median", "Time by stage, 99 %", "Photos by worker process",
    "Memory of worker processes", "Throughput", "Claims", "Pages and API: requests", "Pages and API: time, 95 %", "Free disk",
]  # fmt: skip
WAITING = ["Photos waiting", "Queue by lane", "Oldest wait by lane", "Lag by topic"]


@pytest.mark.parametrize(
    ("title", "condition"),
    [*((title, "> 0") for title in HAPPENED), *((title, "== 0") for title in WAITING)],
)
def test_a_panel_shows_what_happened_and_that_nothing_waits(busy: None, prometheus: Site, title: str, condition: str):
    """Every query of the panel gives a series that is so."""

    def so() -> None:
        for expression, _ in PANELS[title]:
            series(prometheus, f"({expression}) {condition}")

    eventually(so)


# MARK: Grafana


@pytest.fixture(scope="module")
def grafana(installation: Installation) -> Site:
    """With the administrator's password, as .env.example says how to get it."""
    need_image(installation.configuration()["services"]["grafana"]["image"])
    installation.compose("up", "--detach", "--wait", "grafana")
    cat = ["--rm", "-T", "--no-deps", "--entrypoint", "cat", "grafana", "/run/secrets-of-grafana/admin"]
    password = installation.compose("run", *cat).strip()
    return Site(int(installation.environment["MIEN_GRAFANA_PORT"]), "api", ("admin", password))


@pytest.mark.parametrize("check", CONFINED, ids=lambda check: check.__name__)
def test_grafana_is_confined(installation: Installation, grafana: Site, check: Callable[[Installation, str], None]):
    check(installation, "grafana")


def test_grafana_shows_no_secret_in_its_settings(installation: Installation, grafana: Site):
    shows_no_secret(installation, at_least=2)


def test_grafana_reaches_prometheus(grafana: Site):
    def reached() -> None:
        assert grafana("datasources/uid/mien/health")["status"] == "OK"

    eventually(reached)


def test_grafana_has_the_dashboard(grafana: Site):
    def there() -> None:
        assert grafana("dashboards/uid/mien")["dashboard"]["panels"]

    eventually(there)


def test_down_with_volumes_leaves_nothing_of_the_profile(installation: Installation):
    assert installation.leftovers()
    installation.compose("--profile", "*", "down", "--volumes")
    assert installation.leftovers() == ""

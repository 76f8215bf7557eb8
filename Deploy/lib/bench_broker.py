"""What a Kafka cluster's faults cost a photo, beside a bare client on the same cluster: see Deploy/bench broker."""

import argparse
import json
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

from bench_chaos import Load, Site
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

RESULTS_GROUP = "mien.gateways.results"
# As Mien's own clients (Sources/Kafka/KafkaConfiguration.swift).
COMMON = {"socket.timeout.ms": 5000, "log_level": 0}
PRODUCER = {"acks": "all", "enable.idempotence": True, "request.timeout.ms": 5000, "linger.ms": 0}
CONSUMER = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 1000, "enable.auto.commit": True}


class BareClient:
    """A producer and a consumer, and nothing else: each message carries the moment at which it was sent."""

    def __init__(self, brokers: str, nodes: int, rate: float):
        self.rate = rate
        self.topic = f"bench.bare.{uuid.uuid4().hex}"
        self.admin = AdminClient(COMMON | {"bootstrap.servers": brokers})
        copies = min(nodes, 3)
        topic = NewTopic(self.topic, 12, copies, config={"min.insync.replicas": "2" if copies == 3 else "1"})
        self.admin.create_topics([topic])[self.topic].result(30)
        self.producer = Producer(COMMON | PRODUCER | {"bootstrap.servers": brokers})
        group = {"bootstrap.servers": brokers, "group.id": self.topic, "auto.offset.reset": "earliest"}
        self.consumer = Consumer(COMMON | CONSUMER | group)
        self.sent: list[float] = []
        self.acknowledged: dict[float, float] = {}
        self.consumed: dict[float, float] = {}
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=work, daemon=True) for work in (self._produce, self._consume)]

    def start(self) -> None:
        self.consumer.subscribe([self.topic])
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        self.consumer.close()
        self.admin.delete_topics([self.topic])

    def _produce(self) -> None:
        due = time.time()
        while not self.stopping.is_set():
            moment = time.time()
            self.sent.append(moment)
            self.producer.produce(self.topic, repr(moment).encode(), on_delivery=self._delivered)
            due += 1 / self.rate
            while (left := due - time.time()) > 0 and not self.stopping.is_set():
                self.producer.poll(min(left, 0.05))
        self.producer.flush(60)

    def _delivered(self, error: KafkaError | None, message) -> None:
        if error is None:
            self.acknowledged[float(message.value())] = time.time()

    def _consume(self) -> None:
        while not self.stopping.is_set():
            message = self.consumer.poll(0.1)
            if message is not None and message.error() is None:
                self.consumed.setdefault(float(message.value()), time.time())

    def waits(self, since: float, until: float) -> tuple[list[float], list[float]]:
        """Seconds to the acknowledgement and to the consumer, of what was sent in that time; without end where none came."""
        sent = [moment for moment in list(self.sent) if since <= moment < until]
        return tuple([seen.get(m, float("inf")) - m for m in sent] for seen in (self.acknowledged, self.consumed))


class Cluster:
    """The nodes, by the script that kills, starts, pauses and continues them."""

    def __init__(self, script: str, nodes: int, brokers: str):
        self.script, self.nodes, self.brokers = script, nodes, brokers

    def do(self, action: str, node: int) -> None:
        subprocess.run([self.script, action, str(node)], check=True, capture_output=True, timeout=120)

    def coordinator(self) -> int:
        """The node whose fault hurts most: it coordinates the group of the gateways."""
        deadline = time.monotonic() + 60
        while True:
            # A client that has asked before asks the former coordinator again (librdkafka 2.16: NOT_COORDINATOR).
            admin = AdminClient(COMMON | {"bootstrap.servers": self.brokers})
            try:
                asked = admin.describe_consumer_groups([RESULTS_GROUP], request_timeout=10)
                return asked[RESULTS_GROUP].result(15).coordinator.id
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)

    def killed(self) -> None:
        node = self.coordinator()
        self.do("kill", node)
        time.sleep(20)
        self.do("again", node)

    def paused(self) -> None:
        node = self.coordinator()
        self.do("pause", node)
        time.sleep(40)
        self.do("cont", node)

    def rolled(self) -> None:
        for node in range(1, self.nodes + 1):
            self.do("stop", node)
            time.sleep(6)
            self.do("again", node)
            time.sleep(10)

    def away(self, minutes: float) -> None:
        for node in range(1, self.nodes + 1):
            self.do("kill", node)
        time.sleep(minutes * 60)
        for node in range(1, self.nodes + 1):
            self.do("again", node)


# Seconds: what the broker lost is published again after a quarter of an hour.
PATIENCE = 16 * 60


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def photo_waits(database: str, since: float, until: float) -> list[float]:
    """Seconds from submission to result of the photos of that time; without end for those that have not ended."""
    query = (
        "SELECT coalesce(extract(epoch FROM finished_at - submitted_at), 'Infinity'::float8) FROM analyses"
        f" WHERE submitted_at >= to_timestamp({since}) AND submitted_at < to_timestamp({until})"
    )
    said = subprocess.run(["psql", database, "-Atc", query], check=True, capture_output=True, text=True)
    return [float(line) for line in said.stdout.split()]


def measure(name: str, fault, options: argparse.Namespace, bare: BareClient) -> dict:
    """One row: the load goes on through the fault and for half a minute after it; then all that is open may end."""
    since = time.time()
    fault()
    ended = time.time()
    time.sleep(30)
    until = time.time()
    while float("inf") in (photos := photo_waits(options.database, since, until)) and time.time() < until + PATIENCE:
        time.sleep(1)
    acknowledged, consumed = bare.waits(since, until)
    row = {"fault": name, "fault_seconds": round(ended - since, 1), "photos": len(photos)}
    for key, values in (("photo", photos), ("bare_acknowledged", acknowledged), ("bare_consumed", consumed)):
        row |= {f"{key}_longest": round(max(values, default=0), 2), f"{key}_p99": round(percentile(values, 0.99), 2)}
    print(f"{name}: photo {row['photo_longest']} s, bare {row['bare_consumed_longest']} s", file=sys.stderr)
    return row


def main() -> int:
    parser = argparse.ArgumentParser(prog="Deploy/bench broker")
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--database", required=True, help="PostgreSQL's URL")
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--cluster", required=True, help="takes kill, stop, again, pause and cont with a node's number")
    parser.add_argument("--nodes", type=int, required=True)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2, help="photos and bare messages a second (default 2)")
    parser.add_argument("--away", type=float, metavar="MINUTES", help="a row more: all nodes are killed, and away for so long")
    parser.add_argument("--only", action="append", default=[], metavar="WORDS", help="rows whose name holds this")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    bare = BareClient(options.brokers, options.nodes, options.rate)
    cluster = Cluster(options.cluster, options.nodes, options.brokers)
    rows = {
        "nothing": lambda: time.sleep(20),
        "node killed, away 20 s": cluster.killed,
        "node paused 40 s": cluster.paused,
    }
    if options.nodes > 1:
        rows["nodes restarted one by one"] = cluster.rolled
    if options.away:
        rows[f"all nodes away {options.away:g} minutes"] = lambda: cluster.away(options.away)
    if options.only:
        rows = {name: fault for name, fault in rows.items() if any(words in name for words in options.only)}
    load = Load(Site(options.url, options.token, options.photo.read_bytes()), options.rate)
    bare.start()
    load.start()
    time.sleep(10)
    results = [measure(name, fault, options, bare) for _ in range(options.rounds) for name, fault in rows.items()]
    load.stopping.set()
    load.join()
    bare.stop()
    if options.json:
        print(json.dumps(results, indent=2))
    else:
        columns = ("photos", "photo_longest", "photo_p99", "bare_acknowledged_longest", "bare_consumed_longest")
        print(f"{'seconds':28}" + "".join(f"{column.replace('_', ' '):>27}" for column in columns))
        for row in results:
            print(f"{row['fault']:28}" + "".join(f"{row[column]:>27}" for column in columns))
    return 1 if any(row["photo_longest"] == float("inf") for row in results) else 0


if __name__ == "__main__":
    sys.exit(main())

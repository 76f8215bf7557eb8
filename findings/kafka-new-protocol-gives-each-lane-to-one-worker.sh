#!/usr/bin/env bash
# Apache Kafka 4.3.1, librdkafka 2.16.0: with group.protocol=consumer two workers that subscribe to two topics have a
# topic each: one has the whole bulk lane, the other the whole interactive one, and no key's two topics meet.
#
# Expected: as with the classic protocol, whose default (range) gives each worker a share of every topic, the same
#   partitions of both: a burst in one lane is everybody's work, and what has one key in two topics, a photo and what
#   people corrected in it, comes to one worker.
# Seen: the new protocol's default assignor is "uniform", on the broker: it counts partitions and does not look at
#   topics. Of two topics of four partitions the first worker gets one topic whole, the second the other, whether they
#   start together or one after the other: a burst in the bulk lane is worked off by one, beside one that waits, and
#   partition n of one topic is never where partition n of the other is. With three workers it is no better. The number
#   of partitions is fair, lag grows and nothing is logged. In code and configuration one word has changed.
# So: group.remote.assignor=range in every worker that subscribes to more than one topic (group.consumer.assignors on
#   the broker says what is the default); or a group for each lane. A test that looks at what is assigned.
set -euo pipefail
for tool in java mvn; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install openjdk-17-jre-headless maven" >&2; exit 2; }
done
folder=$(mktemp -d)
broker=
end() {
  if [ -n "$broker" ]; then kill -9 "$broker" || true; wait "$broker" || true; fi 2>/dev/null
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps confluent-kafka==2.16.1
dependency() { echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>"; }
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies>$(dependency org.apache.kafka kafka_2.13 4.3.1) $(dependency org.slf4j slf4j-simple 1.7.36)</dependencies>
</project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }
read -r port controller < <(python3 -c 'import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
printf '%s\n' process.roles=broker,controller node.id=1 "controller.quorum.voters=1@127.0.0.1:$controller" log.dirs=data \
  "listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller" controller.listener.names=CONTROLLER \
  offsets.topic.replication.factor=1 group.initial.rebalance.delay.ms=0 >server.properties
java -cp 'jars/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c server.properties >format.log 2>&1
java -Xmx512m -cp 'jars/*' kafka.Kafka server.properties >broker.log 2>&1 &
broker=$!

venv/bin/python - "127.0.0.1:$port" <<'END'
import itertools
import sys
import time

from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient, NewTopic

servers = {"bootstrap.servers": sys.argv[1], "log_level": 2}
admin = AdminClient(servers)
admin.list_topics(timeout=60)
for created in admin.create_topics([NewTopic(lane, 4, 1) for lane in ("bulk", "interactive")]).values():
    created.result()
groups = itertools.count()


def settle(workers, partitions):
    """Polls until the partitions are given out, each once, with some for everybody, and stay so for six seconds."""
    end, since, before = time.time() + 90, time.time(), None
    while time.time() < end:
        for worker in workers:
            worker.poll(0.1)
        now = [sorted((p.topic, p.partition) for p in worker.assignment()) for worker in workers]
        if now != before or not all(now) or not partitions == sum(map(len, now)) == len(set(sum(now, []))):
            since, before = time.time(), now
        if time.time() - since > 6:
            return now
    raise SystemExit(f"not settled: {before}")


def assigned(count, together=True, **settings):
    """What each of the workers has: its partitions by lane."""
    group = {"group.id": f"workers-{next(groups)}"}
    workers = []
    for _ in range(count):
        workers.append(Consumer(servers | group | settings))
        workers[-1].subscribe(["bulk", "interactive"])
        if not together:
            settle(workers, 8)
    parts = settle(workers, 8)
    for worker in workers:
        worker.close()
    return [{lane: [n for topic, n in part if topic == lane] for lane in ("bulk", "interactive")} for part in parts]


def meet(workers):
    return all(worker["bulk"] == worker["interactive"] for worker in workers)


def apart(workers):
    return sorted((len(worker["bulk"]), len(worker["interactive"])) for worker in workers) == [(0, 4), (4, 0)]


new = {"group.protocol": "consumer"}
for name, count, settings, together, check in (
    ("classic", 2, {}, True, meet),
    ("classic", 3, {}, True, meet),
    ("consumer", 2, new, True, apart),
    ("consumer, one after the other", 2, new, False, apart),
    ("consumer", 3, new, True, lambda workers: not meet(workers)),
    ("consumer, range", 2, new | {"group.remote.assignor": "range"}, True, meet),
):
    workers = assigned(count, together, **settings)
    print(f"{name}, {count} workers:")
    for worker in workers:
        print(f"    bulk {worker['bulk']}, interactive {worker['interactive']}")
    assert check(workers)
END
cat <<'END'
Apache Kafka 4.3.1. Expected: each worker has a share of each lane. Seen: with group.protocol=consumer a lane is one
worker's. So set group.remote.assignor=range.
END

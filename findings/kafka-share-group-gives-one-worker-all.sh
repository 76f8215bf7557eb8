#!/usr/bin/env bash
# Apache Kafka 4.3.1, confluent-kafka 2.16.1: in a share group (queue) the first worker's poll takes every waiting
# job.
#
# Expected: with a ShareConsumer jobs go to whoever is free, one partition serves several workers, and a worker that
#   waits gets the next job.
# Seen: four things. A new share group begins at the end of the topic: jobs sent before are never delivered, and
#   auto.offset.reset is refused by the client; the group's own share.auto.offset.reset has to be set by an
#   administrator. The first worker's poll returns all twelve jobs, a second worker polls in vain for as long as these
#   are locked. With max.poll.records=1, which looks like a mere setting of the client's convenience, both get theirs,
#   but only of jobs that were sent one by one: twelve that a producer sent together are one batch, and a batch goes to
#   one worker whole, whatever max.poll.records says. Java's client has share.acquire.mode=record_limit against that;
#   librdkafka 2.16.0 does not know it.
# So: for long jobs (a photo, a film) set the group's reset, max.poll.records=1 and record_limit, or, with librdkafka,
#   batch.num.messages=1 where jobs are sent; or idle workers watch a busy one. Test with jobs that are sent in bulk.
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
  offsets.topic.replication.factor=1 group.initial.rebalance.delay.ms=0 \
  share.coordinator.state.topic.replication.factor=1 share.coordinator.state.topic.min.isr=1 >server.properties
java -cp 'jars/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c server.properties >format.log 2>&1
java -Xmx512m -cp 'jars/*' kafka.Kafka server.properties >broker.log 2>&1 &
broker=$!

venv/bin/python - "127.0.0.1:$port" <<'END'
import os
import sys
import time

from confluent_kafka import KafkaException, Producer, ShareConsumer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

servers = {"bootstrap.servers": sys.argv[1], "log_level": 2}
admin = AdminClient(servers)
admin.list_topics(timeout=180)


def prepare(name, from_start, together=False, **settings):
    admin.create_topics([NewTopic(name, 1, 1)])[name].result()
    if from_start:
        entry = ConfigEntry("share.auto.offset.reset", "earliest", incremental_operation=AlterConfigOpType.SET)
        group = ConfigResource(ResourceType.GROUP, name, incremental_configs=[entry])
        admin.incremental_alter_configs([group])[group].result()
    producer = Producer(servers | settings)
    for _ in range(12):
        producer.produce(name, b"job")
        assert together or producer.flush(30) == 0
    assert producer.flush(30) == 0


def worker(name, **settings):
    consumer = ShareConsumer(servers | {"group.id": name} | settings)
    consumer.subscribe([name])
    return consumer


def jobs(consumer, seconds):
    end = time.time() + seconds
    while time.time() < end:
        if messages := [message for message in consumer.poll(0.3) if not message.error()]:
            return len(messages)
    return 0


for setting in ("auto.offset.reset", "share.acquire.mode"):
    try:
        worker("refused", **{setting: "earliest" if "reset" in setting else "record_limit"})
        raise SystemExit(f"{setting} is taken")
    except (ValueError, KafkaException) as error:
        print(error)
prepare("late", from_start=False)
seen = {"sent before the group began": jobs(worker("late"), 6)}
one = {"max.poll.records": 1}
for name, settings, sent in (("default", {}, {}), ("one", one, {}), ("one-together", one, {"together": True}),
                             ("one-batches-of-one", one, {"together": True, "batch.num.messages": 1})):
    prepare(name, from_start=True, **sent)
    first, second = worker(name, **settings), worker(name, **settings)
    seen[name] = (jobs(first, 30), jobs(second, 6))
print("jobs by poll:", seen)
assert seen == {"sent before the group began": 0, "default": (12, 0), "one": (1, 1), "one-together": (12, 0),
                "one-batches-of-one": (1, 1)}
sys.stdout.flush()
os._exit(0)  # the consumers would not leave before their locks end
END
cat <<'END'
Apache Kafka 4.3.1, confluent-kafka 2.16.1. Expected: a queue hands jobs to whoever is free. Seen: the first poll
takes all twelve, the second worker gets none; jobs older than the group are passed over; max.poll.records=1 helps
only where jobs were not sent together. So set the group's share.auto.offset.reset, and send jobs in batches of one.
END

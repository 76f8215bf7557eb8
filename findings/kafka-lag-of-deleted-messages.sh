#!/usr/bin/env bash
# Apache Kafka 4.3.1, librdkafka 2.16.0: messages that were deleted stay in a group's lag for good, though the group
# works.
#
# Expected: lag is what a group has still to read. Once the messages before its offset's end are deleted
#   (DeleteRecords, or retention) and its consumer has gone on to the log's new start, there is nothing left, so lag
#   is 0.
# Seen: the consumer resets its position, but commits only after it has read a message. Until the next one comes,
#   committed stays at 5, the end is 100, lag is 95, whatever auto.offset.reset says, across restarts of the consumer.
#   One new message sets it right.
# So: an autoscaler or an alert by lag (KEDA's kafka scaler, an exporter) sees 95 jobs that nobody can do, on an idle
#   service, at night. Take the lag from max(committed, the log's start), or commit the log's start after a reset.
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
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

servers = {"bootstrap.servers": sys.argv[1], "log_level": 2}
admin, producer, jobs = AdminClient(servers), Producer(servers), TopicPartition("jobs", 0)
admin.list_topics(timeout=60)
admin.create_topics([NewTopic("jobs", 1, 1)])["jobs"].result()


def produce(count):
    for _ in range(count):
        producer.produce("jobs", b"job")
    assert producer.flush(30) == 0


def work(seconds, reset="earliest", enough=1000):
    consumer = Consumer(servers | {"group.id": "workers", "auto.offset.reset": reset, "auto.commit.interval.ms": 200})
    consumer.subscribe(["jobs"])
    end, count = time.time() + seconds, 0
    while time.time() < end and count < enough:
        message = consumer.poll(0.2)
        count += message is not None and not message.error()
    consumer.close()
    return count


def lag():
    observer = Consumer(servers | {"group.id": "workers"})
    committed = observer.committed([jobs], 20)[0].offset
    start, end = observer.get_watermark_offsets(jobs, 20)
    observer.close()
    return {"committed": committed, "start": start, "end": end, "lag": end - committed}


produce(5)
assert work(20, enough=5) == 5 and lag()["lag"] == 0
produce(95)
admin.delete_records([TopicPartition("jobs", 0, 100)])[jobs].result()
for reset in ("earliest", "latest"):
    count, after = work(7, reset), lag()
    print(f"the consumer ran ({reset}), read {count}, left {after}")
    assert count == 0 and after == {"committed": 5, "start": 100, "end": 100, "lag": 95}
produce(1)
count, after = work(20, enough=1), lag()
print(f"after one more message it read {count}, left {after}")
assert count == 1 and after["lag"] == 0
END
cat <<'END'
Apache Kafka 4.3.1, librdkafka 2.16.0. Expected: nothing to read, no lag. Seen: a lag of 95 that no consumer can work
off until the next message comes. So count lag from the log's start where that is larger than the committed offset.
END

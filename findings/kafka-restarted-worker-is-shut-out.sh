#!/usr/bin/env bash
# Apache Kafka 4.3.1, librdkafka 2.16.0: with the new group protocol a static worker that was killed and started again
# is shut out by its own ghost.
#
# Expected: group.instance.id is there for quick restarts: the new process takes the name over and goes on with the same
#   partitions, at once; the old one, should it still live, is the one that is turned away. group.protocol=consumer,
#   which is to replace "classic", makes the same but without stopping everybody.
# Seen: it is the other way round. As long as the broker counts the dead one as alive (45 s by default, 10 s here), the
#   newcomer gets UNRELEASED_INSTANCE_ID. To librdkafka that is a fatal error (though its fatal() says False): poll
#   returns it once and then nothing for ever, long after the name is free again, so that a worker which logs errors
#   and polls on looks healthy and does nothing. Only a further process, started after the 45 s, gets the partitions.
#   After close() all is well, so tests pass; kill -9, lack of memory and a lost node do not close. (KIP-848, which
#   designed the protocol, has it so.)
# So: end the process when an error's code is _FATAL, and start it again with pauses of more than a few seconds; or
#   leave group.instance.id out with the new protocol; or set the group's consumer.session.timeout.ms low.
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
  offsets.topic.replication.factor=1 group.initial.rebalance.delay.ms=0 group.consumer.session.timeout.ms=10000 \
  group.consumer.min.session.timeout.ms=10000 group.consumer.heartbeat.interval.ms=1000 \
  group.consumer.min.heartbeat.interval.ms=1000 >server.properties
java -cp 'jars/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c server.properties >format.log 2>&1
java -Xmx512m -cp 'jars/*' kafka.Kafka server.properties >broker.log 2>&1 &
broker=$!

cat >worker.py <<'END'
import sys
import time

from confluent_kafka import Consumer, KafkaError

servers, group, protocol, seconds, close = sys.argv[1:]
consumer = Consumer({"bootstrap.servers": servers, "group.id": group, "group.protocol": protocol, "log_level": 0,
                     "group.instance.id": "worker-1", "auto.offset.reset": "earliest", "auto.commit.interval.ms": 200})
consumer.subscribe([group])
end = time.time() + float(seconds)
while time.time() < end:
    message = consumer.poll(0.2)
    if message is None:
        continue
    error = message.error()
    if error is None:
        print(message.value().decode(), flush=True)
    elif error.code() == KafkaError._FATAL and "instance ID is still used" in error.str():
        assert not error.fatal()
        print("shut out", flush=True)
    else:
        print(error, flush=True)
if close == "close":
    consumer.close()
END
venv/bin/python - "127.0.0.1:$port" <<'END'
import subprocess
import sys
import time

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

servers = {"bootstrap.servers": sys.argv[1], "log_level": 2}
admin, producer = AdminClient(servers), Producer(servers)
admin.list_topics(timeout=60)


class Worker:
    def __init__(self, group, protocol, seconds, close="stay"):
        words = [sys.executable, "worker.py", sys.argv[1], group, protocol, str(seconds), close]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)

    def first(self):
        return self.process.stdout.readline().strip()

    def rest(self):
        return self.process.communicate(timeout=120)[0].split()


def send(group, job):
    producer.produce(group, job)
    assert producer.flush(30) == 0


def restart(protocol, how):
    group = f"{protocol}-{how}"
    admin.create_topics([NewTopic(group, 1, 1)])[group].result()
    send(group, b"one")
    old = Worker(group, protocol, 10 if how == "closed" else 120, "close")
    assert old.first() == "one"
    time.sleep(1)
    if how == "killed":
        old.process.kill()
    old.process.wait()
    send(group, b"two")
    new = Worker(group, protocol, 22)
    first, rest = new.first(), new.rest()
    third = "".join(Worker(group, protocol, 12).rest()[:1]) if first == "shut out" else None
    what = f"the new process got {first!r}, then {rest or 'nothing'}; one after that {third!r}"
    print(f"{protocol + ',':9} {how}: {what}", flush=True)
    return first, rest, third


assert restart("classic", "killed")[0] in ("one", "two")
assert restart("consumer", "closed")[0] == "two"
first, rest, third = restart("consumer", "killed")
assert first == "shut out" and rest == [] and third in ("one", "two")
END
cat <<'END'
Apache Kafka 4.3.1, librdkafka 2.16.0. Expected: a restarted static worker takes its name over. Seen: with
group.protocol=consumer it is refused, for good. So end the process on a fatal error and start it again later.
END

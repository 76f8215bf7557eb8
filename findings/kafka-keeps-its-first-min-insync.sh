#!/usr/bin/env bash
# Apache Kafka 4.3.1: min.insync.replicas in server.properties counts at a new cluster's first start only; changed there
# later, it changes nothing.
#
# Expected: as with the file's other settings, a broker that starts again with min.insync.replicas=2 goes by 2; that is
#   what an operator adds who goes from one node to three. A higher message.max.bytes beside it does take effect.
# Seen: it stays at 1, for old topics and new ones, without a warning. New clusters of 4.1 and later have the feature
#   "eligible leader replicas", whose controller writes the value of its first start (1, where none is given) into the
#   cluster's own settings, which go before the file. Jobs sent with acks=all are acknowledged with one copy written
#   where the file says two, and gone with that node. A 2 of the first day cannot be lowered in the file either.
# So: look with DescribeConfigs (kafka-configs.sh --describe --all), not into the file: the source is
#   DYNAMIC_DEFAULT_BROKER_CONFIG. Change it there (--entity-type brokers --entity-default), or per topic.
set -euo pipefail
for tool in java mvn; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install openjdk-17-jre-headless maven" >&2; exit 2; }
done
folder=$(mktemp -d)
broker=
stop() {
  if [ -n "$broker" ]; then kill -9 "$broker" || true; wait "$broker" || true; fi 2>/dev/null
  broker=
}
trap 'stop; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps confluent-kafka==2.16.1
dependency() { echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>"; }
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies>$(dependency org.apache.kafka kafka_2.13 4.3.1)
  $(dependency org.slf4j slf4j-simple 1.7.36)</dependencies></project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }
read -r port controller < <(python3 -c 'import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
listeners="PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller"
printf '%s\n' process.roles=broker,controller node.id=1 "controller.quorum.voters=1@127.0.0.1:$controller" \
  log.dirs=data "listeners=$listeners" controller.listener.names=CONTROLLER >server.properties
java -cp 'jars/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c server.properties >format.log 2>&1

cat >ask.py <<'END'
import sys

from confluent_kafka.admin import AdminClient, ConfigResource, ConfigSource, NewTopic, ResourceType

when, topic = sys.argv[2:]
admin = AdminClient({"bootstrap.servers": sys.argv[1], "log_level": 2})
admin.list_topics(timeout=60)
admin.create_topics([NewTopic(topic, 1, 1)])[topic].result()
topics = [(ResourceType.TOPIC, name) for name in dict.fromkeys(("jobs", topic))]
for kind, name in [(ResourceType.BROKER, "1"), *topics]:
    resource = ConfigResource(kind, name)
    settings = admin.describe_configs([resource])[resource].result()
    setting = settings["min.insync.replicas"]
    seen = (setting.value, ConfigSource(setting.source).name)
    print(f"{when}, {kind.name.lower()} {name}: min.insync.replicas", *seen)
    assert seen == ("1", "DYNAMIC_DEFAULT_BROKER_CONFIG"), seen
    if kind == ResourceType.BROKER:
        size = settings["message.max.bytes"]
        print(f"{when}, broker {name}: message.max.bytes", size.value, ConfigSource(size.source).name)
        assert (size.value == "2000000") == (topic == "results")
END
start_and_ask() { # WHEN TOPIC
  java -Xmx512m -cp 'jars/*' kafka.Kafka server.properties >"$2.log" 2>&1 &
  broker=$!
  venv/bin/python ask.py "127.0.0.1:$port" "$1" "$2"
  stop
}
start_and_ask "first start" jobs
printf '%s\n' min.insync.replicas=2 message.max.bytes=2000000 >>server.properties
start_and_ask "second start" results
if grep -E 'WARN|ERROR' results.log | grep -i insync; then echo "It used to be silent." >&2; exit 1; fi
cat <<'END'
Apache Kafka 4.3.1. Expected: started again with min.insync.replicas=2, the broker goes by 2. Seen: 1, from its first
start, though another setting of the same file took effect. So ask the cluster, and change it there or per topic.
END

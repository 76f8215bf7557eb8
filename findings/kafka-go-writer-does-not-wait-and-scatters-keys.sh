#!/usr/bin/env bash
# segmentio/kafka-go 0.4.51, Apache Kafka 4.3.1: a Writer made as in its README asks for no acknowledgement and has no
# regard for keys: WriteMessages answers nil for a job that the broker refused, and jobs of one key lie in every
# partition.
#
# Expected: a producer that returns without an error has written, as Java's and librdkafka's (acks=all) and as
#   kafka-go's own NewWriter does, which is deprecated in favour of the structure; and one key is one partition.
# Seen: in &kafka.Writer{Addr, Topic, Balancer} RequiredAcks is 0, none. A job that is larger than the topic's
#   max.message.bytes, or comes when too few copies are in sync, is dropped by the broker, and WriteMessages says nil;
#   the same program with NewWriter, whose 0 means all, is told. The README's LeastBytes, beside messages that have
#   keys, and no Balancer at all give messages out in turn: six updates of one photo are in three partitions, and three
#   workers do them in any order. The default of RequiredAcks is in the field's comment, and only there.
# So: RequiredAcks: kafka.RequireAll and Balancer: kafka.Murmur2Balancer{} (Java's partitions) in every Writer; test
#   with a message that the topic does not take.
set -euo pipefail
for tool in go java mvn; do
  command -v "$tool" >/dev/null || { echo "Needs go 1.25 or newer, openjdk-17-jre-headless and maven" >&2; exit 2; }
done
folder=$(mktemp -d)
broker=
end() {
  if [ -n "$broker" ]; then kill -9 "$broker" || true; wait "$broker" || true; fi 2>/dev/null
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
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

cat >go.mod <<'END'
module looks

go 1.25
END
cat >main.go <<'END'
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
)

var address = os.Args[1]

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// kept counts the messages in the topic's three partitions.
func kept(topic string) (counts [3]int64) {
	for partition := range counts {
		connection, err := kafka.DialLeader(context.Background(), "tcp", address, topic, partition)
		must(err)
		counts[partition], err = connection.ReadLastOffset()
		must(err)
		connection.Close()
	}
	return counts
}

func check(right bool) {
	if !right {
		fmt.Println("changed")
		os.Exit(1)
	}
}

func main() {
	client := &kafka.Client{Addr: kafka.TCP(address), Timeout: 10 * time.Second}
	topics := []kafka.TopicConfig{}
	for _, name := range []string{"readme", "old", "all", "keys", "least", "murmur"} {
		topics = append(topics, kafka.TopicConfig{Topic: name, NumPartitions: 3, ReplicationFactor: 1,
			ConfigEntries: []kafka.ConfigEntry{{ConfigName: "max.message.bytes", ConfigValue: "1000"}}})
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		answer, err := client.CreateTopics(context.Background(), &kafka.CreateTopicsRequest{Topics: topics})
		if err == nil {
			for _, err := range answer.Errors {
				must(err)
			}
			break
		}
		if time.Now().After(end) {
			log.Fatal(err)
		}
	}
	time.Sleep(2 * time.Second)

	large := kafka.Message{Value: bytes.Repeat([]byte("photo"), 400)}
	quick := 10 * time.Millisecond
	writers := []struct {
		name, topic string
		writer      *kafka.Writer
		told        bool
	}{
		{"as in the README", "readme", &kafka.Writer{Topic: "readme", Balancer: &kafka.LeastBytes{}}, false},
		{"NewWriter, deprecated", "old", kafka.NewWriter(kafka.WriterConfig{Brokers: []string{address}, Topic: "old"}),
			true},
		{"with RequireAll", "all", &kafka.Writer{Topic: "all", RequiredAcks: kafka.RequireAll}, true},
	}
	for _, each := range writers {
		each.writer.Addr, each.writer.BatchTimeout = kafka.TCP(address), quick
		err := each.writer.WriteMessages(context.Background(), large)
		must(each.writer.Close())
		counts := kept(each.topic)
		fmt.Printf("%-22s a job of %d bytes: kept %v, error %.60v\n", each.name, len(large.Value), counts, err)
		check((err != nil) == each.told && counts == [3]int64{})
	}
	for topic, balancer := range map[string]kafka.Balancer{"keys": nil, "least": &kafka.LeastBytes{},
		"murmur": kafka.Murmur2Balancer{}} {
		writer := &kafka.Writer{Addr: kafka.TCP(address), Topic: topic, Balancer: balancer,
			RequiredAcks: kafka.RequireAll, BatchTimeout: quick}
		for update := range 6 {
			message := kafka.Message{Key: []byte("photo 7"), Value: fmt.Append(nil, update)}
			must(writer.WriteMessages(context.Background(), message))
		}
		must(writer.Close())
		counts := kept(topic)
		fmt.Printf("six updates of one key, Balancer %T: in the three partitions %v\n", writer.Balancer, counts)
		if topic == "murmur" {
			check(max(counts[0], counts[1], counts[2]) == 6)
		} else {
			check(counts == [3]int64{2, 2, 2})
		}
	}
}
END
{ go get github.com/segmentio/kafka-go@v0.4.51 && go build -o looks .; } >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
printf '%s\n' process.roles=broker,controller node.id=1 "controller.quorum.voters=1@127.0.0.1:$controller" log.dirs=data \
  "listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller" controller.listener.names=CONTROLLER \
  offsets.topic.replication.factor=1 >server.properties
java -cp 'jars/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c server.properties >format.log 2>&1
java -Xmx512m -cp 'jars/*' kafka.Kafka server.properties >broker.log 2>&1 &
broker=$!
./looks "127.0.0.1:$port"
cat <<'END'
kafka-go 0.4.51. Expected: nil is written, one key is one partition. Seen: nil is sent, and keys are scattered. So
RequireAll and a Balancer in every Writer.
END

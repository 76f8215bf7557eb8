#!/usr/bin/env bash
# segmentio/kafka-go 0.4.51 (Go), franz-go 1.22.3: a Reader with IsolationLevel: ReadCommitted hands out the jobs of
# aborted transactions, and each transaction's end as a job of its own, with a key of 4 bytes and a value of 6.
#
# Expected: "With ReadCommitted only non-transactional and committed records are visible", says the field's comment. So
#   it is with franz-go and sarama; and the mark that a broker writes at a transaction's
#   end is shown to nobody, at either level.
# Seen: the level goes out with the request, and the broker holds back what is not decided yet. To leave out what was
#   aborted, by the list in the answer, is the client's part, which kafka-go does not do: of three jobs, the second
#   aborted, a worker gets all, and between them "jobs" of zero bytes; the last byte of their key says whether the job
#   before was valid. A GroupID and the default level change nothing, nothing is raised. Open as kafka-go's issue 1332.
#   Apache Kafka 4.4.0 as the broker shows the same as franz-go's kfake here.
# So: another client (franz-go, sarama) where somebody uses transactions (Kafka Streams with exactly_once, Flink, an
#   outbox's connector); test with an aborted job, and count what comes.
set -euo pipefail
command -v go >/dev/null || { echo "Needs go 1.26 or newer" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
printf 'module looks\n\ngo 1.26\n' >go.mod
cat >main.go <<'END'
package main

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// collect gathers jobs up to the last one, and shows what has a key, which no job has, as bytes.
func collect(next func(limit context.Context) (key, value []byte)) string {
	seen := []string{}
	limit, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for !slices.Contains(seen, "sad") {
		key, value := next(limit)
		must(limit.Err())
		if len(key) > 0 {
			value = fmt.Appendf(nil, "[%x:%x]", key, value)
		}
		seen = append(seen, string(value))
	}
	return strings.Join(seen, " ")
}

func byFranz(brokers []string, level kgo.IsolationLevel) string {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics("jobs"), kgo.FetchIsolationLevel(level))
	must(err)
	return collect(func(limit context.Context) (key, value []byte) {
		client.PollRecords(limit, 1).EachRecord(func(record *kgo.Record) { key, value = record.Key, record.Value })
		return key, value
	})
}

func byKafkaGo(brokers []string, level kafka.IsolationLevel, group string) string {
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: brokers, Topic: "jobs", GroupID: group, IsolationLevel: level,
		StartOffset: kafka.FirstOffset, MaxWait: 200 * time.Millisecond})
	defer reader.Close()
	return collect(func(limit context.Context) (key, value []byte) {
		message, err := reader.ReadMessage(limit)
		must(err)
		return message.Key, message.Value
	})
}

func check(name, seen, expected string) {
	fmt.Printf("%-34s %s\n", name, seen)
	if seen != expected {
		log.Fatal("changed: it was ", expected)
	}
}

func main() {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "jobs"))
	must(err)
	brokers, all := cluster.ListenAddrs(), context.Background()
	producer, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.TransactionalID("t"), kgo.DefaultProduceTopic("jobs"))
	must(err)
	for _, job := range []string{"happy", "withdrawn", "sad"} {
		must(producer.BeginTransaction())
		must(producer.ProduceSync(all, kgo.StringRecord(job)).FirstErr())
		must(producer.EndTransaction(all, kgo.TransactionEndTry(job != "withdrawn")))
	}
	seen := "happy [00000001:000000000000] withdrawn [00000000:000000000000] sad"
	check("franz-go, read committed", byFranz(brokers, kgo.ReadCommitted()), "happy sad")
	check("franz-go, read uncommitted", byFranz(brokers, kgo.ReadUncommitted()), "happy withdrawn sad")
	check("kafka-go, read committed", byKafkaGo(brokers, kafka.ReadCommitted, ""), seen)
	check("kafka-go, read committed, a group", byKafkaGo(brokers, kafka.ReadCommitted, "workers"), seen)
	check("kafka-go, read uncommitted", byKafkaGo(brokers, kafka.ReadUncommitted, ""), seen)
}
END
kfake=v0.0.0-20260918054303-01f206a7e32c
{ go get github.com/segmentio/kafka-go@v0.4.51 github.com/twmb/franz-go@v1.22.3 \
  github.com/twmb/franz-go/pkg/kfake@$kfake && go build -o looks .; } >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
./looks
echo "kafka-go 0.4.51. Expected: what was committed. Seen: what was aborted too, and marks. Take another client."

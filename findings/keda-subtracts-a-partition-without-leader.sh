#!/usr/bin/env bash
# KEDA 2.21.0, Apache Kafka 4.4.0: to the scaler "apache-kafka" a partition whose broker is down ends at -1: its lag is
# as far below zero as it has had jobs in its life, and hides what waits in all others.
#
# Expected: an error, as from the scaler "kafka" for the same topic: KEDA then keeps the workers, or goes by "fallback".
#   Or the lag of the partitions that can be read.
# Seen: of four partitions three have 100 jobs waiting each, the fourth has none, and the one broker that keeps it is
#   stopped. The lag was 300; it becomes 0, not active, without an error and without a line in the log. kafka-go's
#   ListOffsets answers with offset -1 and an Error for that partition; the scaler reads the offset and not the Error,
#   takes off the 500 that were done, adds -501 to 300, and sends what is below zero as 0. The workers go down to
#   minReplicaCount, or to none, while three partitions fill up, until the broker is back. A topic with copies is hit
#   until the next leader is known. The documentation calls this scaler experimental and names other differences from
#   "kafka", not this one.
# So: the scaler "kafka", with "fallback"; where it has to be "apache-kafka" (IAM of AWS), minReplicaCount above 0,
#   copies of every topic, and an alert on partitions without a leader. Test by stopping one broker of two.
set -euo pipefail
for tool in go java mvn; do
  command -v "$tool" >/dev/null || { echo "Needs go 1.26 or newer, openjdk-17-jre-headless and maven" >&2; exit 2; }
done
folder=$(mktemp -d)
brokers=()
end() {
  for broker in "${brokers[@]}"; do kill -9 "$broker" || true; wait "$broker" || true; done 2>/dev/null
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
dependency() { echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>"; }
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies>$(dependency org.apache.kafka kafka_2.13 4.4.0) $(dependency org.slf4j slf4j-simple 1.7.36)</dependencies>
</project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }

# KEDA's two scalers and its reader of settings, as they are. Of what they import, the clouds' and TLS's parts are
# replaced by nothing: they would take many minutes to compile, and are not used here.
go mod download github.com/kedacore/keda/v2@v2.21.0
keda=$GOPATH/pkg/mod/github.com/kedacore/keda/v2@v2.21.0
mkdir -p iam pkg/{eventreason,util,scalers/{aws,kafka,scalersconfig}}
for file in go.mod go.sum pkg/scalers/{scaler,{,apache_}kafka_scaler,kafka/kafka_scram_client}.go \
  pkg/scalers/scalersconfig/typed_config.go pkg/eventreason/eventreason.go pkg/util/normalize_string.go; do
  cp "$keda/$file" "$file"
done
chmod u+w go.*
go mod edit -replace=github.com/segmentio/kafka-go/sasl/aws_msk_iam_v2=./iam
echo "module github.com/segmentio/kafka-go/sasl/aws_msk_iam_v2" >iam/go.mod
sed -e '/client-go\|kedav1alpha1 "/d; s/kedav1alpha1.AuthPodIdentity/any/' \
  -e 's/events.EventRecorder/interface{ Eventf(_, _ runtime.Object, _, _, _, _ string, _ ...any) }/' \
  "$keda/pkg/scalers/scalersconfig/scalersconfig.go" >pkg/scalers/scalersconfig/scalersconfig.go
replace() { printf 'package %s\n\nimport "%s"\n\n%s\n' "$2" "$3" "$4" >"$1"; }
replace iam/iam.go aws_msk_iam_v2 github.com/segmentio/kafka-go/sasl 'func NewMechanism(int) (m sasl.Mechanism) { return }'
replace pkg/scalers/aws/aws.go aws context 'type AuthorizationMetadata struct{}

func GetAwsConfig(context.Context, AuthorizationMetadata) (a *int, err error) { return }

func GetAwsAuthorization(_, _ string, _ any, _, _, _ map[string]string) (a AuthorizationMetadata, err error) { return }'
replace pkg/scalers/kafka/oauth.go kafka github.com/IBM/sarama 'type provider = sarama.AccessTokenProvider

func OAuthBearerTokenProvider(_, _, _ string, _ []string, _ map[string]string) (p provider) { return }

func OAuthMSKTokenProvider(*int) (p provider) { return }'
replace pkg/util/tls.go util crypto/tls \
  'func NewTLSConfigWithPassword(_, _, _, _ string, _ bool) (c *tls.Config, err error) { return }'
cat >main.go <<'END'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/kedacore/keda/v2/pkg/scalers"
	"github.com/kedacore/keda/v2/pkg/scalers/scalersconfig"
	"github.com/segmentio/kafka-go"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

var (
	ctx    = context.Background()
	server = os.Args[1]
	client = &kafka.Client{Addr: kafka.TCP(server), Timeout: 20 * time.Second}
)

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

type partition int

func (p partition) Balance(kafka.Message, ...int) int { return int(p) }

// persist tries for a minute: brokers are starting and electing leaders.
func persist(try func() error) {
	err := try()
	for end := time.Now().Add(time.Minute); err != nil && time.Now().Before(end); err = try() {
		time.Sleep(time.Second)
	}
	must(err)
}

// prepare keeps partitions 0 to 2 on broker 1, 3 on broker 2; each has 500 jobs, of which 400, or all of 3's, are done.
func prepare() {
	topic := kafka.TopicConfig{Topic: "jobs", NumPartitions: -1, ReplicationFactor: -1}
	done := []kafka.OffsetCommit{}
	for p := range 4 {
		topic.ReplicaAssignments = append(topic.ReplicaAssignments,
			kafka.ReplicaAssignment{Partition: p, Replicas: []int{1 + p/3}})
		done = append(done, kafka.OffsetCommit{Partition: p, Offset: int64(400 + p/3*100)})
	}
	persist(func() error {
		answer, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{topic}})
		if err == nil {
			err = answer.Errors["jobs"]
		}
		return err
	})
	for p := range 4 {
		writer := &kafka.Writer{Addr: client.Addr, Topic: "jobs", Balancer: partition(p), RequiredAcks: kafka.RequireAll,
			BatchTimeout: 10 * time.Millisecond, BatchSize: 500}
		persist(func() error { return writer.WriteMessages(ctx, make([]kafka.Message, 500)...) })
	}
	persist(func() error {
		answer, err := client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{GroupID: "workers", GenerationID: -1,
			Topics: map[string][]kafka.OffsetCommit{"jobs": done}})
		for p := 0; err == nil && p < 4; p++ {
			err = answer.Topics["jobs"][p].Error
		}
		return err
	})
}

// ask says what KEDA hands on to Kubernetes: the lag, and whether there is work.
func ask(name string) string {
	config := &scalersconfig.ScalerConfig{TriggerMetadata: map[string]string{"bootstrapServers": server, "topic": "jobs",
		"consumerGroup": "workers", "lagThreshold": "100", "offsetResetPolicy": "earliest"}}
	scaler, err := scalers.NewKafkaScaler(ctx, config)
	if name == "apache-kafka" {
		scaler, err = scalers.NewApacheKafkaScaler(ctx, config)
	}
	must(err)
	values, active, err := scaler.GetMetricsAndActivity(ctx, "lag")
	if err != nil {
		fmt.Printf("  %-13s%.90v\n", name, err)
		return "error"
	}
	fmt.Printf("  %-13slag %v, active %v\n", name, values[0].Value.String(), active)
	return values[0].Value.String()
}

func main() {
	log.SetLogger(funcr.New(func(_, line string) { fmt.Println("  log:", line) }, funcr.Options{}))
	want := []string{"300", "300"}
	if os.Args[2] == "prepare" {
		prepare()
	} else {
		want = []string{"error", "0"}
	}
	offsets, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{
		"jobs": {kafka.LastOffsetOf(0), kafka.LastOffsetOf(3)}}})
	must(err)
	for _, p := range offsets.Topics["jobs"] {
		fmt.Printf("  partition %d ends at %d, error %v\n", p.Partition, p.LastOffset, p.Error)
	}
	if ask("kafka") != want[0] || ask("apache-kafka") != want[1] {
		must(fmt.Errorf("changed: expected %v", want))
	}
}
END
go build -o looks . >log.txt 2>&1 || { cat log.txt >&2; exit 1; }

read -r first second controller < <(python3 -c 'import socket
sockets = [socket.socket() for _ in range(3)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
common=("controller.quorum.voters=1@127.0.0.1:$controller" controller.listener.names=CONTROLLER
  offsets.topic.replication.factor=2)
printf '%s\n' "${common[@]}" node.id=1 log.dirs=data1 process.roles=broker,controller \
  "listeners=PLAINTEXT://127.0.0.1:$first,CONTROLLER://127.0.0.1:$controller" >1.properties
printf '%s\n' "${common[@]}" node.id=2 log.dirs=data2 process.roles=broker \
  "listeners=PLAINTEXT://127.0.0.1:$second" >2.properties
for id in 1 2; do
  java -cp 'jars/*' kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAA -c "$id.properties" >format.log 2>&1
  java -Xmx384m -cp 'jars/*' kafka.Kafka "$id.properties" >"$id.log" 2>&1 &
  brokers+=("$!")
done
echo "both brokers run"
./looks "127.0.0.1:$first" prepare
{ kill -9 "${brokers[1]}"; wait "${brokers[1]}" || true; } 2>/dev/null
sleep 12 # until the controller has noticed
echo "the broker of partition 3 is down"
./looks "127.0.0.1:$first" again
cat <<'END'
KEDA 2.21.0, scaler apache-kafka. Expected: an error, or 300 waiting. Seen: a lag of 0, because a partition with nothing
to do has no broker at the moment. So the scaler kafka, which says so; minReplicaCount above 0.
END

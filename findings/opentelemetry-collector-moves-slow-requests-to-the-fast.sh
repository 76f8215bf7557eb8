#!/usr/bin/env bash
# OpenTelemetry Collector (contrib) 0.165.0, metricstransform's aggregate_labels: added up over workers, an exponential
# histogram's slow requests are moved to the fast ones, if a worker with faster ones comes second.
#
# Expected: an exponential histogram lists counts from a first bucket on (the offset). Two of one scale are added
#   bucket by bucket, whichever comes first; the operation's name is aggregate_labels, its aggregation_type sum.
# Seen: if the second one begins at a higher bucket, the sum is right. If it begins at a lower one, its counts that are not
#   zero are put before the first one's, one beside the other, and the offset is the lower one: the buckets between them
#   vanish, and where both overlap nothing is added, so that all behind is moved up
#   (internal/coreinternal/aggregateutil/aggregate.go, mergeExponentialHistogramBuckets). Of 100 requests of
#   33 to 64 s at a stuck worker and 900 of 0.25 to 1 s at others, none is above 2 s any more. Count and sum
#   are right, nothing is logged. The points' order is that of the SDK, so that it is right today and wrong after a restart.
#   The transform processor's aggregate_on_attributes uses the same function.
# So: buckets with explicit bounds where the collector aggregates, or leave the labels to the query; a test with a slow
#   worker first.
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
	"math"
	"strings"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/metricstransformprocessor"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/processor"
	metrics "go.opentelemetry.io/otel/metric/noop"
	traces "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

// last keeps what came out of the processor.
type last struct{ metrics pmetric.Metrics }
func (l *last) Capabilities() consumer.Capabilities { return consumer.Capabilities{} }
func (l *last) ConsumeMetrics(_ context.Context, metrics pmetric.Metrics) error {
	l.metrics = metrics
	return nil
}

// worker is a histogram of scale 0: bucket i holds what is above 2^i and up to 2^(i+1) seconds.
type worker struct {
	name   string
	offset int
	counts []uint64
}

var workers = map[string]worker{
	"fast":  {"fast", -2, []uint64{600, 300}},          // 0.25 to 1 s
	"mixed": {"mixed", -2, []uint64{1, 0, 0, 8, 4, 2}}, // 0.25 to 16 s, with a gap
	"usual": {"usual", 0, []uint64{50, 40, 30}},        // 1 to 8 s
	"stuck": {"stuck", 5, []uint64{100}},               // 32 to 64 s
	"slow":  {"slow", 5, []uint64{7, 3}},               // 32 to 128 s
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	to, all := &last{}, context.Background()
	factory := metricstransformprocessor.NewFactory()
	settings := factory.CreateDefaultConfig()
	sum := map[string]any{"action": "aggregate_labels", "label_set": []any{}, "aggregation_type": "sum"}
	must(confmap.NewFromStringMap(map[string]any{"transforms": []any{map[string]any{
		"include": "seconds", "action": "update", "operations": []any{sum}}}}).Unmarshal(settings))
	transform, err := factory.CreateMetrics(all, processor.Settings{ID: component.NewID(factory.Type()),
		TelemetrySettings: component.TelemetrySettings{Logger: zap.NewNop(), TracerProvider: traces.NewTracerProvider(),
			MeterProvider: metrics.NewMeterProvider()}}, settings, to)
	must(err)
	must(transform.Start(all, nil))
	for _, example := range []struct {
		names []string
		wrong bool
	}{
		{[]string{"fast", "stuck"}, false}, {[]string{"stuck", "fast"}, true},
		{[]string{"fast", "usual"}, false}, {[]string{"usual", "fast"}, false},
		{[]string{"stuck", "slow"}, false}, {[]string{"slow", "stuck"}, false},
		{[]string{"mixed", "usual"}, false}, {[]string{"usual", "mixed"}, true},
		{[]string{"fast", "usual", "stuck"}, false}, {[]string{"stuck", "usual", "fast"}, true},
	} {
		in := pmetric.NewMetrics()
		metric := in.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
		metric.SetName("seconds")
		histogram := metric.SetEmptyExponentialHistogram()
		histogram.SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		right, total := map[int]uint64{}, uint64(0)
		for _, name := range example.names {
			from, point := workers[name], histogram.DataPoints().AppendEmpty()
			point.Attributes().PutStr("worker", name)
			point.Positive().SetOffset(int32(from.offset))
			point.Positive().BucketCounts().FromRaw(from.counts)
			count := uint64(0)
			for i, n := range from.counts {
				right[from.offset+i] += n
				count += n
			}
			point.SetCount(count)
			total += count
		}
		must(transform.ConsumeMetrics(all, in))
		points := to.metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).ExponentialHistogram().DataPoints()
		if points.Len() != 1 || points.At(0).Count() != total {
			log.Fatal("changed: not one point with all requests")
		}
		seen := map[int]uint64{}
		for i, n := range points.At(0).Positive().BucketCounts().AsRaw() {
			seen[int(points.At(0).Positive().Offset())+i] += n
		}
		equal, above, aboveRight, slowest, slowestRight := true, uint64(0), uint64(0), 0.0, 0.0
		for bucket := -10; bucket < 20; bucket++ {
			equal = equal && seen[bucket] == right[bucket]
			if bucket >= 2 {
				above, aboveRight = above+seen[bucket], aboveRight+right[bucket]
			}
			if seen[bucket] > 0 {
				slowest = math.Exp2(float64(bucket + 1))
			}
			if right[bucket] > 0 {
				slowestRight = math.Exp2(float64(bucket + 1))
			}
		}
		fmt.Printf("%-18s %4d requests, above 4 s %3d for %3d, slowest up to %3g s for %3g s\n",
			strings.Join(example.names, ", "), total, above, aboveRight, slowest, slowestRight)
		if equal == example.wrong {
			log.Fatal("changed")
		}
	}
}
END
contrib=github.com/open-telemetry/opentelemetry-collector-contrib collector=go.opentelemetry.io/collector
{ go get $contrib/processor/metricstransformprocessor@v0.165.0 $collector/{component,consumer,pdata/pmetric,processor}@v1.71.0 \
  $collector/confmap@v1.71.0 go.opentelemetry.io/otel/{metric,trace}/noop@v1.47.0 go.uber.org/zap@v1.28.0 &&
  go build -o looks .; } >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
./looks
cat <<'END'
Collector contrib 0.165.0. Expected: buckets are added whichever worker comes first. Seen: a slow worker's requests are
moved to the fast ones' buckets where it comes first. So explicit buckets, or the sum in the query.
END

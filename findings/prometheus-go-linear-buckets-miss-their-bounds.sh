#!/usr/bin/env bash
# Prometheus client_golang 1.25.0 (client_java 1.10.0 beside it): LinearBuckets(0.1, 0.1, 10) for scores ends at
# 0.9999999999999999: no bucket is le="0.8", a score of 0.8 is above its own bound, and 1 is beyond the last.
#
# Expected: bounds of 0.1, 0.2, … 1, as the arguments say, and as client_java's classicLinearUpperBounds(0.1, 0.1, 10)
#   has them, which calculates in decimals for this.
# Seen: the bounds are summed up in float64: 0.30000000000000004, then 0.4 to 0.7, then 0.7999999999999999,
#   0.8999999999999999, 0.9999999999999999. The query for sure answers, 1 - …_bucket{le="0.8"} / …_count, finds no
#   series, and its alert stays silent; le="0.5" beside it works, as does LinearBuckets(1, 1, 10) in a test. Scores that
#   were rounded (0.8, 0.9, 1) are counted one bucket higher. Added up by le, a gateway in Java and a worker in Go with
#   the same three numbers have buckets of each alone and of both in turn: counts that fall as the bound rises, of which
#   histogram_quantile makes something that was never measured. With 0.05 twelve of twenty bounds are off. Rust's client
#   left summing up in 2019; the Go function's documentation speaks of start and width only.
# So: write the bounds out, or divide whole numbers (i / 10.0); look at /metrics for long bounds; native histograms
#   where there is a choice.
set -euo pipefail
for tool in go javac mvn; do
  command -v "$tool" >/dev/null || { echo "Needs go 1.26, openjdk-17-jdk-headless and maven" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies><dependency><groupId>io.prometheus</groupId><artifactId>prometheus-metrics-core</artifactId>
  <version>1.10.0</version></dependency></dependencies></project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }
cat >go.mod <<'END'
module looks

go 1.26
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"os"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
)

// One histogram of eleven scores, 0.0, 0.1 and so on up to 1.0, as a scrape gets it.
func main() {
	bounds := prometheus.LinearBuckets(0.1, 0.1, 10)
	if len(os.Args) > 1 {
		for i := range bounds {
			bounds[i] = float64(i+1) / 10
		}
	}
	scores := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "score", Buckets: bounds})
	registry := prometheus.NewRegistry()
	registry.MustRegister(scores)
	for tenths := range 11 {
		scores.Observe(float64(tenths) / 10)
	}
	families, err := registry.Gather()
	if err != nil {
		panic(err)
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(os.Stdout, family); err != nil {
			panic(err)
		}
	}
	off := 0
	for i, bound := range prometheus.LinearBuckets(0.05, 0.05, 20) {
		if bound != float64(i+1)/20 {
			off++
		}
	}
	fmt.Fprintln(os.Stderr, off, "of 20 bounds are off for 0.05")
}
END
cat >Looks.java <<'END'
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBucket;

public class Looks {
    public static void main(String[] arguments) {
        Histogram scores = Histogram.builder().name("score").classicOnly().classicLinearUpperBounds(0.1, 0.1, 10)
                .register(new PrometheusRegistry());
        for (int tenths = 0; tenths <= 10; tenths++) {
            scores.observe(tenths / 10.0);
        }
        long count = 0;
        for (ClassicHistogramBucket bucket : scores.collect().getDataPoints().get(0).getClassicBuckets()) {
            count += bucket.getCount();
            String bound = Double.isInfinite(bucket.getUpperBound()) ? "+Inf" : "" + bucket.getUpperBound();
            System.out.println("score_bucket{le=\"" + bound.replaceAll("\\.0$", "") + "\"} " + count);
        }
    }
}
END
{ go get github.com/prometheus/client_golang/prometheus@v1.25.0 github.com/prometheus/common/expfmt@v0.72.0 &&
  go build -o looks .; } >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
javac -cp 'jars/*' Looks.java
buckets() { sed -n 's/^score_bucket{le="\(.*\)"} /\1 /p'; }
./looks 2>off.txt | buckets >go.txt
./looks divided 2>/dev/null | buckets >divided.txt
java -cp 'jars/*:.' Looks | buckets >java.txt
sed 's/+Inf/inf/' go.txt java.txt | awk '{sum[$1] += $2} END {for (le in sum) print le, sum[le]}' | sort -g >both.txt
for name in go divided java both; do
  printf '%-8s' "$name:"
  tr '\n' ',' <"$name.txt"
  echo
done
cat off.txt
changed() { echo "changed: $1" >&2; exit 1; }
[ "$(cut -d' ' -f1 java.txt | tr '\n' ' ')" = "0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1 +Inf " ] || changed "Java's bounds"
cmp -s divided.txt java.txt || changed "divided bounds are not Java's"
[ "$(sed -n '8,11p' go.txt | tr '\n' ' ')" = \
  "0.7999999999999999 8 0.8999999999999999 9 0.9999999999999999 10 +Inf 11 " ] || changed "Go's last bounds"
grep -q '^0.5 6$' go.txt || changed "Go's 0.5"
if grep -q '^0.8 ' go.txt; then changed "there is a bucket of 0.8"; fi
awk '$2 < before {falls++} {before = $2} END {exit !(falls >= 2)}' both.txt || changed "the sum rises"
grep -q '^12 ' off.txt || changed "$(cat off.txt)"
cat <<'END'
client_golang 1.25.0. Expected: buckets of 0.1, 0.2, … 1, as in client_java. Seen: 0.7999999999999999, and none of 0.8.
So write the bounds out.
END

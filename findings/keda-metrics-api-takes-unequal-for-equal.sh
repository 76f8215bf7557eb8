#!/usr/bin/env bash
# KEDA 2.21.0: the scaler "metrics-api" with format "prometheus" takes != and !~ for =: jobs_waiting{lane!="bulk"} is the
# number of bulk jobs; and of several series it takes the first that is printed.
#
# Expected: valueLocation is read by Prometheus's own parser, which refuses what is no selector, so a selector means
#   what it means in Prometheus: every lane but bulk. And where several series are left, their sum or an error, as the
#   scaler "prometheus" has it ("returned multiple elements").
# Seen: the scaler compares each matcher's name and value with the labels and does not look at its type. lane!="bulk" and
#   lane!~"bulk" give exactly the series that was to be left out: workers for quick photos are scaled by the 500 of the
#   bulk lane, and down to the fewest when it is empty, whatever waits in theirs. A real pattern is "not found", and so is
#   any matcher of a label that a series does not have. Where several series match, the first that is printed counts,
#   with most client libraries the first by the alphabet. The documentation describes paths with dots for this format,
#   which the parser refuses.
# So: only =, with every label that tells the series apart; or publish one number without labels; or the scaler
#   "prometheus". A test with two lanes of different length.
set -euo pipefail
command -v go >/dev/null || { echo "Needs go 1.26 or newer" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
go mod download github.com/kedacore/keda/v2@v2.21.0
keda=$GOPATH/pkg/mod/github.com/kedacore/keda/v2@v2.21.0
cp "$keda"/go.{mod,sum} .

# The function that the scaler's GetMetricsAndActivity gets its number from, as it is; all of KEDA takes many minutes to
# compile.
{
  printf '%s\n' 'package main' '' 'import (' '	"fmt"' '	"strings"' '' '	"github.com/prometheus/common/expfmt"' \
    '	"github.com/prometheus/common/model"' '	"github.com/prometheus/prometheus/promql/parser"' ')' ''
  sed -n 's/^	promQLParser/var promQLParser/p; /^func getValueFromPrometheusResponse/,/^}/p' \
    "$keda/pkg/scalers/metrics_api_scaler.go"
} >keda.go
cat >main.go <<'END'
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

const page = `# TYPE jobs_waiting gauge
jobs_waiting{lane="bulk"} 500
jobs_waiting{lane="interactive"} 2
jobs_waiting{lane="night"} 40
`

// selected asks the parsed selector itself, as Prometheus does: the values of all series that match.
func selected(selector string) (values []float64) {
	matchers, err := promQLParser.ParseMetricSelector(selector)
	if err != nil {
		panic(err)
	}
	reader := expfmt.NewTextParser(model.UTF8Validation)
	families, err := reader.TextToMetricFamilies(strings.NewReader(page))
	if err != nil {
		panic(err)
	}
	for _, metric := range families["jobs_waiting"].GetMetric() {
		matches := true
		for _, matcher := range matchers {
			value := ""
			for _, label := range metric.GetLabel() {
				if label.GetName() == matcher.Name {
					value = label.GetValue()
				}
			}
			matches = matches && (matcher.Name == "__name__" || matcher.Matches(value))
		}
		if matches {
			values = append(values, metric.GetGauge().GetValue())
		}
	}
	return values
}

func main() {
	fmt.Print(page)
	for _, test := range []struct{ selector, keda, prometheus string }{
		{`jobs_waiting{lane="bulk"}`, "500", "[500]"},
		{`jobs_waiting{lane="interactive"}`, "2", "[2]"},
		{`jobs_waiting{lane!="bulk"}`, "500", "[2 40]"},
		{`jobs_waiting{lane!~"bulk"}`, "500", "[2 40]"},
		{`jobs_waiting{lane!="bulk",lane!="night"}`, "error", "[2]"},
		{`jobs_waiting{lane!="interactive"}`, "2", "[500 40]"},
		{`jobs_waiting{lane=~"interactive|night"}`, "error", "[2 40]"},
		{`jobs_waiting{lane=~"interactive"}`, "2", "[2]"},
		{`jobs_waiting{host!="old"}`, "error", "[500 2 40]"},
		{`jobs_waiting{lane="bulk",host=""}`, "error", "[500]"},
		{`jobs_waiting`, "500", "[500 2 40]"},
	} {
		value, err := getValueFromPrometheusResponse([]byte(page), test.selector)
		keda := fmt.Sprint(value)
		if err != nil {
			keda = "error"
		}
		prometheus := fmt.Sprint(selected(test.selector))
		fmt.Printf("%-42s KEDA %-6s Prometheus %s\n", test.selector, keda, prometheus)
		if keda != test.keda || prometheus != test.prometheus {
			fmt.Println("changed: expected", test.keda, "and", test.prometheus)
			os.Exit(1)
		}
	}
	if _, err := getValueFromPrometheusResponse([]byte(page), "jobs.waiting"); err == nil {
		fmt.Println("changed: a path with dots is read")
		os.Exit(1)
	}
}
END
go build -o looks . >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
./looks
cat <<'END'
KEDA 2.21.0, scaler metrics-api. Expected: {lane!="bulk"} is every lane but bulk. Seen: it is bulk, 500 instead of 2 and
40; without a matcher the first series of three. So only =, or one number without labels.
END

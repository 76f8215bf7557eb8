#!/usr/bin/env bash
# Prometheus 2.42 (Debian 12): a rule whose range is as long as the scrape interval passes promtool's test and is
# silent on the server.
#
# Expected: promtool test rules judges a rule as the server does: rate(failures[1m]) with a sample a minute has a value
#   in both, or in neither.
# Seen: promtool puts samples and evaluations on the same full seconds and counts both ends of a range, so that there
#   are two samples and a rate. A server scrapes each target at a moment of its own and evaluates at another: one
#   sample, no rate, no alert, no error. In 20 evaluations of the very same rule by a server none had a value (a few
#   may, when a busy machine scrapes early), while the counter was there and grew.
# So: make ranges four times the scrape interval, and let a test's samples fall beside its evaluations (interval: 50s,
#   evaluation_interval: 1m), or try a rule on a server once.
set -euo pipefail
for tool in apt-get dpkg-deb python3; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: only tried on Debian 12; apt-get install python3" >&2; exit 2; }
done
folder=$(mktemp -d)
pids=()
end() {
  if [ "${#pids[@]}" -gt 0 ]; then kill "${pids[@]}" || true; wait "${pids[@]}" || true; fi 2>/dev/null
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"
apt-get download -qq prometheus 2>warnings.txt || { cat warnings.txt >&2; echo "apt-get update first?" >&2; exit 1; }
dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool ./usr/bin/prometheus
case $(usr/bin/promtool --version 2>&1) in
  *"version 2.42."*) ;;
  *) echo "Only tried with Prometheus 2.42, which Debian 12 has" >&2; exit 2 ;;
esac

cat >rules.yml <<'END'
groups:
  - name: failures
    interval: 2s
    rules:
      - alert: Failing
        expr: rate(failures_total[2s]) > 0
      - record: evaluations
        expr: failures_total * 0
END
cat >test.yml <<'END'
rule_files: [rules.yml]
evaluation_interval: 2s
tests:
  - interval: 2s
    input_series: [{series: failures_total, values: 0+1x30}]
    alert_rule_test:
      - {eval_time: 10s, alertname: Failing, exp_alerts: [{}]}
      - {eval_time: 60s, alertname: Failing, exp_alerts: [{}]}
END
usr/bin/promtool test rules test.yml
echo "promtool: the alert fires"

read -r page port < <(python3 -c 'import socket
free = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*[one.getsockname()[1] for one in free])')
cat >service.py <<'END'
import http.server
import sys
import time


class Metrics(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"failures_total {int(time.time())}\n".encode())


http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Metrics).serve_forever()
END
python3 service.py "$page" 2>service.log &
pids+=("$!")
cat >prometheus.yml <<END
global: {scrape_interval: 2s}
rule_files: [rules.yml]
scrape_configs: [{job_name: service, static_configs: [{targets: ["127.0.0.1:$page"]}]}]
END
usr/bin/prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address="127.0.0.1:$port" \
  --web.console.templates=. --web.console.libraries=. >server.log 2>&1 &
pids+=("$!")
ask() { # nothing while the server starts
  { usr/bin/promtool query instant "http://127.0.0.1:$port" "$1" 2>/dev/null || true; } | sed -E 's/.*=> ([^ ]+) .*/\1/'
}
for _ in $(seq 120); do
  evaluations=$(ask 'count_over_time(evaluations[5m])')
  if [ "${evaluations:-0}" -ge 20 ]; then break; fi
  sleep 1
done
fired=$(ask 'count_over_time(ALERTS{alertname="Failing"}[5m])')
grown=$(ask 'increase(failures_total[30s]) > bool 5')
echo "server: $evaluations evaluations, the counter grows: $grown, the alert fired in ${fired:-none} of them"
[ "$evaluations" -ge 20 ] && [ "$grown" = 1 ] && [ "${fired:-0}" -le 4 ]
cat <<'END'
Prometheus 2.42. Expected: what passes promtool's test fires on the server. Seen: a range as long as the scrape interval
has two samples in the test and one on the server. So make ranges four times as long.
END

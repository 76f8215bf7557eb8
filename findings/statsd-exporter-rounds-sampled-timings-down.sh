#!/usr/bin/env bash
# statsd_exporter 0.31.0 (Prometheus): of timings that are sampled at any rate from 0.51 to 0.99 only what was sent is
# counted: at @0.6 a thousand requests are 600; a counter sampled so is a thousand.
#
# Expected: StatsD's sampling says how many events a line stands for, 1 / rate of them, whether it is a counter or,
#   since 2013 in StatsD itself, a timing; so that rate(…_count) is the traffic, whatever the clients are set to.
# Seen: a counter is divided by the rate. A timing, histogram or distribution is observed int(1 / rate) times: twice at
#   0.5, but once at 0.6, 0.75 and 0.9, twice at 0.4, three times at 0.3. Count and sum are both too small, so that the
#   mean looks right; the traffic is up to half too low and falls when a client goes from 0.5 to 0.6. Errors by a
#   counter, of requests by their timings, are 5 % in truth and 8 % on the dashboard; and where a worker samples at 0.6
#   and another not at all, the first one's times have too little weight in every quantile. No error is counted. The
#   README does not speak of rates.
# So: sampling rates of 1 / n for all but counters (0.5, 0.25, 0.2, 0.1), or a counter beside each timing and none taken
#   from _count; a test that sends 1000 timings through the client's real rate.
set -euo pipefail
for tool in go python3; do
  command -v "$tool" >/dev/null || { echo "Needs go 1.25 or newer and python3" >&2; exit 2; }
done
folder=$(mktemp -d)
exporter=
end() {
  if [ -n "$exporter" ]; then kill "$exporter" || true; wait "$exporter" || true; fi 2>/dev/null
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
go install github.com/prometheus/statsd_exporter@v0.31.0 >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
read -r web lines < <(python3 -c 'import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))')
go/bin/statsd_exporter "--web.listen-address=127.0.0.1:$web" "--statsd.listen-tcp=127.0.0.1:$lines" \
  --statsd.listen-udp= >exporter.log 2>&1 &
exporter=$!

python3 - "$web" "$lines" <<'END'
import re
import socket
import sys
import time
import urllib.request

web, lines = map(int, sys.argv[1:])
REQUESTS = 1000  # of 50 ms each; a client that samples sends this many times the rate
KINDS = {"timing": "50|ms", "histogram": "50|h", "distribution": "50|d", "counter": "1|c"}
EXPECTED = {"1": 1000, "0.9": 900, "0.75": 750, "0.6": 600, "0.5": 1000, "0.4": 800, "0.3": 900, "0.25": 1000,
            "0.1": 1000}


def metrics():
    with urllib.request.urlopen(f"http://127.0.0.1:{web}/metrics") as answer:
        return answer.read().decode()


def value(text, name):
    found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


sent = 0
for attempt in range(100):
    try:
        connection = socket.create_connection(("127.0.0.1", lines))
        break
    except ConnectionRefusedError:
        time.sleep(0.3)
with connection:
    for kind, body in KINDS.items():
        for rate in EXPECTED:
            count = round(REQUESTS * float(rate))
            sampled = "" if rate == "1" else f"|@{rate}"
            connection.sendall(f"{kind}_{rate.replace('.', '_')}:{body}{sampled}\n".encode() * count)
            sent += count
for attempt in range(100):
    time.sleep(0.5)
    text = metrics()
    if value(text, "statsd_exporter_lines_total") == sent and text == metrics():
        break
time.sleep(1)
text = metrics()
errors = sum(map(float, re.findall(r"^statsd_exporter_sample_errors_total\S* (\S+)$", text, re.MULTILINE)))
print(f"{sent} lines sent, {errors:.0f} errors counted")
assert not errors
for kind in KINDS:
    seen = {}
    for rate in EXPECTED:
        name = f"{kind}_{rate.replace('.', '_')}"
        seen[rate] = value(text, name if kind == "counter" else f"{name}_count")
    print(f"{kind:12} of {REQUESTS} at", ", ".join(f"@{rate} {count:.0f}" for rate, count in seen.items()))
    for rate, count in seen.items():
        assert round(count) == (REQUESTS if kind == "counter" else EXPECTED[rate]), (kind, rate, count)
mean = value(text, "timing_0_6_sum") / value(text, "timing_0_6_count")
print(f"mean of the timings at @0.6: {mean:.3f} s")
assert abs(mean - 0.05) < 1e-6
END
cat <<'END'
statsd_exporter 0.31.0. Expected: 1 / rate events for each line. Seen: that, rounded down, unless it is a counter. So
rates of 1 / n for timings.
END

#!/usr/bin/env bash
# librdkafka 2.16.0: a burst of messages without a key goes to one partition, so one of four workers gets all forty
# jobs.
#
# Expected: the default partitioner, consistent_random, spreads messages without a key at random: about ten of forty
#   to each of four partitions, so that four workers share a person's forty photos.
# Seen: all forty lie in one partition: for sticky.partitioning.linger.ms (10 ms by default) one partition is kept,
#   and a burst is over by then. An empty key, which other clients hash to one fixed partition, counts as none. With
#   linger.ms=0, a setting about delay, messages are spread; with sticky.partitioning.linger.ms=0 too.
# So: give jobs keys of their own (an id), or set one of the two; and test with a burst, because slow tests spread
#   nicely, and so do many a new producer's very first messages, sent before it knows the topic. Runs on librdkafka's
#   own mock broker, in one process.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  confluent-kafka==2.16.1

cd "$folder"
venv/bin/python - <<'END'
import time
from collections import Counter
from statistics import median

from confluent_kafka import Producer

mock = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 2})
broker = next(iter(mock.list_topics(timeout=30).brokers.values()))
assert len(mock.list_topics("jobs", timeout=30).topics["jobs"].partitions) == 4


def burst(key=lambda number: None, **settings):
    """In how many partitions forty messages lie, the middle of nine bursts (a busy machine may stretch one)."""
    producer = Producer({"bootstrap.servers": f"{broker.host}:{broker.port}", "log_level": 2} | settings)
    producer.produce("jobs", b"first")
    assert producer.flush(30) == 0
    counts = []
    for _ in range(9):
        time.sleep(0.05)
        partitions = Counter()
        for number in range(40):
            producer.produce("jobs", b"job", key=key(number), on_delivery=lambda _, m: partitions.update([m.partition()]))
        assert producer.flush(30) == 0 and partitions.total() == 40
        counts.append(len(partitions))
    return median(counts)


seen = {
    "without a key": burst(),
    "empty key": burst(lambda number: b""),
    "a key each": burst(lambda number: b"%d" % number),
    "without a key, linger.ms=0": burst(**{"linger.ms": 0}),
    "without a key, sticky.partitioning.linger.ms=0": burst(**{"sticky.partitioning.linger.ms": 0}),
}
for what, count in seen.items():
    print(f"{what:48} {count} of 4 partitions")
assert list(seen.values()) == [1, 1, 4, 4, 4]
END
cat <<'END'
librdkafka 2.16.0 (confluent-kafka 2.16.1). Expected: messages without a key are spread at random. Seen: a burst lies
in one partition, so one worker gets it all. So give jobs keys, or set sticky.partitioning.linger.ms=0.
END

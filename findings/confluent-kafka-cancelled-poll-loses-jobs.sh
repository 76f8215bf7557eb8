#!/usr/bin/env bash
# confluent-kafka 2.16.1, AIOConsumer: a poll that asyncio gives up goes on in its thread, takes the next job and throws
# it away; the offset behind it is committed.
#
# Expected: "await asyncio.wait_for(consumer.poll(30), 0.5)" is how asyncio gives anything a deadline, and task groups
#   and servers that stop cancel in the same way. Whoever gives up leaves the queue as it was: the next poll has the
#   next job, as asyncio's own Queue.get promises.
# Seen: the thread cannot be cancelled. It waits on for what is left of the thirty seconds, and what comes first goes to
#   nobody, without a word. To librdkafka it was handed over: it counts as done and is committed, so that no restart
#   brings it back. Of six jobs, each sent after such a deadline, none arrives, the group's lag is 0. With the limit
#   inside, poll(0.5), all six do.
# So: never cancel a poll: no wait_for, timeout() or cancelled task around it. Poll with a short limit of its own in one
#   task that ends by a flag, and hand the jobs on through a queue; commit by hand, after the work.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  confluent-kafka==2.16.1

cd "$folder"
venv/bin/python - <<'END'
import asyncio
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.aio import AIOConsumer

mock = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 2})
broker = next(iter(mock.list_topics(timeout=30).brokers.values()))
servers = {"bootstrap.servers": f"{broker.host}:{broker.port}", "log_level": 2}
producer = Producer(servers)
JOBS = 6


async def limit_outside(consumer):
    try:
        return await asyncio.wait_for(consumer.poll(30), 0.5)
    except TimeoutError:
        return None


async def limit_inside(consumer):
    return await consumer.poll(0.5)


async def work(topic, poll):
    """The jobs that were handed over, of JOBS that were sent while nobody waited; and the committed offset."""
    assert topic in producer.list_topics(topic, timeout=30).topics
    consumer = AIOConsumer(servers | {"group.id": topic, "auto.offset.reset": "earliest"})
    await consumer.subscribe([topic])
    end = time.time() + 30
    while time.time() < end and not await consumer.assignment():
        await consumer.poll(0.2)
    assert await consumer.assignment()
    jobs = []
    for number in range(JOBS):
        message = await poll(consumer)
        jobs += [message] if message else []
        producer.produce(topic, b"job %d" % number, partition=0)
        assert producer.flush(30) == 0
        await asyncio.sleep(0.5)
    while (message := await consumer.poll(2)) is not None:
        jobs.append(message)
    await consumer.close()
    assert not any(message.error() for message in jobs)
    observer = Consumer(servers | {"group.id": topic})
    return len(jobs), observer.committed([TopicPartition(topic, 0)], 20)[0].offset


for topic, poll, expected in (("inside", limit_inside, JOBS), ("outside", limit_outside, 0)):
    jobs, committed = asyncio.run(work(topic, poll))
    print(f"the limit {topic + ',':8} {JOBS} jobs sent, {jobs} arrived, offset {committed} committed")
    assert (jobs, committed) == (expected, JOBS)
END
cat <<'END'
confluent-kafka 2.16.1. Expected: a poll that was cancelled takes nothing. Seen: it takes the next job, which is lost
and committed. So give poll its own short limit, and cancel none.
END

#!/usr/bin/env bash
# confluent-kafka 2.16.1, AIOProducer: as long as messages keep coming, none is sent: two hundred in ten seconds, and
# the broker has nothing.
#
# Expected: linger.ms says how long a message waits for company, 5 ms by default. AIOProducer gathers messages of its
#   own above that: batch_size=1000, buffer_timeout=1.0, so that a message leaves after a second at the latest.
# Seen: the second counts from the latest message, not from the oldest: each one sets the clock back. With less than a
#   second from one to the next nothing leaves before there are a thousand: at twenty a second that takes 50 s, at three
#   over five minutes. linger.ms=0 changes nothing. A process that is killed takes them all along, though each "await
#   produce()" has returned: what it returns is another future. One message alone takes over a second, too.
# So: the test with one message passes, the busy day fails. Give buffer_timeout=0.1 and batch_size=1 where each photo is
#   a job (then a message leaves with its call), or use the plain Producer, whose produce() never blocks.
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
from confluent_kafka.aio import AIOProducer

mock = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1, "log_level": 2})
broker = next(iter(mock.list_topics(timeout=30).brokers.values()))
servers = {"bootstrap.servers": f"{broker.host}:{broker.port}", "log_level": 2}
observer = Consumer(servers | {"group.id": "observer"})


async def stream(topic, count, pause, **settings):
    """How many of the messages the broker has: at the end of the stream, and when each has been waited for."""
    assert topic in mock.list_topics(topic, timeout=30).topics
    arrived = lambda: asyncio.to_thread(lambda: observer.get_watermark_offsets(TopicPartition(topic, 0), 30)[1])
    producer = AIOProducer(servers | {"linger.ms": 0}, **settings)
    start = time.time()
    futures = []
    for _ in range(count):
        futures.append(await producer.produce(topic, b"job", partition=0))
        await asyncio.sleep(pause)
    seen = await arrived()
    print(f"{topic:28} {count:3} messages in {time.time() - start:4.1f} s: the broker has {seen}")
    await asyncio.gather(*futures)
    assert await arrived() == count
    await producer.close()
    return seen


assert asyncio.run(stream("twenty-a-second", 200, 0.05)) == 0
assert asyncio.run(stream("three-a-second", 25, 0.33)) == 0
assert asyncio.run(stream("one-in-three-seconds", 3, 3)) >= 2
assert asyncio.run(stream("three-a-second-batch_size=1", 25, 0.33, batch_size=1, buffer_timeout=0.1)) >= 24
END
cat <<'END'
confluent-kafka 2.16.1. Expected: AIOProducer sends after a second at the latest. Seen: a second after the latest
message, so a steady stream is not sent at all until there are a thousand. So set batch_size and buffer_timeout.
END

#!/usr/bin/env bash
# OpenVINO 2026.4.1: a process per core, each with one thread, and all of them compute on the first core.
#
# Expected: two processes that ask networks of their own, compiled with INFERENCE_NUM_THREADS=1, are placed by the kernel:
#   one on each core. So a training whose teachers answer in OpenVINO, or a pool of workers, uses the whole machine.
# Seen: while it answers, the thread that called is bound to one core, and it is the first one of the machine in each
#   process, since none knows of the others. Before and after the call the thread may run anywhere, so looking at its
#   affinity then shows nothing; the kernel leaves it for a while where it was, so that what comes between the answers shares
#   the first core as well. Both hints (LATENCY, THROUGHPUT), and none, do the same. Compiled with ENABLE_CPU_PINNING off, the
#   threads stay free: two processes that trained a network on the answers of others did 198 faces a second instead of 143.
# So: ENABLE_CPU_PINNING off wherever more than one process of a machine uses OpenVINO, tests that run in parallel included.
set -euo pipefail
[ "$(nproc)" -gt 1 ] || { echo "Two cores are needed to tell them apart." >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  openvino==2026.4.1 numpy==2.4.6

cd "$folder"
cat >ask.py <<'END'
"""Answers faces for a second and a half, and says to which cores the calling thread was bound meanwhile."""
import json
import os
import sys
import threading
import time

import numpy as np
import openvino
from openvino import opset13 as ops

image = ops.parameter([1, 1, 48, 48], np.float32, name="image")
maps = ops.convolution(image, ops.constant(np.ones((64, 1, 3, 3), np.float32)), [1, 1], [1, 1], [1, 1], [1, 1])
for _ in range(4):
    weights = ops.constant(np.full((64, 64, 3, 3), 0.01, np.float32))
    maps = ops.relu(ops.convolution(maps, weights, [1, 1], [1, 1], [1, 1], [1, 1]))
network = openvino.Core().compile_model(openvino.Model([maps], [image]), "CPU", json.loads(sys.argv[1]))
request, face = network.create_infer_request(), np.zeros((1, 1, 48, 48), np.float32)

caller, free, seen, done = threading.get_native_id(), os.sched_getaffinity(0), set(), threading.Event()


def look():
    while not done.is_set():
        seen.add(tuple(sorted(os.sched_getaffinity(caller))))
        time.sleep(0.001)


watch = threading.Thread(target=look)
watch.start()
end = time.monotonic() + 1.5
while time.monotonic() < end:
    request.infer([face])
done.set()
watch.join()
assert os.sched_getaffinity(caller) == free, "the thread is bound after the call"
print(json.dumps(sorted(cores for cores in seen if set(cores) != free)))
END

cat >compare.py <<'END'
import json
import os
import subprocess
import sys

first = min(os.sched_getaffinity(0))
settings = {
    "one thread": {"INFERENCE_NUM_THREADS": 1},
    "one thread, LATENCY": {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"},
    "one thread, THROUGHPUT": {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "THROUGHPUT"},
    "one thread, pinning off": {"INFERENCE_NUM_THREADS": 1, "ENABLE_CPU_PINNING": False},
}
for name, setting in settings.items():
    command = [sys.executable, "ask.py", json.dumps(setting)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    bound = [json.loads(process.communicate()[0]) for process in both]
    print(f"{name:24} cores to which the callers were bound: {bound[0]} and {bound[1]}")
    expected = [] if name.endswith("off") else [[first]]
    assert bound == [expected, expected], "another behaviour"
print("Two processes, one thread each, one core for both of them.")
END
venv/bin/python compare.py

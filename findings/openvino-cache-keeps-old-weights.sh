#!/usr/bin/env bash
# OpenVINO 2026.4.1 with a cache folder: a network's new weights (.bin) are not noticed as long as its .xml is
# untouched.
#
# Expected: whoever puts a retrained network of the same shape in the place of the old one (which changes model.bin
#   alone) gets the new network's answers at the next start.
# Seen: compile_model("model.xml") with a warm CACHE_DIR goes on answering with the old weights, without a word.
#   read_model first and compile_model then notices, and so does compile_model by name after a mere `touch model.xml`.
# So: a service that is quick to start by CACHE_DIR should read the network before it compiles it, or keep a cache
#   folder per checksum of both files.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  openvino==2026.4.1 numpy==2.4.6

cd "$folder"
venv/bin/python - <<'END'
import os

import numpy as np
import openvino as ov
from openvino import opset13 as op


def save(weight, name):
    image = op.parameter([1, 4], np.float32, name="image")
    image.set_friendly_name("image")
    weights = op.constant(np.full((4, 2048), weight, np.float32))
    weights.set_friendly_name("weights")
    product = op.matmul(image, weights, False, False)
    product.set_friendly_name("product")
    answer = op.result(product)
    answer.set_friendly_name("answer")
    ov.save_model(ov.Model([answer], [image], "network"), name, compress_to_fp16=False)


def answer(read_first=False):
    core = ov.Core()  # as in a process started anew
    core.set_property({"CACHE_DIR": "cache"})
    network = core.compile_model(core.read_model("model.xml") if read_first else "model.xml", "CPU")
    return float(network(np.ones((1, 4), np.float32))[0][0, 0]), network.get_property("LOADED_FROM_CACHE")


save(1, "model.xml")
os.utime("model.xml", (1_700_000_000, 1_700_000_000))
save(7, "retrained.xml")
assert open("model.xml").read() == open("retrained.xml").read(), "the two .xml are alike"
first = answer()
os.replace("retrained.bin", "model.bin")
by_name, read_first = answer(), answer(read_first=True)
os.utime("model.xml")
touched = answer()
print(f"first start                             {first[0]:4.0f}   from the cache: {first[1]}")
print(f"new weights, compiled by name           {by_name[0]:4.0f}   from the cache: {by_name[1]}")
print(f"new weights, read and compiled          {read_first[0]:4.0f}   from the cache: {read_first[1]}")
print(f"new weights, by name, .xml touched      {touched[0]:4.0f}   from the cache: {touched[1]}")
assert first == (4, False) and by_name == (4, True) and read_first == (28, False) and touched[0] == 28
END
cat <<'END'
OpenVINO 2026.4.1. Expected: new weights, new answers (28). Seen: compiled by its name with a warm cache, the network
answers as before (4) until its .xml is touched too. So read the network first, or keep a cache folder per checksum.
END

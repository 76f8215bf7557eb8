"""Makes brightness-model: networks with the contracts of classifier and occlusion network whose answers can be told beforehand.

The mean brightness m of a crop (0…1) chooses the class: class k is the most probable where m is nearest to k / 6. The mouth is
covered by the mean brightness of the lower half, the eyes by that of the upper one.
Needs openvino 2026.4.1 and numpy. Usage: python make_model.py
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import openvino
from openvino import opset13 as op

CLASSES = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
SHARPNESS = 100.0
out = Path(__file__).parent / "brightness-model"
out.mkdir(exist_ok=True)

image = op.parameter([-1, 1, 48, 48], np.uint8, name="image")
scaled = op.divide(op.convert(image, np.float32), np.float32(255))
cells = op.avg_pool(scaled, [8, 8], [0, 0], [0, 0], [8, 8], True)
centres = np.arange(7, dtype=np.float32) / 6
# -S (m - c)² without its term in m alone, which softmax does not see: linear in m, so a 1×1 convolution does it.
weights = (2 * SHARPNESS * centres).reshape(7, 1, 1, 1)
bias = (-SHARPNESS * centres**2).reshape(1, 7, 1, 1)
activation = op.add(op.convolution(cells, weights, [1, 1], [0, 0], [0, 0], [1, 1]), bias)
probabilities = op.softmax(op.reduce_mean(activation, np.array([2, 3]), False), 1)
results = [op.result(probabilities), op.result(activation)]
model = openvino.Model(results, [image], "brightness")
model.inputs[0].get_tensor().set_names({"image"})
model.outputs[0].get_tensor().set_names({"probabilities"})
model.outputs[1].get_tensor().set_names({"activation"})
openvino.save_model(model, out / "model.xml", compress_to_fp16=False)

halves = op.reduce_mean(op.avg_pool(scaled, [24, 48], [0, 0], [0, 0], [24, 48], True), np.array([1, 3]), False)
covered = op.gather(halves, np.array([1, 0]), np.int64(1))
occlusion = openvino.Model([op.result(covered)], [image], "halves")
occlusion.inputs[0].get_tensor().set_names({"image"})
occlusion.outputs[0].get_tensor().set_names({"covered"})
# The card does not name it: tests that want it do.
openvino.save_model(occlusion, out / "occlusion.xml", compress_to_fp16=False)


def digest(name):
    return hashlib.sha256((out / name).read_bytes()).hexdigest()


card = {
    "schema_version": 1,
    "name": "brightness",
    "version": "0.0.1",
    "licence": "Apache-2.0",
    "classes": CLASSES,
    "threshold": {"not_sure": 0.5, "how": "made up"},
    "files": {name: digest(name) for name in ("model.xml", "model.bin")},
}
(out / "card.json").write_text(json.dumps(card, indent=1) + "\n")

#!/usr/bin/env bash
# ncnn 1.0.20261020 (Python): a face cut out of a photo as photo[top:bottom, left:right] is read as the rows that follow
# its corner in the photo; channels put first by transpose stay last.
#
# Expected: what the other runtimes do with a numpy view (ONNX Runtime, OpenVINO, OpenCV and tract copy it into order),
#   or a refusal, as from OpenVINO's shared memory and kornia-rs.
# Seen: Mat(array), Mat(array).clone() and Mat.from_pixels(array, …) take where the array begins and how large it is, and
#   pass over its strides. Of a face of 160 pixels in a photo of 640, the network gets the 40 rows of the photo that
#   begin at the face's corner, cut into 160 pixels each: a quarter of the face in strips, and wall. Shape and levels are
#   ordinary, and a detector that gets the whole photo before is right. HWC to CHW by transpose leaves the three colours
#   mixed: each "channel" is a third of the picture.
# So: numpy.ascontiguousarray first; or from_pixels_roi, which is made for it; compare numpy.array(mat) with what was
#   given.
# Source: the maintainers' answer in ncnn's issue 3082 (2021); the package's text says nothing of it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  ncnn==1.0.20261020 numpy==2.4.6 onnx==1.23.2 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4 openvino==2026.4.1

cd "$folder"
venv/bin/python - <<'END'
import ncnn
import numpy as np
import onnxruntime
import openvino as ov
from onnx import TensorProto, helper

RGB = ncnn.Mat.PixelType.PIXEL_RGB
# A wall that grows brighter to the right and below, and a face: an oval with two eyes.
y, x = np.mgrid[:480, :640]
level = 20 + 60 * x / 640 + 60 * y / 480
level[((x - 380) / 70) ** 2 + ((y - 180) / 80) ** 2 < 1] = 220
for eye in (350, 410):
    level[(x - eye) ** 2 + (y - 160) ** 2 < 150] = 30
photo = np.ascontiguousarray((level[..., None] * [1, 0.8, 0.6]).astype(np.uint8))
top, left, side = 100, 300, 160
face = photo[top:top + side, left:left + side]
copy = np.ascontiguousarray(face)
assert np.array_equal(face, copy)


def pixels(mat):
    """A Mat of channels as rows, columns and colours."""
    return np.array(mat).transpose(1, 2, 0)


def say(title, seen, right):
    alike = np.array_equal(seen, right)
    assert seen.shape == right.shape
    print(f"{title:44} {'as given' if alike else 'OTHER':8} mean {seen.mean():5.1f} (given {right.mean():5.1f}), "
          f"correlation {np.corrcoef(seen.ravel(), right.ravel())[0, 1]:5.2f}")
    return alike


read = pixels(ncnn.Mat.from_pixels(face, RGB, side, side))
assert not say("from_pixels, a face cut out by slices", read, copy.astype(np.float32))
start = (top * 640 + left) * 3
assert np.array_equal(read.ravel(), photo.ravel()[start:start + face.size])
print(f"    it is the photo's rows {top} to {top + side * side // 640}, from the face's corner on")
assert say("from_pixels, the same, ascontiguousarray", pixels(ncnn.Mat.from_pixels(copy, RGB, side, side)),
           copy.astype(np.float32))
assert say("from_pixels_roi of the photo",
           pixels(ncnn.Mat.from_pixels_roi(photo, RGB, 640, 480, left, top, side, side)), copy.astype(np.float32))
assert say("from_pixels, the whole photo", pixels(ncnn.Mat.from_pixels(photo, RGB, 640, 480)), photo.astype(np.float32))

scaled = copy.astype(np.float32) / 255
first = scaled.transpose(2, 0, 1)
for title, array in (("HWC to CHW by transpose", first), ("a grey face, cut out", (level / 255).astype(np.float32)[
        top:top + side, left:left + side])):
    right = np.ascontiguousarray(array)
    assert not say(f"Mat({title})", np.array(ncnn.Mat(array)), right)
    assert not say(f"Mat({title}).clone()", np.array(ncnn.Mat(array).clone()), right)
    assert say("Mat(…, ascontiguousarray)", np.array(ncnn.Mat(right)), right)

value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, first.shape)
graph = helper.make_graph([helper.make_node("Identity", ["a"], ["b"])], "same", [value("a")], [value("b")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
assert say("ONNX Runtime, HWC to CHW by transpose", session.run(None, {"a": first})[0], np.ascontiguousarray(first))
core = ov.Core()
network = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
assert say("OpenVINO, HWC to CHW by transpose", network(first)[0], np.ascontiguousarray(first))
END
cat <<'END'
ncnn 1.0.20261020. Expected: the face. Seen: what follows its corner in memory. So ascontiguousarray, or
from_pixels_roi.
END

#!/usr/bin/env bash
# OpenCV 5.0.0 and OpenVINO 2026.4.1: an average pooling with ceil_mode, as PyTorch's AvgPool2d(2, ceil_mode=True), adds
# nothing for the last row and column but divides as if it had: the edge of a map is a half, its corner a quarter.
#
# Expected: what PyTorch calculates, and ONNX Runtime and tract with it. With ceil_mode a window may stand out over the
#   lower and right edge. count_include_pad (on in AvgPool2d, so that it is in most exported networks) counts the
#   padding that the layer asks for, not what lies beyond that. The average of a map of eights is 8.
# Seen: OpenCV divides by the whole window: a map of 5 × 5 eights, pooled by 2, has 4 along two edges and 2 in the
#   corner, at each opset. OpenVINO does so where the layer has padding, as AvgPool2d(3, 2, padding=1, ceil_mode=True)
#   of an even map, with its own rounding "ceil_torch" too; without padding it is right. Shapes are right, nothing is
#   said, and a map of the other parity is right as well, so that it depends on the size of the picture. Zeros that the
#   layer asks for darken the other edges, so that nobody finds it by eye. ONNX Runtime, tract and rten were wrong in
#   the same way once and were mended, tract and rten in 2026.
# So: count_include_pad=False (then all agree), or a size that the windows fill; compare runtimes at the size that the
#   service uses, by the last row and column of a map.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  tract==0.23.9 onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 \
  onnxruntime==1.32.0 flatbuffers==25.12.19 packaging==26.4 openvino==2026.4.1 opencv-python-headless==5.0.0.93

cd "$folder"
OPENCV_LOG_LEVEL=SILENT venv/bin/python - <<'END'
import cv2
import numpy as np
import onnx
import onnxruntime
import openvino as ov
import tract
from onnx import TensorProto, helper
from openvino import opset14

core = ov.Core()
F32 = {"INFERENCE_PRECISION_HINT": "f32"}


def definition(face, kernel, pad, count):
    """PyTorch's AvgPool2d(kernel, 2, pad, ceil_mode=True, count_include_pad=count), by hand."""
    size = face.shape[2]
    out = -(-(size + 2 * pad - kernel) // 2) + 1
    if (out - 1) * 2 >= size + pad:  # a window has to begin in the map or before it
        out -= 1
    answer = np.zeros((*face.shape[:2], out, out))
    for row in range(out):
        for column in range(out):
            divisor, parts = 1, []
            for start in (row * 2 - pad, column * 2 - pad):
                end = min(start + kernel, size + pad)
                parts.append(slice(max(start, 0), min(end, size)))
                divisor *= end - start if count else parts[-1].stop - parts[-1].start
            answer[:, :, row, column] = face[:, :, parts[0], parts[1]].sum((2, 3)) / divisor
    return answer


def answers(face, kernel, pad, count, opset):
    node = helper.make_node("AveragePool", ["face"], ["map"], kernel_shape=[kernel] * 2, strides=[2, 2], pads=[pad] * 4,
                            ceil_mode=1, count_include_pad=int(count))
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph([node], "net", [value("face", face.shape)], [value("map", [*face.shape[:2], "h", "w"])])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.save(model, "net.onnx")
    session = onnxruntime.InferenceSession("net.onnx", providers=["CPUExecutionProvider"])
    yield "ONNX Runtime", session.run(None, {"face": face})[0]
    yield "tract", tract.onnx().load("net.onnx").into_model().into_runnable().run([face])[0].to_numpy()
    yield "OpenVINO", core.compile_model(core.read_model("net.onnx"), "CPU", F32)(face)[0].copy()
    there = opset14.parameter(face.shape, np.float32)
    pool = opset14.avg_pool(there, [2, 2], [pad] * 2, [pad] * 2, [kernel] * 2, not count, "ceil_torch")
    yield "OpenVINO, ceil_torch", core.compile_model(ov.Model([pool], [there]), "CPU", F32)(face)[0].copy()
    net = cv2.dnn.readNetFromONNX("net.onnx")
    net.setInput(face)
    yield "OpenCV", net.forward().copy()


random = np.random.default_rng(0)
for opset in (11, 17, 19, 22):
    for kernel, pad, size, count, wrong in (
            (2, 0, 5, True, ["OpenCV"]), (3, 1, 6, True, ["OpenCV", "OpenVINO"]), (3, 0, 48, True, ["OpenCV"]),
            (2, 0, 6, True, []), (3, 1, 5, True, []), (2, 0, 5, False, []), (3, 1, 6, False, [])):
        face = np.concatenate([np.full((1, 1, size, size), 8), random.uniform(1, 9, (1, 1, size, size))], 1)
        truth = definition(face, kernel, pad, count)
        if opset == 17:
            print(f"AvgPool2d({kernel}, 2, padding={pad}, ceil_mode=True, count_include_pad={count}), {size} × {size}"
                  f" of eights, last row: PyTorch's " + " ".join(f"{x:.2f}" for x in truth[0, 0, -1, -3:]))
        for name, answer in answers(face.astype(np.float32), kernel, pad, count, opset):
            assert answer.shape == truth.shape
            right = np.allclose(answer, truth, rtol=1e-4)
            assert right == (name.split(",")[0] not in wrong), (opset, kernel, pad, size, name)
            if not right:
                if opset == 17:
                    print(f"    {name:22}" + " ".join(f"{x:.2f}" for x in answer[0, 0, -1, -3:]))
                assert np.allclose(answer[..., :-1, :-1], truth[..., :-1, :-1], rtol=1e-4)
END
cat <<'END'
OpenCV 5.0.0, OpenVINO 2026.4.1. Expected: eights stay eights at the edge. Seen: a half and a quarter in OpenCV, less
than there should be in OpenVINO where the layer has padding. So count_include_pad=False, and compare runtimes at the
service's size.
END

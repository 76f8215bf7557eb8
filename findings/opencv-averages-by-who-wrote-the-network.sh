#!/usr/bin/env bash
# OpenCV 4.14.0, and the classic engine of 5.0.0: whether an average pooling counts the padding goes by the name of the
# program that wrote the ONNX file; count_include_pad is not looked at. The new engine of 5.0.0 does so without it.
#
# Expected: ONNX's AveragePool: with count_include_pad=1 the zeros around the map are counted, with 0 or without the
#   attribute, whose default is 0, they are not; producer_name is a note for people. ONNX Runtime and OpenVINO do that.
# Seen: with producer_name "pytorch" the classic engine counts the zeros always, with any other never. A network that
#   PyTorch wrote with count_include_pad=False has its edges too dark; one with the zeros, PyTorch's default, has them
#   too bright once another program has written the file again (onnx's helper, an optimiser, a quantiser): the same
#   nodes and numbers, another answer. Shapes and the middle of a map are right, nothing is said. The new engine reads
#   the attribute, but where it is missing it goes by the name too.
#   OpenCV 5's argument `engine` counts for a file only: readNetFromONNX of bytes with ENGINE_CLASSIC gives the new
#   engine's answer.
# So: in OpenCV 4, a Pad of its own before an average pooling (right in all), or none; write count_include_pad always;
#   compare with another runtime after each tool that writes the file again.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
install() {
  "$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps "$@"
}
install onnx==1.23.2 numpy==2.4.6 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 onnxruntime==1.32.0 \
  flatbuffers==25.12.19 packaging==26.4 openvino==2026.4.1 opencv-python-headless==5.0.0.93
install --target "$folder/older" opencv-python-headless==4.14.0.94

cd "$folder"
cat >faces.py <<'END'
import cv2
import numpy as np
import onnx
import onnxruntime
import openvino as ov
from onnx import TensorProto, helper, numpy_helper

older = cv2.__version__.startswith("4.")
core = ov.Core()
eights = np.full((1, 1, 5, 5), 8, np.float32)


def write(producer, count, pad_before=False):
    """An average over 3 × 3 in steps of 2 with a pixel of padding: PyTorch's AvgPool2d(3, 2, 1)."""
    nodes, more = [], {} if count is None else {"count_include_pad": count}
    if pad_before:
        nodes.append(helper.make_node("Pad", ["face", "pads"], ["wide"]))
    nodes.append(helper.make_node("AveragePool", [nodes[0].output[0] if nodes else "face"], ["map"], strides=[2, 2],
                                  kernel_shape=[3, 3], pads=[0 if pad_before else 1] * 4, **more))
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    pads = [numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1]), "pads")] if pad_before else []
    graph = helper.make_graph(nodes, "net", [value("face", eights.shape)], [value("map", [1, 1, 3, 3])], pads)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name=producer)
    onnx.save(model, "net.onnx")
    return model.SerializeToString()


def opencv(source, *engine):
    net = cv2.dnn.readNetFromONNX(source, *engine)
    net.setInput(eights)
    return net.forward()[0, 0, 0]


def answers(model):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    yield "ONNX Runtime", session.run(None, {"face": eights})[0][0, 0, 0]
    network = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    yield "OpenVINO", network(eights)[0][0, 0, 0]
    memory = np.frombuffer(model, np.uint8)
    if older:
        yield "classic, file", opencv("net.onnx")
        yield "classic, bytes", opencv(memory)
    else:
        yield "new, file", opencv("net.onnx")
        yield "classic, file", opencv("net.onnx", cv2.dnn.ENGINE_CLASSIC)
        yield "ENGINE_CLASSIC, bytes", opencv(memory, cv2.dnn.ENGINE_CLASSIC)


counted, left_out = [32 / 9, 48 / 9, 32 / 9], [8, 8, 8]  # four or six of nine windows' pixels lie in the map
print("OpenCV", cv2.__version__)
for producer in ("pytorch", "onnx-helper", ""):
    for count in (1, 0, None):
        truth = counted if count else left_out
        for name, answer in answers(write(producer, count)):
            expected = truth
            if name.startswith("classic") or ("Run" not in name and "VINO" not in name and count is None):
                expected = counted if producer == "pytorch" else left_out
            hit = expected != truth
            assert np.allclose(answer, expected, rtol=1e-3), (producer, count, name, answer)
            if hit or name == "ONNX Runtime":
                print(f"producer_name {producer!r:14} count_include_pad {count!s:5} {name:21} eights become "
                      + " ".join(f"{x:.2f}" for x in answer) + (" WRONG" if hit else ""))
    for name, answer in answers(write(producer, None, pad_before=True)):
        assert np.allclose(answer, counted, rtol=1e-3), (producer, "Pad", name)
END
export OPENCV_LOG_LEVEL=SILENT
PYTHONPATH=$folder/older venv/bin/python faces.py
venv/bin/python faces.py
cat <<'END'
OpenCV 4.14.0 and 5.0.0. Expected: count_include_pad says whether padding is counted. Seen: the name of the program that
wrote the file does. So a Pad before the pooling, and compare with another runtime.
END

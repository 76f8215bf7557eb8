#!/usr/bin/env bash
# ONNX Runtime 1.32.0 (Python): with an IOBinding that is used again, the probabilities of a face turn into those of
# the next one after they were given out.
#
# Expected: bind_output(name) without a buffer of one's own lets ONNX Runtime allocate the answer, and
#   get_outputs()[0].numpy() "returns a Numpy object": the answer to the run before it, to keep, as that of
#   session.run() is. People take it for a copy (issue 18361 asks how to do without). To have one's memory written over
#   one would have to have given it (bind_output's buffer_ptr).
# Seen: the memory that was allocated at the first run stays bound, each run writes into it, and .numpy() of an answer
#   on the CPU is a view of it, as that of numpy.asarray() is (in 1.19.2 already). Eight faces of a photo, one after
#   the other through one binding, are eight times the last face; a loop that prints each answer at once looks right.
#   Answers of copy_outputs_to_cpu(), of session.run() and of run_with_ort_values() are one's own. A batch of another
#   size is refused with an error, so that it is the service with one face at a time, or a fixed batch, that is hit.
# So: copy_outputs_to_cpu(), or .numpy().copy(); or bind_output anew before each run; a test that keeps two answers
#   before it looks at the first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  numpy==2.4.6 onnx==1.23.2 protobuf==7.36.2 ml_dtypes==0.6.0 typing_extensions==4.16.0 onnxruntime==1.32.0 \
  flatbuffers==25.12.19 packaging==26.4

cd "$folder"
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 venv/bin/python - <<'END'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

LOOKS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
random = np.random.default_rng(0)
kinds = random.normal(0, 1, (7, 48 * 48)).astype(np.float32)

# The network tells which of seven pictures a face is like; the faces are like theirs, with noise.
graph = helper.make_graph(
    [helper.make_node("Flatten", ["face"], ["flat"]), helper.make_node("Gemm", ["flat", "kinds"], ["scores"], transB=1),
     helper.make_node("Softmax", ["scores"], ["probabilities"])], "net",
    [helper.make_tensor_value_info("face", TensorProto.FLOAT, ["faces", 1, 48, 48])],
    [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["faces", 7])],
    [numpy_helper.from_array(kinds / 1000, "kinds")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnx.checker.check_model(model)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
truth = [3, 4, 0, 6, 5, 3, 2, 1]
faces = [(kinds[look] + random.normal(0, 0.5, 48 * 48)).astype(np.float32).reshape(1, 1, 48, 48) for look in truth]

# One binding for all faces, what is kept of each, and whether the output is bound once or for each face.
WAYS = (("get_outputs()[0].numpy()", lambda io: io.get_outputs()[0].numpy(), False, True),
        ("numpy.asarray(get_outputs()[0])", lambda io: np.asarray(io.get_outputs()[0]), False, True),
        ("get_outputs()[0].numpy().copy()", lambda io: io.get_outputs()[0].numpy().copy(), False, False),
        ("copy_outputs_to_cpu()[0]", lambda io: io.copy_outputs_to_cpu()[0], False, False),
        ("get_outputs()[0].numpy(), bound each time", lambda io: io.get_outputs()[0].numpy(), True, False))


def told(answers):
    return " ".join(LOOKS[answer.argmax()] for answer in answers)


print(f"{'the faces':46} {' '.join(LOOKS[look] for look in truth)}")
proper = [session.run(None, {"face": face})[0] for face in faces]
values = [session.run_with_ort_values(["probabilities"], {"face": onnxruntime.OrtValue.ortvalue_from_numpy(face)})[0]
          for face in faces]
for name, answers in (("session.run()", proper), ("run_with_ort_values()", [value.numpy() for value in values])):
    print(f"{name:46} {told(answers)}")
    assert [answer.argmax() for answer in answers] == truth
for name, keep, anew, wrong in WAYS:
    io = session.io_binding()
    io.bind_output("probabilities")
    kept, at_once = [], []
    for face in faces:
        if anew:
            io.bind_output("probabilities")
        io.bind_cpu_input("face", face)
        session.run_with_iobinding(io)
        kept.append(keep(io))
        at_once.append(int(kept[-1].argmax()))
    print(f"{name:46} {told(kept)}")
    assert at_once == truth, "each is right until the next one"
    assert all(np.array_equal(answer, proper[-1] if wrong else one) for answer, one in zip(kept, proper)), name
END
cat <<'END'
ONNX Runtime 1.32.0. Expected: an answer stays what it was. Seen: it is a view of memory that the next run writes into.
So keep copy_outputs_to_cpu(), or a copy.
END

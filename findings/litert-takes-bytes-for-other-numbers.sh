#!/usr/bin/env bash
# LiteRT 2.3.0 (ai-edge-litert, TensorFlow Lite's successor): a CompiledModel's buffer takes pixels of another type
# than the network's as they lie in memory: a face as bytes, given to a network of int8, has its bright pixels dark.
#
# Expected: as Interpreter.set_tensor of the same package: it says which type and shape the network expects, and which
#   it got. CompiledModel is LiteRT's newer way, its buffers know type and shape (get_tensor_details()), and write() is
#   documented to raise on types that it cannot take.
# Seen: write() looks at the size in bytes only, and only whether it is too large. uint8 and int8 are as large as each
#   other: 200 is read as -56, which is 72 there, and 50 is 178, and the probabilities go on adding up to 1. A face of
#   float16 in a network of float32 fills the upper half of the buffer with other numbers, bytes fill a quarter; the
#   rest is what the last face left there. Three faces for a network of four get a fourth answer, which is an earlier
#   face's. read() has it the other way round: probabilities that are int8, read as uint8, have their zero at 128, and
#   the surest look is the least sure.
# So: compare dtype and shape with get_tensor_details() before write() and read(), in one function of your own; test
#   with a face whose answer is known.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  ai-edge-litert==2.3.0 numpy==2.4.6 ml_dtypes==0.6.0 flatbuffers==25.12.19

cd "$folder"
# LiteRT tells on standard error which accelerators it finds: kept for the case that something fails.
if ! OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 venv/bin/python - 2> log <<'END'
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.compiled_model import CompiledModel
from ai_edge_litert.interpreter import Interpreter

LOOKS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
random = np.random.default_rng(0)
FLOAT, INT8, INT32 = schema.TensorType.FLOAT32, schema.TensorType.INT8, schema.TensorType.INT32


def network(faces, kind, weights, bias, scales):
    """Pictures of 48 × 48, seven scores, softmax: in float32, or all of it in int8 with scale and zero for each."""
    model, graph = schema.ModelT(), schema.SubGraphT()
    model.version, model.subgraphs, model.buffers, graph.tensors = 3, [graph], [schema.BufferT()], []

    def tensor(name, shape, kind, scale, data=None):
        one = schema.TensorT()
        one.name, one.shape, one.type, one.buffer = name, list(shape), kind, 0
        if data is not None:
            kept = schema.BufferT()
            kept.data = np.frombuffer(data.tobytes(), np.uint8)
            model.buffers.append(kept)
            one.buffer = len(model.buffers) - 1
        if scale:
            one.quantization = schema.QuantizationParametersT()
            one.quantization.scale, one.quantization.zeroPoint = np.float32([scale[0]]), np.int64([scale[1]])
        graph.tensors.append(one)
        return len(graph.tensors) - 1

    whole = INT32 if kind == INT8 else FLOAT
    face = tensor("face", (faces, 48, 48, 1), kind, scales[0])
    w, b = tensor("w", weights.shape, kind, scales[1], weights), tensor("b", (7,), whole, scales[2], bias)
    scores, last = tensor("scores", (faces, 7), kind, scales[3]), tensor("probabilities", (faces, 7), kind, scales[4])
    graph.inputs, graph.outputs, graph.operators, model.operatorCodes = [face], [last], [], []
    for name, inputs, output in (("FullyConnected", [face, w, b], scores), ("Softmax", [scores], last)):
        code, operator = schema.OperatorCodeT(), schema.OperatorT()
        code.builtinCode = code.deprecatedBuiltinCode = {"FullyConnected": 9, "Softmax": 25}[name]
        code.version = {"FullyConnected": 4, "Softmax": 2}[name] if kind == INT8 else 1
        operator.opcodeIndex, operator.inputs, operator.outputs = len(graph.operators), inputs, [output]
        operator.builtinOptions = getattr(schema, name + "OptionsT")()
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, name + "Options")
        if name == "Softmax":
            operator.builtinOptions.beta = 1.0
        graph.operators.append(operator)
        model.operatorCodes.append(code)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def smooth(*shape):
    """Noise of twelve by twelve, enlarged to 48 × 48 pixels, from 0 to 255."""
    rough = random.normal(0, 1, (*shape, 12, 12)).repeat(4, -1).repeat(4, -2)
    return np.clip(128 + 50 * rough, 0, 255)


# Seven pictures, one for each look; faces are like their look's, with noise; the network tells which it is.
kinds = smooth(7)
truth = np.arange(700) % 7
faces = np.clip(kinds[truth] + random.normal(0, 20, (700, 48, 48)), 0, 255).round().astype(np.uint8)[..., None]
weights = (kinds - kinds.mean(0)).reshape(7, -1) / 255
weights /= np.abs(weights).max()
half = ((kinds.reshape(7, -1) / 255 + (kinds.mean(0) / 255).ravel()) / 2 * weights).sum(1)
scale = 0.05 / 127  # scores of float32 are 0.05 times the sums, those of int8 as well
floats = network(1, FLOAT, (0.05 * weights).astype(np.float32), (-0.05 * half).astype(np.float32), [None] * 5)
four = network(4, FLOAT, (0.05 * weights).astype(np.float32), (-0.05 * half).astype(np.float32), [None] * 5)
shifts = np.round(-0.05 * half * 255 / scale).astype(np.int32)
bytes_ = network(1, INT8, np.round(weights * 127).astype(np.int8), shifts,
                 [(1 / 255, -128), (scale, 0), (scale / 255, 0), (0.2, 0), (1 / 256, -128)])


class Compiled:
    def __init__(self, network):
        self.model = CompiledModel.from_buffer(network)
        self.inputs, self.outputs = self.model.create_input_buffers(0), self.model.create_output_buffers(0)

    def answer(self, pictures, count=7, type=np.float32):
        self.inputs[0].write(pictures)
        self.model.run_by_index(0, self.inputs, self.outputs)
        return self.outputs[0].read(count, type)


def interpreter(network, pictures):
    old = Interpreter(model_content=network, num_threads=1)
    old.allocate_tensors()
    old.set_tensor(old.get_input_details()[0]["index"], pictures)
    old.invoke()
    return old.get_tensor(old.get_output_details()[0]["index"])[0]


def refused(network, pictures):
    try:
        interpreter(network, pictures)
    except ValueError as error:
        return " ".join(str(error).split())[:120]
    raise AssertionError("the Interpreter has taken it")


# 1. A network of int8 and a face of bytes.
net = Compiled(bytes_)
right = (faces.astype(np.int16) - 128).astype(np.int8)
probabilities = lambda answers: (answers.astype(float) + 128) / 256
proper = np.array([net.answer(face[None], type=np.int8) for face in right])
assert all((interpreter(bytes_, face[None]) == answer).all() for face, answer in zip(right[:20], proper))
wrong = np.array([net.answer(face[None], type=np.int8) for face in faces])
rate = lambda answers: float((answers.argmax(1) == truth).mean())
print(f"int8 network, face minus 128: {rate(proper):.0%} of 700 faces right")
print(f"int8 network, face as bytes:  {rate(wrong):.0%} right, probabilities add up to "
      f"{probabilities(wrong).sum(1).mean():.2f}, the surest is {probabilities(wrong).max(1).mean():.2f} on average")
print(f"  Interpreter: {refused(bytes_, faces[:1])}")
assert rate(proper) > 0.99 and rate(wrong) < 0.6 and abs(probabilities(wrong).sum(1).mean() - 1) < 0.02
assert net.inputs[0].get_tensor_details()["dtype"] == "int8"

# 2. Its answer, read as uint8.
reread = np.array([net.answer(face[None], type=np.uint8) for face in right])
print(f"int8 probabilities read as uint8: {rate(reread):.0%} right; a sure answer is {reread[0].tolist()}")
assert rate(reread) < 0.3

# 3. A network of float32, which has seen another face before.
net = Compiled(floats)
proper = np.array([net.answer((face / 255).astype(np.float32)[None]) for face in faces])
assert all(np.allclose(interpreter(floats, (face / 255).astype(np.float32)[None]), answer, atol=1e-5)
           for face, answer in zip(faces[:20], proper))
print(f"float32 network, face from 0 to 1: {rate(proper):.0%} right")
assert rate(proper) > 0.99
for name, change in (("face from 0 to 1 in float16", lambda face: (face / 255).astype(np.float16)),
                     ("black face in bytes", np.zeros_like)):
    last = []
    for i, face in enumerate(faces):
        net.answer((faces[i - 1] / 255).astype(np.float32)[None])
        last.append(net.answer(change(face)[None]))
    last = np.array(last)
    said = float((last.argmax(1) == np.roll(truth, 1)).mean())
    print(f"float32 network, {name}: {rate(last):.0%} right; the look of the face before it for {said:.0%}")
    print(f"  Interpreter: {refused(floats, change(face)[None])}")
    assert said > 0.6 and rate(last) < 0.3

# 4. A network of four faces, given three.
net = Compiled(four)
ready = (faces / 255).astype(np.float32)
net.answer(ready[:4], 28)
three = net.answer(ready[4:7], 28).reshape(4, 7)
print(f"three faces for four: {[LOOKS[i] for i in three.argmax(1)]}, the fourth is that of an earlier face")
print(f"  Interpreter: {refused(four, ready[4:7])}")
assert (three.argmax(1) == [*truth[4:7], truth[3]]).all()
END
then
  cat log >&2
  exit 1
fi
cat <<'END'
LiteRT 2.3.0. Expected: a wrong type or shape is refused. Seen: CompiledModel takes the bytes as they are. So compare
dtype and shape with get_tensor_details() before each write() and read().
END

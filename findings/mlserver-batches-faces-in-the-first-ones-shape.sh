#!/usr/bin/env bash
# MLServer 1.7.1: with adaptive batching a portrait that arrives after a landscape of as many pixels is cut into the
# landscape's rows, a photo as floats that arrives after one as bytes is black, and the last request's parameters are
# everybody's.
#
# Expected: requests that do not fit together (another shape, another type, other parameters) are refused or computed
#   one by one; batching makes a service faster and changes no answer.
# Seen: the batch has the shape and the type of its first request, and the numbers of all requests one after the other.
#   A grey portrait of 64 x 48 that comes within max_batch_time of a landscape of 48 x 64 is read as 48 x 64: strips of it
#   lie side by side. Floats from 0 to 1 behind bytes become whole numbers: 0 everywhere below 1. The other way round
#   the type fits by chance. Of the request's own parameters (a threshold, the wish for an explanation) the last value is
#   handed to the model for all, also for who gave none; those of a single input are made a list, and that is what the
#   documentation shows. Each answer is 200 and has the right shape; alone, each request is right. (BatchedRequests in
#   mlserver/batching/requests.py: _merge_request_inputs takes name, type and shape from the first request that it
#   meets, and _merge_parameters lets each request overwrite those before it.)
# So: one shape and one type for all clients, refused otherwise before the model; a threshold as an input of its own,
#   one number per face; in a test two requests at once that differ, against each alone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  mlserver==1.7.1 aiofiles==25.1.0 aiokafka==0.14.0 annotated-types==0.8.0 anyio==4.16.0 asgiref==3.13.0 \
  async-timeout==5.0.1 click==8.5.1 fastapi==0.115.14 googleapis-common-protos==1.76.0 grpcio==1.85.3 h11==0.16.0 idna==3.20 \
  importlib_resources==6.5.2 numpy==2.4.6 opentelemetry-api==1.45.2 opentelemetry-exporter-otlp-common==0.66b2 \
  opentelemetry-exporter-otlp-proto-common==1.45.2 opentelemetry-exporter-otlp-proto-grpc==1.45.2 \
  opentelemetry-instrumentation-asgi==0.66b2 opentelemetry-instrumentation-fastapi==0.66b2 \
  opentelemetry-instrumentation-grpc==0.66b2 opentelemetry-instrumentation==0.66b2 opentelemetry-proto==1.45.2 \
  opentelemetry-sdk==1.45.2 opentelemetry-semantic-conventions==0.66b2 opentelemetry-util-http==0.66b2 orjson==3.13.0 \
  packaging==26.4 pandas==3.1.1 prometheus_client==0.26.0 protobuf==6.33.6 py-grpc-prometheus==0.8.0 \
  pydantic-settings==2.16.3 pydantic==2.14.4 pydantic_core==2.50.5 python-dateutil==4.0.0 python-dotenv==1.2.4 \
  python-multipart==0.0.34 starlette==0.46.2 starlette_exporter==0.24.0 typing-inspection==0.4.5 typing_extensions==4.16.0 \
  uvicorn==0.54.0 wrapt==2.5.2
cat >faces.py <<'END'
import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class Faces(MLModel):
    """Answers with the mean of a photo's left and of its right half, and the threshold that it was given."""

    async def predict(self, payload):
        photos = NumpyCodec.decode_input(payload.inputs[0])
        half = photos.shape[2] // 2
        given = payload.parameters.model_dump().get("threshold", -1) if payload.parameters else -1
        means = [photos[..., :half].mean((1, 2)), photos[..., half:].mean((1, 2)), np.full(len(photos), given)]
        answer = NumpyCodec.encode_output("means", np.stack(means, axis=1).astype(np.float32))
        return InferenceResponse(model_name=self.name, outputs=[answer])
END
cat >look.py <<'END'
import asyncio
import json
import logging
import socket
import sys
import urllib.request

import numpy as np
from faces import Faces
from mlserver import MLServer, ModelSettings, Settings

logging.disable(logging.WARNING)
with socket.socket() as first, socket.socket() as second:
    first.bind(("127.0.0.1", 0))
    second.bind(("127.0.0.1", 0))
    HTTP, GRPC = first.getsockname()[1], second.getsockname()[1]


def ask(photo, threshold):
    """One photo to the server over HTTP."""
    kind = {"uint8": "UINT8", "float32": "FP32"}[str(photo.dtype)]
    face = {"name": "face", "shape": [1, *photo.shape], "datatype": kind, "data": photo.ravel().tolist(),
            "parameters": {"content_type": "np"}}
    body = {"inputs": [face]} | ({} if threshold is None else {"parameters": {"threshold": threshold}})
    request = urllib.request.Request(f"http://127.0.0.1:{HTTP}/v2/models/faces/infer", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
        [output] = json.load(answer)["outputs"]
    assert output["shape"] == [1, 3], output
    return [round(float(number), 2) for number in np.ravel(output["data"])]


async def together(*requests):
    """The answers to requests that come 0.3 s after each other; the server waits for 2 s or for two of them."""
    tasks = []
    for photo, threshold in requests:
        tasks.append(asyncio.create_task(asyncio.to_thread(ask, photo, threshold)))
        await asyncio.sleep(0.3)
    return await asyncio.gather(*tasks)


def lit_from_the_right(height, width, level):
    photo = np.zeros((height, width), np.uint8)
    photo[:, width // 2:] = level
    return photo


async def main():
    server = MLServer(Settings(host="127.0.0.1", http_port=HTTP, grpc_port=GRPC, metrics_endpoint=None, parallel_workers=0,
                               logging_settings=None))
    model = ModelSettings(name="faces", implementation=Faces, max_batch_size=2, max_batch_time=2)
    running = asyncio.create_task(server.start([model]))
    landscape, portrait = lit_from_the_right(48, 64, 200), lit_from_the_right(64, 48, 100)
    floats = (portrait / 255).astype(np.float32)
    for attempt in range(100):
        try:
            await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{HTTP}/v2/models/faces/ready")
            break
        except OSError:
            await asyncio.sleep(0.2)
    names = {"landscape": landscape, "portrait": portrait, "portrait as floats": floats}
    alone = {}
    print("mean of the left half, of the right half, threshold")
    for name, photo in names.items():
        [alone[name]] = await together((photo, None))
        print(f"  {name} alone: {alone[name]}")
    assert alone == {"landscape": [0, 200, -1], "portrait": [0, 100, -1], "portrait as floats": [0, 0.39, -1]}, "changed"
    for first, second, expected in (
            ("landscape", "landscape", [0, 200, -1]),  # the control: requests of one kind
            ("portrait", "portrait", [0, 100, -1]),
            ("landscape", "portrait", [50, 50, -1]),
            ("portrait", "landscape", [100, 100, -1]),
            ("portrait", "portrait as floats", [0, 0, -1]),
            ("portrait as floats", "portrait", [0, 100, -1])):
        one, two = await together((names[first], None), (names[second], None))
        print(f"  {first}, then {second}: {one}, {two}" + ("" if two == alone[second] else "  <- wrong"))
        assert one == alone[first] and two == expected, "changed"
    for first, second, expected in ((0.9, 0.1, [0.1, 0.1]), (0.9, None, [0.9, 0.9]), (None, 0.9, [0.9, 0.9])):
        seen = [answer[2] for answer in await together((landscape, first), (landscape, second))]
        print(f"  threshold {first}, then {second}: the model has {seen}")
        assert seen == expected, "changed"
    await server.stop()
    await asyncio.wait([running], timeout=10)

asyncio.run(main())
END
venv/bin/python -W ignore look.py 2>log.txt || { cat log.txt >&2; exit 1; }
cat <<'END'
MLServer 1.7.1. Expected: requests that do not fit together are not batched. Seen: shape and type of the first, parameters
of the last. So refuse other shapes and types before the model; two unlike requests at once in a test.
END

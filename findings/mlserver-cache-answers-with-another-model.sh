#!/usr/bin/env bash
# MLServer 1.7.1: its cache of answers does not know which model was asked: version 2 of a network, and any other network,
# answers a photo with what the first one that saw the photo said.
#
# Expected: cache_enabled gives the same answer to the same question; the question is the photo and the model, as in
#   Triton's cache, whose key holds the model's name and version.
# Seen: the key is the request's body alone (and its HTTP headers); name and version stand in the URL. Of two versions of a
#   network that are compared on the same photos, the second says what the first said: they agree on every photo, by the
#   true answers on about half. A network that estimates the age, asked about the same photo, answers with looks, under
#   the looks' output name, model_name and status 200. Which one is right depends on who asked first; after 100 other
#   questions it may be the other. A model with cache_enabled false is right. An id in the request is a part of the key as
#   well: with an id of its own for each request nothing is found in the cache at all, with one id for a photo, sent to
#   two networks, the second is wrong again. (DataPlane.infer in mlserver/handlers/dataplane.py makes the key of the
#   payload before it looks for the model; LocalCache is one for the whole server. The settings' documentation speaks
#   of a cache for a specific model.)
# So: no cache where a server has more than one model or version, or the model's name and version as a parameter of the
#   request; in a test the same photo to two models.
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
cat >look.py <<'END'
import asyncio
import json
import logging
import socket
import urllib.request

import numpy as np
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.settings import ModelParameters
from mlserver.types import InferenceResponse

logging.disable(logging.WARNING)
with socket.socket() as first, socket.socket() as second:
    first.bind(("127.0.0.1", 0))
    second.bind(("127.0.0.1", 0))
    HTTP, GRPC = first.getsockname()[1], second.getsockname()[1]
random = np.random.default_rng(6)
FACES = random.integers(0, 256, size=(40, 8, 8)).astype(np.uint8)
WEIGHTS = {"1": random.normal(size=64), "2": random.normal(size=64)}


def happy(face, version):
    """What version 1 or 2 of the network says: 1 if the face is happy."""
    return int((face.ravel() - 127.5) @ WEIGHTS[version] > 0)


class Looks(MLModel):
    async def predict(self, payload):
        face = NumpyCodec.decode_input(payload.inputs[0])
        answer = np.array([[happy(face, self.version)]], np.int64)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("happy", answer)])


class Age(MLModel):
    async def predict(self, payload):
        answer = np.array([[20 + NumpyCodec.decode_input(payload.inputs[0]).mean() / 4]])
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("age", answer)])


def ask(face, model, version=None, **more):
    """The answer's model, output and number."""
    tensor = {"name": "face", "shape": [1, 64], "datatype": "UINT8", "data": face.ravel().tolist(),
              "parameters": {"content_type": "np"}}
    url = f"http://127.0.0.1:{HTTP}/v2/models/{model}" + (f"/versions/{version}" if version else "") + "/infer"
    request = urllib.request.Request(url, json.dumps({"inputs": [tensor]} | more).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        assert response.status == 200
        answer = json.load(response)
    return answer["model_name"], answer["outputs"][0]["name"], answer["outputs"][0]["data"][0]


def settings(name, kind, version, cached):
    return ModelSettings(name=name, implementation=kind, cache_enabled=cached, parameters=ModelParameters(version=version))


def look():
    by_version = {}
    for name in ("looks", "looks without cache"):
        for version in ("1", "2"):
            by_version[name, version] = [ask(face, name.replace(" ", "-"), version)[2] for face in FACES]
        agree = np.mean(np.equal(by_version[name, "1"], by_version[name, "2"]))
        right = [np.mean([seen == happy(face, version) for seen, face in zip(by_version[name, version], FACES)])
                 for version in ("1", "2")]
        print(f"{name}: right answers of version 1 {right[0]:.0%}, of version 2 {right[1]:.0%}; they agree on {agree:.0%}")
        assert right[0] == 1 and (right[1] == 1) == (name == "looks without cache"), "changed"
        assert (agree == 1) == (name == "looks"), "changed"
    face, other, third = random.integers(0, 256, size=(3, 8, 8)).astype(np.uint8)
    asked = [ask(face, "looks", "1"), ask(face, "age"), ask(other, "age"), ask(other, "looks", "1")]
    print("a face asked for its look, then for its age:", *asked[:2])
    print("another face asked for its age, then for its look:", *asked[2:])
    assert asked[0] == asked[1] == ("looks", "happy", happy(face, "1")), "changed"
    assert asked[2] == asked[3] == ("age", "age", 20 + other.mean() / 4), "changed"
    asked = [ask(third, "age", id="photo 7"), ask(third, "looks", "1", id="photo 7"), ask(third, "looks", "1", id="look 7")]
    print("by the id of the photo, its age and its look:", *asked[:2])
    print("the look by an id of its own:", asked[2])
    assert asked[0] == asked[1] and asked[2] == ("looks", "happy", happy(third, "1")), "changed"
    asked = [ask(third, "age", parameters={"asks": "age 1"}), ask(third, "looks", "1", parameters={"asks": "looks 1"})]
    print("with the model's name as a parameter of the request:", *asked)
    assert [answer[0] for answer in asked] == ["age", "looks"], "the control with a parameter has changed"


async def main():
    server = MLServer(Settings(host="127.0.0.1", http_port=HTTP, grpc_port=GRPC, metrics_endpoint=None, parallel_workers=0,
                               logging_settings=None, cache_enabled=True))
    models = [settings("looks", Looks, "1", True), settings("looks", Looks, "2", True), settings("age", Age, "1", True),
              settings("looks-without-cache", Looks, "1", False), settings("looks-without-cache", Looks, "2", False)]
    running = asyncio.create_task(server.start(models))
    for _ in range(100):
        try:
            await asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{HTTP}/v2/health/ready")
            break
        except OSError:
            await asyncio.sleep(0.2)
    await asyncio.to_thread(look)
    await server.stop()
    await asyncio.wait([running], timeout=10)

asyncio.run(main())
END
venv/bin/python -W ignore look.py 2>log.txt || { cat log.txt >&2; exit 1; }
cat <<'END'
MLServer 1.7.1. Expected: a cache for each model. Seen: one for all, by the request alone: who asked first decides. So no
cache with more than one model or version; the same photo to two models in a test.
END

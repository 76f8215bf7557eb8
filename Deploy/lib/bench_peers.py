"""The PyPI package `fer` as a server, and the client that sends the same photos to it and to Mien.

    bench_peers.py serve                                   fer behind Flask on a free port, which it prints first
    bench_peers.py send fer ADDRESS PID PHOTO COUNT        one photo after the other; prints JSON
    bench_peers.py send mien ADDRESS PID... PHOTO COUNT    as many through the product, with MIEN_TOKEN; prints JSON
    bench_peers.py accuracy FILE.csv[.gz|.xz] [USAGE]      fer's classifier on the faces of a FER2013 file; prints JSON

PID are the servers' processes: what they and their descendants take of the CPU is counted as well as the time.
"""

import csv
import gzip
import http.client
import json
import lzma
import os
import statistics
import sys
import time
import urllib.parse
import uuid

PER_FORM = 20


def load():
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    import cv2
    import tensorflow as tf

    # One thread each: that is what a core of the product's has.
    cv2.setNumThreads(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    from fer.fer import FER

    return cv2, FER()


def serve():
    cv2, detector = load()
    import numpy as np
    from flask import Flask, jsonify, request
    from werkzeug.serving import make_server

    app = Flask("fer")

    @app.post("/analyse")
    def analyse():
        picture = cv2.imdecode(np.frombuffer(request.get_data(), np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            return jsonify(error="no photo"), 400
        faces = detector.detect_emotions(picture)
        return jsonify([{"box": [int(n) for n in face["box"]], "emotions": face["emotions"]} for face in faces])

    server = make_server("127.0.0.1", 0, app, threaded=False)
    print(server.server_port, flush=True)
    server.serve_forever()


def cpu_seconds(roots):
    """CPU time of processes and all their descendants, ended ones included."""
    parents, used = {}, {}
    ticks = os.sysconf("SC_CLK_TCK")
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as file:
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry)] = int(fields[1])
        used[int(entry)] = sum(map(int, fields[11:15])) / ticks
    total = 0.0
    for pid, seconds in used.items():
        ancestor = pid
        while ancestor not in roots and ancestor in parents:
            ancestor = parents[ancestor]
        total += seconds if ancestor in roots else 0.0
    return total


class Server:
    def __init__(self, address):
        parts = urllib.parse.urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=120)

    def ask(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        response = self.connection.getresponse()
        answer = response.read()
        if response.status not in (200, 202):
            sys.exit(f"{method} {path}: {response.status} {answer[:300]!r}")
        return json.loads(answer)


def send_fer(server, photo, count):
    faces, times = 0, []
    for _ in range(count):
        start = time.perf_counter()
        faces = len(server.ask("POST", "/analyse", photo))
        times.append(time.perf_counter() - start)
    return faces, statistics.median(times)


def send_mien(server, photo, count):
    headers = {"Authorization": f"Bearer {os.environ['MIEN_TOKEN']}", "Accept": "application/json"}
    ids = []
    while len(ids) < count:
        boundary = uuid.uuid4().hex
        part = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="photo"; filename="bench.jpg"\r\n\r\n'.encode()
            + photo + b"\r\n"
        )
        body = part * min(PER_FORM, count - len(ids)) + f"--{boundary}--\r\n".encode()
        form = {**headers, "Content-Type": f"multipart/form-data; boundary={boundary}"}
        ids += [entry["id"] for entry in server.ask("POST", "/analyses", body, form)["analyses"]]
    faces = 0
    for identifier in ids:
        status = "queued"
        while status in ("queued", "processing"):
            answer = server.ask("GET", f"/analyses/{identifier}.json?wait=25", headers=headers)
            status = answer["status"]
        if status != "finished":
            sys.exit(f"analysis {identifier} {status}: {answer}")
        faces = len(answer["faces"])
    return faces, None


def send(peer, address, roots, path, count):
    with open(path, "rb") as file:
        photo = file.read()
    server, one_by_one = Server(address), {"fer": send_fer, "mien": send_mien}[peer]
    one_by_one(server, photo, 5)
    cpu, start = cpu_seconds(roots), time.perf_counter()
    faces, median = one_by_one(server, photo, count)
    passed, cpu = time.perf_counter() - start, cpu_seconds(roots) - cpu
    figures = {"photos": count, "faces": faces, "photos_per_second": count / passed, "cpu_ms": 1000 * cpu / count}
    if median is not None:
        figures["p50_ms"] = 1000 * median
    print(json.dumps(figures))


def accuracy(path, usage):
    cv2, detector = load()
    import numpy as np

    opener = {".xz": lzma.open, ".gz": gzip.open}.get(os.path.splitext(path)[1], open)
    right = count = 0
    with opener(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            if usage and row.get("Usage") != usage:
                continue
            face = np.array(row["pixels"].split(), np.uint8).reshape(48, 48)
            # As detect_emotions prepares a face, without its margin: the data set's crops are detected faces already.
            face = cv2.resize(face, (64, 64)).astype("float32") / 127.5 - 1
            answer = detector._classify_emotions(face[None])[0]
            right += int(np.argmax(answer)) == int(row["emotion"])
            count += 1
    if count == 0:
        sys.exit(f"{path} holds no rows{f' of usage {usage}' if usage else ''}.")
    print(json.dumps({"faces": count, "accuracy": right / count}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve"]:
            serve()
        case ["send", "fer" | "mien" as peer, address, *pids, photo, count]:
            send(peer, address, {int(pid) for pid in pids}, photo, int(count))
        case ["accuracy", path]:
            accuracy(path, None)
        case ["accuracy", path, usage]:
            accuracy(path, usage)
        case _:
            sys.exit(__doc__)

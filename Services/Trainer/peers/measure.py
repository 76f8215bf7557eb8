"""Other packages' emotion classifiers on the faces of a FER2013 file, so that the report compares like with like.

    python -m venv PEERS && PEERS/bin/pip install -r requirements.txt
    PEERS/bin/pip install --no-deps fer==25.10.3 facex==1.1.0 facemood==1.0.1 facial-emotion-recognition==0.3.4
    PEERS/bin/python measure.py fer TEST.csv[.gz|.xz] TRAIN.csv[.gz|.xz] OUT.json

Only packages that bring their weights along are here: nothing is fetched at run time. Each network gets FER2013's faces
as they are, prepared as its own package prepares a face after its detector; the detectors are not part of it. It stands
beside the trainer and imports nothing of it, as TensorFlow wants an environment of its own.
"""

import csv
import gzip
import importlib.metadata
import importlib.util
import itertools
import json
import lzma
import os
import sys
import time
from pathlib import Path

import numpy as np

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SIDE = 48


def fer():
    """mini-Xception in TFLite, 64×64 grey."""
    import cv2
    from fer.fer import FER

    detector = FER()

    def classify(face):
        # As detect_emotions prepares a face, without its margin: the data set's crops are detected faces already.
        return detector._classify_emotions((cv2.resize(face, (64, 64)).astype("float32") / 127.5 - 1)[None])[0]

    data = folder("fer") / "data"
    # The same network as the quantised file that is used, and its weights can be counted.
    facts = tflite_facts(data / "emotion_model_quantized.tflite") | {"parameters": hdf5_parameters(data)}
    return classify, facts, CLASSES


def facex():
    """A TFLite network, 200×200, the grey face in all three channels."""
    from facex import EmotionClassifier

    path = folder("facex") / "assets/model_optimized.tflite"
    classifier = EmotionClassifier(str(path))
    order = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
    return lambda face: list(classifier.detect_emotion(face).values()), tflite_facts(path), order


def facemood():
    """A Keras network, 170×170 RGB; the package gives it the whole camera picture, here it gets the face alone."""
    import tensorflow
    from PIL import Image

    path = folder("facemood") / "model__version1.0.0__.h5"
    model = tensorflow.keras.models.load_model(path, compile=False)

    def classify(face):
        picture = Image.fromarray(face).convert("RGB").resize((170, 170))
        return np.asarray(model(np.asarray(picture, dtype="float32")[None] / 255, training=False))[0]

    return classify, {"parameters": model.count_params(), "bytes": path.stat().st_size}, CLASSES


def facial_emotion_recognition():
    """Four convolutions and two dense layers in PyTorch, 48×48 grey."""
    import torch

    torch.set_num_threads(1)
    place = folder("facial_emotion_recognition")
    # The package itself imports a face detector that wants an older PyTorch; the network stands in a file of its own.
    specification = importlib.util.spec_from_file_location("networks", place / "networks.py")
    networks = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(networks)
    network = networks.NetworkV2(in_c=1, nl=32, out_f=7)
    path = place / "model/model.pkl"
    network.load_state_dict(torch.load(path, map_location="cpu")["network"])
    network.eval()

    @torch.inference_mode()
    def classify(face):
        return network((torch.from_numpy(face)[None, None].float() / 255 - 0.5) / 0.5)[0].tolist()

    parameters = sum(weight.numel() for weight in network.parameters())
    return classify, {"parameters": parameters, "bytes": path.stat().st_size}, CLASSES


PEERS = {
    "fer": fer,
    "facex": facex,
    "facemood": facemood,
    "facial-emotion-recognition": facial_emotion_recognition,
}


def folder(package):
    return Path(importlib.util.find_spec(package).origin).parent


def tflite_facts(path):
    """Size of a TFLite file; its weights are merged with batch norm and quantised, so parameters are not counted."""
    return {"parameters": None, "bytes": path.stat().st_size}


def hdf5_parameters(data):
    import h5py

    sizes = []
    with h5py.File(data / "emotion_model.hdf5") as file:
        file["model_weights"].visititems(lambda _, item: sizes.append(getattr(item, "size", 0)))
    return int(sum(sizes))


def faces(path):
    opener = {".xz": lzma.open, ".gz": gzip.open}.get(path.suffix, open)
    with opener(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            yield np.array(row["pixels"].split(), np.uint8).reshape(SIDE, SIDE), int(row["emotion"])


def confusions(classify, order, rows):
    """Confusion matrix, rows are true classes, and the fastest answer in seconds."""
    place = [order.index(label) for label in CLASSES]
    matrix, fastest = np.zeros((7, 7), dtype=int), float("inf")
    for face, label in rows:
        began = time.perf_counter()
        answer = np.asarray(classify(face))
        fastest = min(fastest, time.perf_counter() - began)
        matrix[label, answer[place].argmax()] += 1
    return matrix, fastest


def measure(name, test, train):
    """Figures of a peer on the test's faces, and its accuracy on as many training faces.

    A network that never saw the test is better on what it was trained with: where the two are alike and high, the test
    was among its training faces, and its accuracy tells nothing.
    """
    classify, facts, order = PEERS[name]()
    matrix, fastest = confusions(classify, order, faces(test))
    known, _ = confusions(classify, order, itertools.islice(faces(train), int(matrix.sum())))
    hits, support = np.diag(matrix), matrix.sum(axis=1)
    scores = 2 * hits / np.maximum(support + matrix.sum(axis=0), 1)
    return {
        "package": name,
        "version": importlib.metadata.version(name),
        "file": test.name,
        "faces": int(matrix.sum()),
        "accuracy": float(hits.sum() / matrix.sum()),
        "macro_f1": float(scores[support > 0].mean()),
        "recall": {label: float(hit / max(total, 1)) for label, hit, total in zip(CLASSES, hits, support)},
        "confusion_matrix": matrix.tolist(),
        "training_file": train.name,
        "training_faces": int(known.sum()),
        "training_accuracy": float(np.trace(known) / known.sum()),
        "milliseconds_a_face": round(1000 * fastest, 2),
        **facts,
        "script": "peers/measure.py",
    }


if __name__ == "__main__":
    if len(sys.argv) != 5 or sys.argv[1] not in PEERS:
        sys.exit(f"{__doc__}\nknown: {', '.join(PEERS)}")
    os.environ |= {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
    name, test, train, out = sys.argv[1:]
    Path(out).write_text(json.dumps(measure(name, Path(test), Path(train)), indent=1) + "\n")

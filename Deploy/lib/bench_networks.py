"""The other side of Deploy/bench inference: the same networks for OpenVINO's own benchmark_app.

    bench_networks.py prepare DETECTOR.onnx MODEL.xml FOLDER   writes the networks as the product compiles them
    bench_networks.py run FOLDER NAME PRECISION SECONDS        prints the runs per second by benchmark_app's median
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

# As in Sources/Vision: input, side and order of colours of the detectors, and the classifier's batches.
DETECTORS = {"proposer": ("input", 640, True), "detector": ("input.1", 160, False)}
BATCHES = (1, 8)


def prepare(detector, classifier, folder):
    import openvino as ov
    from openvino.preprocess import PrePostProcessor

    core = ov.Core()
    files = {"detector": detector, "proposer": Path(detector).parent / "yunet.onnx"}
    for name, (image, side, is_reversed) in DETECTORS.items():
        model = core.read_model(files[name])
        model.reshape({image: [1, 3, side, side]})
        steps = PrePostProcessor(model)
        steps.input(image).tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
        steps.input(image).model().set_layout(ov.Layout("NCHW"))
        if is_reversed:
            steps.input(image).preprocess().reverse_channels()
        ov.save_model(steps.build(), folder / f"{name}.xml", compress_to_fp16=False)
    crops = {f"classifier-{count}": (classifier, count) for count in BATCHES}
    occlusion = Path(classifier).parent / "occlusion.xml"
    if occlusion.exists():
        crops["occlusion"] = (occlusion, 1)
    for name, (file, count) in crops.items():
        model = core.read_model(file)
        model.reshape({"image": [count, 1, 48, 48]})
        ov.save_model(model, folder / f"{name}.xml", compress_to_fp16=False)


def run(folder, name, precision, seconds):
    # One request on one thread, without hints and pinning: what a worker process does.
    with tempfile.TemporaryDirectory() as reports:
        config = Path(reports) / "config.json"
        config.write_text(json.dumps({"CPU": {"ENABLE_CPU_PINNING": "NO"}}))
        command = [
            str(Path(sys.executable).parent / "benchmark_app"), "-m", str(folder / f"{name}.xml"), "-d", "CPU",
            "-api", "sync", "-hint", "none", "-nstreams", "1", "-nthreads", "1", "-nireq", "1", "-t", str(seconds),
            "-infer_precision", precision, "-load_config", str(config),
            "-report_type", "no_counters", "-report_folder", reports, "-json_stats",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"benchmark_app failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        report = json.loads((Path(reports) / "benchmark_report.json").read_text())
    results = report["execution_results"]
    # The median, as on the product's side.
    print(1000 / float(results["latency (ms)"]))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare", detector, classifier, folder]:
            prepare(detector, classifier, Path(folder))
        case ["run", folder, name, precision, seconds]:
            run(Path(folder), name, precision, int(seconds))
        case _:
            sys.exit(__doc__)

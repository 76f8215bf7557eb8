"""The side of Deploy/bench training that trains: faces a second of a configuration, in one or more checkouts by turns.

    bench_training.py CONFIG.toml STEPS ROUNDS SOURCE [SOURCE…]

SOURCE is a folder that holds the package `trainer`, such as Services/Trainer of a checkout. The faces are noise, which
costs as much as any; the first steps of a run, in which kernels are chosen and memory is gathered, are not counted. Faces
have full size throughout, the weights are random, and nobody teaches.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import tomli_w

FACES = 1400
UNCOUNTED = 5
NETWORK = "mien-inception-s"
"""What a configuration that names none trains."""

# Runs in the checkout's own code: its data file, its launcher, its network.
PREPARE = """
import sys, numpy as np
from pathlib import Path
from trainer import prepare
Part = prepare.Part
noise = np.random.default_rng(0).integers(0, 256, ({faces}, 48, 48), dtype=np.uint8)
labels = np.arange({faces}) % 7
part = Part(noise, labels, np.zeros(({faces}, 7), np.float32))
few = part.take(np.arange(70))
facts = {{"seed": 1, "mean": 127.5, "deviation": 74.0, "validation_share": 0.1, "sources": [], "ferplus": False,
         "counts": {{}}, "duplicates_of_test_removed": 0, "duplicates_inside": 0}}
prepare.save(prepare.Data(part, few, few, facts), Path(sys.argv[1]))
"""
MACS = "from trainer.model import build, cost; import sys; print(cost(build(sys.argv[1]))[1])"


def python(source: Path, *arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(source)}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{source}: {(done.stderr or done.stdout).strip().splitlines()[-1]}")
    return done.stdout


def seconds(source: Path, table: dict, steps: int, folder: Path) -> float:
    """What a run of so many steps takes, by the trainer's own clock."""
    run = folder / f"run-{steps}"
    config = folder / f"{steps}.toml"
    changed = {"validate_every": 1000000, "small_until": 0.0, "budget": {"steps": steps}}
    config.write_text(tomli_w.dumps(table | changed))
    python(source, "-m", "trainer", "train", "--config", str(config), "--data", str(folder / "data.npz"), "--run", str(run))
    show = "import sys, torch; print(torch.load(sys.argv[1], weights_only=True)['elapsed'])"
    return float(python(source, "-c", show, str(run / "final.pt")))


def speed(source: Path, table: dict, steps: int) -> float:
    """Faces a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python(source, "-c", PREPARE.format(faces=FACES), str(folder / "data.npz"))
        taken = seconds(source, table, steps + UNCOUNTED, folder) - seconds(source, table, UNCOUNTED, folder)
    return steps * table.get("batch", 64) * table.get("processes", 2) / taken


def main() -> None:
    config, steps, rounds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    sources = [Path(name).resolve() for name in sys.argv[4:]]
    table = tomllib.loads(config.read_text())
    # Both lie where only the configuration knows.
    for key in ("start", "teacher"):
        table.pop(key, None)
    network = table.get("network", NETWORK)
    figures = {source: [] for source in sources}
    for _ in range(rounds):
        for source in sources:
            figures[source].append(speed(source, table, steps))
    medians = {source: statistics.median(values) for source, values in figures.items()}
    macs = int(python(sources[0], "-c", MACS, network))
    result = {
        "network": network,
        "mmac": round(macs / 1e6, 1),
        "processes": table.get("processes", 2),
        "faces_a_second": [round(value, 1) for value in medians.values()],
        "ratio": round(medians[sources[0]] / medians[sources[-1]], 2) if len(sources) > 1 else None,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import faces

from trainer import CLASSES, checkpoint, metrics, predict, prepare
from trainer.cli import main
from trainer.config import Config
from trainer.export import Exported, verify
from trainer.model import build, cost


@pytest.fixture(scope="module")
def trained_file(tmp_path_factory: pytest.TempPathFactory, data_file: Path) -> Path:
    """A checkpoint whose weights and batch norm statistics are random, so that every layer matters."""
    import dataclasses

    torch.manual_seed(0)
    network = build("mien-inception-s")
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2)
            module.running_var.uniform_(0.5, 2)
    path = tmp_path_factory.mktemp("run") / "final.pt"
    checkpoint.save(
        path,
        {
            "config": dataclasses.asdict(Config()),
            "facts": prepare.load(data_file).facts,
            "average": network.state_dict(),
            "step": 1,
            "steps_per_epoch": 1,
            "elapsed": 60.0,
            "history": [],
        },
    )
    return path


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, data_file: Path, trained_file: Path) -> Path:
    out = tmp_path_factory.mktemp("models")
    evaluation = out / "evaluation"
    common = ["--checkpoint", str(trained_file), "--data", str(data_file)]
    assert main(["evaluate", *common, "--out", str(evaluation)]) == 0
    assert {path.name for path in evaluation.iterdir()} == {
        "evaluation.json", "confusion.png", "calibration.png", "coverage.png",
    }  # fmt: skip
    name = ["--name", "mien-inception-s", "--model-version", "0.0.1", "--out", str(out)]
    assert main(["export", *common, *name, "--evaluation", str(evaluation / "evaluation.json")]) == 0
    return out / "mien-inception-s" / "0.0.1"


def test_openvino_gives_what_pytorch_gives(exported, trained_file):
    card = json.loads((exported / "card.json").read_text())
    result = verify(predict.load(trained_file), card["calibration"]["temperature"], exported, faces(40, 9)[0])
    assert result["f32"]["probability_difference"] < 0.005


def test_the_exported_contract_is_what_the_workers_expect(exported):
    model = Exported(exported)
    image, (probabilities, activation) = model.compiled.input(0), model.compiled.outputs
    assert image.names == {"image"} and str(image.partial_shape) == "[?,1,48,48]"
    assert image.element_type.get_type_name() == "u8"
    assert probabilities.names == {"probabilities"} and str(probabilities.partial_shape) == "[?,7]"
    assert activation.names == {"activation"} and str(activation.partial_shape) == "[?,7,6,6]"
    for batch in (1, 5):
        answer, maps = model(faces(batch, 3)[0])
        assert answer.shape == (batch, 7) and maps.shape == (batch, 7, 6, 6)
        assert answer.sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_pooled_activation_maps_explain_the_probabilities(exported):
    card = json.loads((exported / "card.json").read_text())
    probabilities, activation = Exported(exported)(faces(8, 3)[0])
    again = metrics.softmax(activation.mean(axis=(2, 3)), card["calibration"]["temperature"])
    assert np.abs(again - probabilities).max() < 1e-3


def test_the_card_says_everything_it_must(exported):
    card = json.loads((exported / "card.json").read_text())
    assert card["schema_version"] == 1 and card["classes"] == list(CLASSES)
    assert set(card["files"]) == {"model.xml", "model.bin"}
    public = card["metrics"]["public_test"]
    assert np.array(public["confusion_matrix"]).sum() == 35 and set(public["per_class"]) == set(CLASSES)
    assert card["threshold"]["not_sure"] <= 1 and card["limits"]


def test_verify_notices_a_changed_file(capsys, exported, trained_file, data_file, tmp_path):
    copy = tmp_path / "model"
    copy.mkdir()
    for path in exported.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    arguments = ["verify", "--checkpoint", str(trained_file), "--data", str(data_file), "--model", str(copy)]
    assert main(arguments) == 0 and "verified" in capsys.readouterr().out
    (copy / "model.bin").write_bytes(b"\0" * 100)
    assert main(arguments) == 1 and "CHANGED" in capsys.readouterr().out


def test_an_evaluation_of_another_checkpoint_does_not_enter_the_card(
    capsys, exported, trained_file, data_file, tmp_path
):
    evaluation = tmp_path / "evaluation.json"
    content = json.loads((exported.parents[1] / "evaluation" / "evaluation.json").read_text())
    content["checkpoint"]["sha256"] = "0" * 64
    evaluation.write_text(json.dumps(content))
    arguments = ["--checkpoint", str(trained_file), "--data", str(data_file), "--evaluation", str(evaluation)]
    assert main(["export", *arguments, "--name", "x", "--model-version", "1", "--out", str(tmp_path / "models")]) == 2
    assert "another checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "models").exists()


def test_the_report_shows_the_figures_of_the_evaluation(exported, tmp_path):
    results = tmp_path / "results"
    (results / "run").mkdir(parents=True)
    evaluation = exported.parents[1] / "evaluation" / "evaluation.json"
    (results / "run" / "evaluation.json").write_bytes(evaluation.read_bytes())
    published = {"system": "people", "public": None, "private": 65.0, "source": "s"}
    (results / "published.json").write_text(json.dumps({"rows": [published]}))
    assert main(["report", "--results", str(results), "--shipped", "run", "--out", str(tmp_path / "REPORT.md")]) == 0
    report = (tmp_path / "REPORT.md").read_text()
    accuracy = 100 * json.loads(evaluation.read_text())["plain"]["accuracy"]
    assert f"**{accuracy:.2f} %**" in report and "| people | – | 65.00 | s |" in report and "$" not in report


def test_the_small_network_has_the_size_it_is_named_for():
    parameters, macs = cost(build("mien-inception-s"))
    assert parameters < 0.8e6 and macs < 65e6

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import faces, write_csv
from test_folders import write

from trainer import (
    CLASSES,
    checkpoint,
    degrade,
    evaluate,
    export,
    metrics,
    occlusion,
    package,
    predict,
    prepare,
    restore,
    sections,
)
from trainer.calibration import Calibration
from trainer.cli import main
from trainer.config import Config
from trainer.errors import InputError
from trainer.export import Exported, verify
from trainer.files import write_rows
from trainer.model import REGISTRY, _vgg, build, cost
from trainer.precision import has_bf16


@pytest.fixture(scope="module")
def trained_file(tmp_path_factory: pytest.TempPathFactory, data_file: Path) -> Path:
    """A checkpoint whose weights and batch norms are random, so that every layer matters."""
    import dataclasses

    torch.manual_seed(0)
    network = build("mien-inception-s")
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.2, 0.2)
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
    fitted = card["calibration"]
    calibration = Calibration(fitted["method"], np.array(fitted["scale"]), np.array(fitted["bias"]))
    result = verify(predict.load(trained_file), calibration, exported, faces(40, 9)[0])
    assert result["f32"]["probability_difference"] < 0.005 and result["f32"]["logit_difference"] < 0.02
    assert ("bf16" in result) == has_bf16() and all(row["milliseconds"] > 0 for row in result.values())


def test_the_network_for_covered_faces_lies_beside_the_model(exported):
    card = json.loads((exported / "card.json").read_text())
    part = card["occlusion"]
    assert {"occlusion.xml", "occlusion.bin"} <= card["files"].keys() and part["file"] == "occlusion.xml"
    assert part["sure_from"].keys() == part["threshold"].keys() == {"mouth", "eyes"}
    assert all(value >= card["threshold"]["not_sure"] for value in part["sure_from"].values())


def test_a_model_from_before_gets_the_network_for_covered_faces(capfd, exported, trained_file, data_file, tmp_path):
    train, other = write_csv(tmp_path / "other.csv", *faces(70, 8)), tmp_path / "other.npz"
    assert main(["prepare", "--train", str(train), "--out", str(other)]) == 0
    older = shutil.copytree(exported, tmp_path / "older")
    card = json.loads((older / "card.json").read_text())
    expected = card.pop("occlusion")
    for name in ("occlusion.xml", "occlusion.bin"):
        (older / name).unlink()
        del card["files"][name], card["bytes"][name]
    (older / "card.json").write_text(json.dumps(card))
    arguments = ["occlusion", "--model", str(older), "--data"]
    assert main([*arguments, str(other)]) == 2
    assert "was trained with another data file" in capfd.readouterr().err
    assert main([*arguments, str(data_file)]) == 0
    assert "mouth covered: " in capfd.readouterr().out
    assert json.loads((older / "card.json").read_text())["occlusion"] == expected
    assert package.check(trained_file, prepare.load(data_file), older)[1]


def test_processes_that_ask_at_once_are_not_put_onto_one_core(exported):
    assert not Exported(exported).compiled.get_property("ENABLE_CPU_PINNING")


def test_what_a_processor_without_bf16_did_is_not_called_bf16(exported, trained_file, data_file, monkeypatch):
    monkeypatch.setattr(export, "has_bf16", lambda: False)
    fitted = json.loads((exported / "card.json").read_text())["calibration"]
    calibration = Calibration(fitted["method"], np.array(fitted["scale"]), np.array(fitted["bias"]))
    compared = verify(predict.load(trained_file), calibration, exported, faces(8, 9)[0])
    assert list(compared) == ["f32"]
    content = {"name": "m", "version": "1", "exported": compared, "variants": {}, "bytes": {"model.bin": 3_000_000}}
    for text in (package.summary(content), sections.exported(content)):
        assert f"{compared['f32']['milliseconds']:.2f} ms" in text and "ms in bf16" not in text
    text, verified = package.check(trained_file, prepare.load(data_file), exported)
    assert verified and "bf16" not in text


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


def test_asking_and_timing_a_model_leaves_the_faces_as_they_are(exported):
    images = faces(40, 3)[0]
    before = images.copy()
    model = Exported(exported)
    first, _ = model(images)
    assert model.milliseconds(images[0], rounds=2, each=2) > 0
    assert (images == before).all()
    assert np.array_equal(model(images)[0], first)


def test_pooled_activation_maps_explain_the_probabilities(exported):
    probabilities, activation = Exported(exported)(faces(8, 3)[0])
    again = metrics.softmax(activation.mean(axis=(2, 3)))
    assert np.abs(again - probabilities).max() < 1e-3


def test_the_rows_of_one_usage_are_evaluated(capsys, trained_file, data_file, tmp_path):
    path = tmp_path / "whole.csv"
    lines = ["emotion,pixels,Usage"]
    images, labels = faces(12, 4)
    for number, (image, label) in enumerate(zip(images, labels)):
        lines.append(f"{label},{' '.join(map(str, image.ravel()))},{'PrivateTest' if number % 3 else 'PublicTest'}")
    path.write_text("\n".join(lines) + "\n")
    common = ["evaluate", "--checkpoint", str(trained_file), "--data", str(data_file), "--tta", "none"]
    out = ["--out", str(tmp_path / "out")]
    assert main([*common, "--csv", str(path), "--usage", "privatetest", *out]) == 0
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["plain"]["faces"] == 8
    capsys.readouterr()
    assert main([*common, "--csv", str(path), "--usage", "Training", *out]) == 2
    assert "no rows of usage Training (the file has: 4 PublicTest, 8 PrivateTest)" in capsys.readouterr().err
    assert main([*common, "--usage", "PublicTest", *out]) == 2
    assert "--usage goes with --csv" in capsys.readouterr().err
    # A folder of that name is no look at the public test.
    path.rename(tmp_path / "test")
    assert main([*common, "--csv", str(tmp_path / "test"), *out]) == 0
    assert json.loads((tmp_path / "out" / "evaluation.json").read_text())["set"] == f"{tmp_path.name}/test"
    assert "has now been looked at" not in capsys.readouterr().out


def test_the_card_says_everything_it_must(exported):
    card = json.loads((exported / "card.json").read_text())
    assert card["schema_version"] == 1 and card["classes"] == list(CLASSES)
    pictures = {"confusion.png", "calibration.png", "coverage.png"}
    assert set(card["files"]) == {"model.xml", "model.bin", *occlusion.FILES, *pictures}
    assert {picture["file"] for picture in card["pictures"]} == pictures
    assert all((exported / name).stat().st_size == card["bytes"][name] for name in card["files"])
    assert card["published"] and all(row["source"] for row in card["published"])
    assert len(card["calibration"]["scale"]) == len(card["calibration"]["bias"]) == 7
    public = card["metrics"]["public_test"]
    assert np.array(public["confusion_matrix"]).sum() == 35 and set(public["per_class"]) == set(CLASSES)
    # Of 28 validation faces nobody can tell.
    assert card["threshold"]["not_sure"] == 0.55 and "28 validation faces are too few" in card["threshold"]["how"]
    assert any("was not measured: 28 validation faces" in limit for limit in card["limits"])
    assert card["data"]["name"].startswith("FER2013") and card["data"]["before"] is None


def test_a_run_starts_where_an_exported_model_ended(capfd, exported, trained_file, data_file, tmp_path):
    data, network = prepare.load(data_file), build("mien-inception-s")
    mean, deviation = data.facts["mean"], data.facts["deviation"]
    restore.restore(exported, network, (torch.from_numpy(data.train.images).unsqueeze(1) - mean) / deviation)
    trained, images = predict.load(trained_file), faces(40, 9)[0]
    for module in (network, trained.network):
        module.eval()
    again, before = (predict.logits_of(module, images, mean, deviation) for module in (network, trained.network))
    assert np.abs(again - before).max() < 0.01
    # Batch norm has to normalise again, or training would begin from other activations than the model's.
    stem = network.body[0]
    assert not torch.allclose(stem[1].running_mean, torch.zeros(16)) and stem[1].weight.std() > 0
    network.train()
    batch = (torch.from_numpy(data.train.images).unsqueeze(1) - mean) / deviation
    with torch.no_grad():
        normalised = network.body(batch).mean(dim=(2, 3))
        kept = trained.network.body(batch).mean(dim=(2, 3))
    assert torch.nn.functional.cosine_similarity(normalised, kept).min() > 0.99

    settings = tmp_path / "config.toml"
    settings.write_text("processes = 1\nbatch = 4\n[budget]\nsteps = 1\n")
    common = ["--data", str(data_file), "--config", str(settings)]
    arguments = ["train", *common, "--run", str(tmp_path / "run")]
    assert main([*arguments, "--start", str(exported)]) == 0
    content = checkpoint.load(tmp_path / "run" / "final.pt")
    assert content["start"]["version"] == "0.0.1" and content["start"]["epochs"] == 1
    assert str(tmp_path) not in json.dumps(evaluate.run_facts(predict.load(tmp_path / "run" / "final.pt")))
    capfd.readouterr()
    assert main(arguments) == 2
    assert "was started from other weights than the configuration names" in capfd.readouterr().err


def test_a_wider_network_of_one_chain_begins_with_a_narrower_ones_answers():
    model = Path(__file__).parents[1] / "members" / "mien-vgg" / "0.3.0"
    images = torch.from_numpy(faces(40, 9)[0]).unsqueeze(1).float() / 64 - 2
    narrow, wide = build("mien-vgg"), build("mien-vgg-l")
    for network in (narrow, wide):
        restore.restore(model, network, images)
        network.eval()
    with torch.no_grad():
        assert (narrow(images) - wide(images)).abs().max() < 1e-4
    # The copies of a filter have to part ways, or the width is of no use: what reads them must not read them alike.
    wide.train()(images).logsumexp(dim=1).sum().backward()
    for convolution in (module for module in wide.modules() if isinstance(module, torch.nn.Conv2d)):
        first, second = convolution.weight.grad.chunk(2)
        assert (first - second).norm() > 0.1 * first.norm()
    with pytest.raises(InputError, match="holds another network than the configuration's"):
        restore.restore(model, _vgg(16, 0.0), images)


@pytest.mark.parametrize(
    ("network", "start", "reason"),
    [
        ("mien-inception-m", "", "holds another network than the configuration's"),
        ("mien-inception-s", "nowhere", "no card.json in it"),
    ],
)
def test_a_start_that_does_not_fit_is_one_clear_line(capfd, exported, data_file, tmp_path, network, start, reason):
    settings = tmp_path / "config.toml"
    settings.write_text(f'network = "{network}"\nprocesses = 1\nbatch = 4\n[budget]\nsteps = 1\n')
    common = ["--data", str(data_file), "--config", str(settings), "--run", str(tmp_path / "run")]
    assert main(["train", *common, "--start", str(exported / start)]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1 and reason in lines[0]
    assert not (tmp_path / "run" / "final.pt").exists()


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
    (results / "run" / "export.json").write_bytes((evaluation.parent / "export.json").read_bytes())
    history = [
        {"epoch": 80.0, "budget_used": 1.0, "rate": 0.0, "validation_accuracy": 0.67},
        {"epoch": 82.0, "budget_used": 0.55, "rate": 0.049, "validation_accuracy": 0.6847},
    ]
    write_rows(results / "run" / "metrics.csv", history)
    (results / "studies").mkdir()
    (results / "looks.csv").write_text("made,checkpoint_sha256,accuracy\nx,y,0.5\nx,y,0.5\n")
    row = {"study": "networks", "variant": "s", "seed": 1, "mmac": 62, "epochs": 2, "minutes": 1, "training_faces": 9}
    row |= {"faces": 2400, "accuracy": 0.4321, "macro_f1": 0.4, "negative_log_likelihood": 1.5}
    others = [row | {"variant": "m", "accuracy": 0.5321}, row | {"variant": "l", "accuracy": 0.4421}]
    write_rows(results / "studies" / "networks.csv", [row, *others])
    (results / "studies" / "networks.md").write_text("The wider, the better.\n")
    (results / "studies" / "recipe.md").write_text("Of a study that was not run.\n")
    assert main(["report", "--results", str(results), "--shipped", "run", "--out", str(tmp_path / "REPORT.md")]) == 0
    report = (tmp_path / "REPORT.md").read_text()
    content = json.loads(evaluation.read_text())
    accuracy = 100 * content["plain"]["accuracy"]
    assert content["labels"] is None
    assert f"**{accuracy:.2f} %**" in report and "| people | – | – | 65.00 |" in report and "$" not in report
    assert "After 80 epochs the budget was raised: the rate went up to 0.049 again" in report
    assert "validation went from 67.00 % at epoch 80 to 68.47 %" in report
    assert "looked at twice" in report and "| s | 62 | 2 | 1.0 | 43.21 |" in report
    assert "with 9 training faces, measured on 2400 faces" in report and "standard error is 1.0 points" in report
    assert "More than 2.9 points from s: m (+10.0).)\n\nThe wider, the better.\n\n" in report
    assert "Of a study that was not run." not in report
    (results / "peers").mkdir()
    (results / "peers" / "broken.json").write_text("{")
    assert main(["report", "--results", str(results), "--shipped", "run", "--out", str(tmp_path / "no.md")]) == 2
    assert "`configs/study/recipe.toml` has not been run" in report


def robustness(exported: Path, *more: str) -> int:
    return main(["robustness", "--model", str(exported), *more])


def test_robustness_is_measured_on_the_validation_split_and_shown_in_the_report(capsys, exported, data_file, tmp_path):
    results = tmp_path / "results"
    out = results / "run" / "robustness.json"
    assert robustness(exported, "--data", str(data_file), "--out", str(out)) == 0
    assert "roll 180" in capsys.readouterr().out and out.with_suffix(".png").stat().st_size > 0
    found, part = json.loads(out.read_text()), prepare.load(data_file).validation
    assert found["set"] == "validation" and found["faces"] == len(part)
    answers = Exported(exported)(part.images)[0]
    right = (answers.argmax(axis=1) == part.labels).mean()
    unchanged = (("size", 48), ("size, cubic", 48), ("roll", 0), ("blur", 0), ("darkness", 1), ("covered", "nothing"))
    first = [row["accuracy"] for row in found["rows"] if (row["kind"], row["level"]) in unchanged]
    assert first == [pytest.approx(right, abs=1e-5)] * 6
    turned = Exported(exported)(np.ascontiguousarray(part.images[:, ::-1, ::-1]))[0]
    (row,) = [row for row in found["rows"] if row["level"] == 180]
    assert row["accuracy"] == pytest.approx((turned.argmax(axis=1) == part.labels).mean(), abs=1e-5)
    assert row["confidence"] == pytest.approx(turned.max(axis=1).mean(), abs=1e-4)
    content = out.read_text()
    out.write_text(content.replace('"kind": "blur"', '"kind": "glare"'))
    assert robustness(exported, "--data", str(data_file), "--kind", "blur", "--out", str(out)) == 0
    assert json.loads(out.read_text())["rows"] == found["rows"]
    (results / "run" / "evaluation.json").write_bytes((exported.parents[1] / "evaluation/evaluation.json").read_bytes())
    assert main(["report", "--results", str(results), "--shipped", "run", "--out", str(tmp_path / "REPORT.md")]) == 0
    report = (tmp_path / "REPORT.md").read_text()
    assert f"| turned by 180° | {100 * row['accuracy']:.1f} |" in report and "run/robustness.png" in report


def test_robustness_of_other_faces_as_csv(capsys, exported, tmp_path):
    test, out = write_csv(tmp_path / "test.csv", *faces(14, 6)), tmp_path / "rows.csv"
    assert robustness(exported, "--csv", str(test), "--out", str(out)) == 0
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["kind"] for row in rows} == set(degrade.KINDS)
    before = out.read_bytes()
    assert robustness(exported, "--csv", str(test), "--out", str(out), "--kind", "roll") == 2
    assert "rows.csv: exists, and a CSV does not say what its other rows are of" in capsys.readouterr().err
    assert out.read_bytes() == before


def test_robustness_says_in_one_line_what_is_wrong(capsys, exported, tmp_path):
    test = write_csv(tmp_path / "test.csv", *faces(70, 6))
    other = tmp_path / "other.npz"
    assert main(["prepare", "--train", str(test), "--out", str(other)]) == 0
    capsys.readouterr()
    for arguments, reason in (
        (("--data", str(other), "--out", str(tmp_path / "a.json")), "was trained with another data file"),
        (("--csv", str(test), "--out", str(tmp_path / "a.txt")), "must end in .json or .csv"),
        (("--csv", str(tmp_path / "none.csv"), "--out", str(tmp_path / "a.json")), "no such file"),
    ):
        assert robustness(exported, *arguments) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert reason in line
    assert robustness(tmp_path, "--csv", str(test), "--out", str(tmp_path / "a.json")) == 2
    assert "no card.json in it" in capsys.readouterr().err and not (tmp_path / "a.json").exists()


def test_faces_without_labels_are_labelled_by_the_exported_model(exported, tmp_path):
    images = faces(5, 3)[0]
    test = tmp_path / "test.csv"
    test.write_text("pixels\n" + "\n".join(" ".join(map(str, image.ravel())) for image in images) + "\n")
    out = tmp_path / "answers.csv"
    assert main(["predict", "--model", str(exported), "--csv", str(test), "--out", str(out)]) == 0
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    probabilities, _ = Exported(exported)(images)
    assert [int(row["emotion"]) for row in rows] == probabilities.argmax(axis=1).tolist()
    assert [row["class"] for row in rows] == [CLASSES[index] for index in probabilities.argmax(axis=1)]
    assert float(rows[2]["sad"]) == pytest.approx(probabilities[2, 4], abs=1e-4)
    # Of pictures it says which.
    folder = write(tmp_path / "own", each=1)
    assert main(["predict", "--model", str(exported), "--csv", str(folder), "--out", str(out)]) == 0
    with out.open(newline="") as stream:
        assert [row["file"] for row in csv.DictReader(stream)] == [f"{name}/0.png" for name in CLASSES]


def test_exporting_again_replaces_the_model_whole(exported, trained_file, data_file):
    before = set(exported.parent.iterdir())
    arguments = ["--checkpoint", str(trained_file), "--data", str(data_file), "--name", "mien-inception-s"]
    assert main(["export", *arguments, "--model-version", "0.0.2", "--out", str(exported.parents[1])]) == 0
    again = exported.with_name("0.0.2")
    (again / "left-over.txt").write_text("old")
    assert main(["export", *arguments, "--model-version", "0.0.2", "--out", str(exported.parents[1])]) == 0
    assert {path.name for path in again.iterdir()} == {*occlusion.FILES, "model.xml", "model.bin", "card.json"}
    assert set(exported.parent.iterdir()) == before | {again}


def test_test_time_augmentation_is_measured_when_asked_for(trained_file, data_file, tmp_path, monkeypatch):
    # An average that is the network's own answer has its own figures: both are calibrated out of fold.
    monkeypatch.setitem(predict.AVERAGED, "flip", predict.logits_of)

    def measured(kind: str) -> dict:
        out = tmp_path / kind
        arguments = ["--checkpoint", str(trained_file), "--data", str(data_file), "--split", "validation"]
        sheet = ["--sheet", str(tmp_path / "worst.png")]
        assert main(["evaluate", *arguments, "--tta", kind, "--out", str(out), *sheet]) == 0
        return json.loads((out / "evaluation.json").read_text())

    off, on = measured("none"), measured("all")
    assert not {"flip_averaged", "crops_averaged"} & off.keys()
    assert {"flip_averaged", "crops_averaged"} <= on.keys()
    assert off["plain"] == on["plain"] == on["flip_averaged"]
    assert (tmp_path / "worst.png").stat().st_size > 0


def test_averaging_crops_of_an_even_face_changes_nothing():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(1, 7))
    even = np.full((3, 48, 48), 90, dtype=np.uint8)
    plain = predict.logits_of(network, even, 128.0, 64.0)
    assert np.allclose(predict.crops_averaged(network, even, 128.0, 64.0), plain, atol=1e-5)
    left = np.zeros((1, 48, 48), dtype=np.uint8)
    left[:, :, :2] = 255
    assert not np.allclose(
        predict.crops_averaged(network, left, 128.0, 64.0), predict.logits_of(network, left, 128.0, 64.0)
    )


def test_int8_is_kept_only_where_it_loses_little(trained_file, data_file, tmp_path):
    pytest.importorskip("nncf")
    arguments = ["--checkpoint", str(trained_file), "--data", str(data_file), "--name", "x", "--model-version", "1"]
    assert main(["export", *arguments, "--int8", "--out", str(tmp_path)]) == 0
    card = json.loads((tmp_path / "x" / "1" / "card.json").read_text())
    variant = card["variants"]["int8"]
    assert variant["kept"] == (variant["validation_accuracy_lost"] < 0.003) and 0 <= variant["same_class"] <= 1
    assert (tmp_path / "x" / "1" / "model-int8.xml").exists() == ("model-int8.bin" in card["files"]) == variant["kept"]


def test_the_small_network_has_the_size_it_is_named_for():
    parameters, macs = cost(build("mien-inception-s"))
    assert parameters < 0.8e6 and macs < 65e6


@pytest.mark.parametrize("name", REGISTRY)
def test_a_fresh_network_begins_about_as_wrong_as_guessing(name):
    torch.manual_seed(1)
    network, (images, labels) = build(name, dropout=0.3), faces(70, 1)
    with torch.no_grad():
        logits = network((torch.from_numpy(images).unsqueeze(1) - 128) / 64)
    loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels)).item()
    assert abs(loss - np.log(len(CLASSES))) < 0.3

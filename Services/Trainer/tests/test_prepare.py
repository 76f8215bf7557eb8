import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest
from conftest import faces, write_csv
from PIL import Image

from trainer import CLASSES
from trainer.cli import main
from trainer.duplicates import groups, near
from trainer.prepare import Part, left_out, load, split, subset
from trainer.rows import read_rows


def refused(capsys: pytest.CaptureFixture, tmp_path: Path, *arguments: object) -> str:
    """Run prepare, expect exit code 2, one line and no file; returns the line."""
    out = tmp_path / "out" / "data.npz"
    assert main(["prepare", *map(str, arguments), "--out", str(out)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert not out.parent.exists()
    return lines[0]


def test_a_missing_file_is_named(capsys, tmp_path):
    assert "nowhere.csv: no such file" in refused(capsys, tmp_path, "--train", tmp_path / "nowhere.csv")


def test_a_wrong_column_is_named(capsys, tmp_path):
    path = tmp_path / "wrong.csv"
    path.write_text("feeling,pixels\n0,1 2 3\n")
    assert "no column emotion" in refused(capsys, tmp_path, "--train", path)


def test_a_truncated_xz_is_refused(capsys, tmp_path):
    whole = lzma.compress(write_csv(tmp_path / "a.csv", *faces(14, 1)).read_bytes())
    path = tmp_path / "a.csv.xz"
    path.write_bytes(whole[: len(whole) // 2])
    assert "truncated or damaged" in refused(capsys, tmp_path, "--train", path)


def test_a_damaged_gz_is_refused(capsys, tmp_path):
    whole = bytearray(gzip.compress(write_csv(tmp_path / "a.csv", *faces(14, 1)).read_bytes()))
    whole[len(whole) // 2] ^= 0xFF
    path = tmp_path / "a.csv.gz"
    path.write_bytes(whole)
    assert "truncated or damaged" in refused(capsys, tmp_path, "--train", path)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("0," + " ".join(["7"] * 2303), "2303 pixels instead of 2304"),
        ("7," + " ".join(["7"] * 2304), "unknown label '7'"),
        ("happy," + " ".join(["7"] * 2304), "unknown label 'happy'"),
        ("0," + " ".join(["7"] * 2303 + ["256"]), "outside 0…255"),
        ("0," + " ".join(["7"] * 2303 + ["x"]), "not a whole number"),
        ("0", "0 pixels instead of 2304"),
        ("0," + " ".join(["7"] * 2304) + ",Training", "more cells than columns"),
    ],
)
def test_a_bad_row_is_named_with_its_number_and_reason(capsys, tmp_path, row, reason):
    path = write_csv(tmp_path / "a.csv", *faces(14, 1))
    path.write_text(path.read_text() + row + "\n")
    line = refused(capsys, tmp_path, "--train", path)
    assert "row 15" in line and reason in line


def test_bad_rows_can_be_left_out(capsys, tmp_path):
    path = write_csv(tmp_path / "a.csv", *faces(70, 1))
    path.write_text(path.read_text() + "9,1 2 3\n")
    out = tmp_path / "data.npz"
    assert main(["prepare", "--train", str(path), "--skip-bad", "--out", str(out)]) == 0
    assert "row 71" in capsys.readouterr().err
    assert load(out).facts["bad_rows"] == 1


def test_an_empty_file_is_refused(capsys, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("emotion,pixels\n")
    assert "no usable rows" in refused(capsys, tmp_path, "--train", path)


def test_an_empty_split_is_refused(capsys, tmp_path):
    path = write_csv(tmp_path / "a.csv", *faces(14, 1))
    assert "validation split is empty" in refused(capsys, tmp_path, "--train", path, "--validation", "0.01")


def test_compressed_files_hold_the_same_rows(tmp_path):
    plain = write_csv(tmp_path / "a.csv", *faces(14, 1))
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    (tmp_path / "a.csv.xz").write_bytes(lzma.compress(plain.read_bytes()))
    for name in ("a.csv", "a.csv.gz", "a.csv.xz"):
        rows = read_rows(tmp_path / name)
        assert (rows.images == faces(14, 1)[0]).all() and (rows.labels == faces(14, 1)[1]).all()


def test_usage_column_splits_off_the_public_test(tmp_path):
    images, labels = faces(70, 1)
    path = write_csv(tmp_path / "icml.csv", images, labels)
    lines = path.read_text().splitlines()
    usages = ["Usage"] + ["Training"] * 56 + ["PublicTest"] * 7 + ["PrivateTest"] * 7
    path.write_text("\n".join(f"{line},{usage}" for line, usage in zip(lines, usages)) + "\n")
    assert main(["prepare", "--train", str(path), "--out", str(tmp_path / "data.npz")]) == 0
    data = load(tmp_path / "data.npz")
    assert (len(data.train) + len(data.validation), len(data.test)) == (56, 7)
    assert (data.test.images == images[56:63]).all()


def test_copies_stay_on_one_side_and_leave_training_when_the_test_has_them(tmp_path):
    images, labels = faces(140, 1)
    images[70:] = images[:70]
    train = write_csv(tmp_path / "train.csv", images, labels)
    test = write_csv(tmp_path / "test.csv", images[:7], labels[:7])
    out = tmp_path / "data.npz"
    assert main(["prepare", "--train", str(train), "--test", str(test), "--out", str(out)]) == 0
    data = load(out)
    parts = [{image.tobytes() for image in data.part(name).images} for name in ("train", "validation", "test")]
    assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2])
    assert data.facts["duplicates_of_test_removed"] == 14


def test_near_copies_are_found_and_other_faces_are_not():
    images, _ = faces(40, 1)
    generator = np.random.default_rng(0)
    brighter = np.clip(images * 0.8 + 40 + generator.normal(0, 5, images.shape), 0, 255).astype(np.uint8)
    assert near(brighter, images).all()
    assert not near(faces(40, 2)[0], images).any()
    number = groups(np.concatenate([images, brighter]))
    assert (number == np.concatenate([np.arange(40)] * 2)).all()


def test_even_faces_are_copies_only_when_equal():
    even = np.stack([np.full((48, 48), grey, dtype=np.uint8) for grey in (10, 200, 10)])
    assert (groups(even) == [0, 1, 0]).all()


def test_a_folder_per_class_is_read_and_a_bad_picture_named(capsys, tmp_path):
    images, labels = faces(70, 1)
    for number, (image, label) in enumerate(zip(images, labels)):
        file = tmp_path / "own" / CLASSES[label] / f"{number:03}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).resize((96, 96), Image.Resampling.NEAREST).save(file)
    out, sheets = tmp_path / "data.npz", tmp_path / "sheets"
    assert main(["prepare", "--train", str(tmp_path / "own"), "--sheets", str(sheets), "--out", str(out)]) == 0
    data = load(out)
    assert {image.tobytes() for image in images} == {
        i.tobytes() for p in (data.train, data.validation) for i in p.images
    }
    assert {path.stem for path in sheets.iterdir()} == set(CLASSES)
    capsys.readouterr()
    (tmp_path / "own" / "sad" / "x.png").write_bytes(b"no picture")
    assert "x.png: not a picture" in refused(capsys, tmp_path, "--train", tmp_path / "own")
    (tmp_path / "own" / "bored").mkdir()
    assert "unknown class bored" in refused(capsys, tmp_path, "--train", tmp_path / "own")


def test_the_split_is_stratified_and_seeded():
    labels = np.repeat(np.arange(7), [400, 40, 400, 700, 480, 300, 500])
    alone = np.arange(len(labels))
    chosen = split(labels, alone, 0.1, seed=3)
    assert (np.bincount(labels[chosen]) == [40, 4, 40, 70, 48, 30, 50]).all()
    assert (chosen == split(labels, alone, 0.1, seed=3)).all()
    assert set(chosen) != set(split(labels, alone, 0.1, seed=4))


def test_votes_become_shares_and_unusable_ones_are_zero(tmp_path):
    train = write_csv(tmp_path / "train.csv", *faces(70, 1))
    votes = tmp_path / "votes.csv"
    votes.write_text(
        "usage,row,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,not_face\n"
        "train,0,4,0,0,1,3,2,0,0,0,0\ntrain,1,0,0,0,0,0,0,0,0,0,10\n"
    )
    out = tmp_path / "data.npz"
    assert main(["prepare", "--train", str(train), "--votes", str(votes), "--out", str(out)]) == 0
    data = load(out)
    every = np.concatenate([data.train.votes, data.validation.votes])
    assert sorted(every.sum(axis=1))[-2:] == pytest.approx([0, 1])
    assert every.sum(axis=0) == pytest.approx([0.3, 0.2, 0, 0, 0.1, 0, 0.4])


def test_the_competitions_headers_with_spaces_are_read_and_private_faces_stay_out(tmp_path):
    images, labels = faces(70, 1)
    images[:7] = images[63:]
    lines = ["emotion, Usage, pixels"]
    usages = ["Training"] * 56 + ["PublicTest"] * 7 + ["PrivateTest"] * 7
    for label, usage, image in zip(labels, usages, images):
        lines.append(f"{label},{usage},{' '.join(map(str, image.ravel()))}")
    path = tmp_path / "icml_face_data.csv"
    path.write_text("\ufeff" + "\n".join(lines) + "\n", encoding="utf-8")
    assert main(["prepare", "--train", str(path), "--out", str(tmp_path / "data.npz")]) == 0
    data = load(tmp_path / "data.npz")
    assert (len(data.train) + len(data.validation), len(data.test)) == (49, 7)
    assert data.facts["duplicates_of_test_removed"] == 7


def test_a_test_file_without_labels_only_keeps_its_faces_out_of_training(capsys, tmp_path):
    images, labels = faces(70, 1)
    train = write_csv(tmp_path / "train.csv", images, labels)
    test = tmp_path / "test.csv"
    test.write_text("pixels\n" + "\n".join(" ".join(map(str, image.ravel())) for image in images[:7]) + "\n")
    out = tmp_path / "data.npz"
    assert main(["prepare", "--train", str(train), "--test", str(test), "--out", str(out)]) == 0
    data = load(out)
    assert (len(data.train) + len(data.validation), len(data.test)) == (63, 0)
    capsys.readouterr()
    assert "no column emotion (has: pixels)" in refused(capsys, tmp_path / "other", "--train", test)


def test_the_balance_of_the_classes_is_printed(capsys, data_file, tmp_path):
    train = write_csv(tmp_path / "train.csv", *faces(70, 1))
    assert main(["prepare", "--train", str(train), "--validation", "0.2", "--out", str(tmp_path / "data.npz")]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[1].split() == ["angry", "8", "(14.3", "%)", "2", "(14.3", "%)", "0"]
    assert table[8].split()[:2] == ["all", "56"]


def test_a_subset_keeps_the_shares_of_the_classes():
    labels = np.repeat(np.arange(7), [40, 4, 40, 70, 48, 30, 50])
    part = Part(np.zeros((len(labels), 48, 48), dtype=np.uint8), labels, np.zeros((len(labels), 7), dtype=np.float32))
    assert (np.bincount(subset(part, 141, seed=1).labels) == [20, 2, 20, 35, 24, 15, 25]).all()


def test_what_a_subset_leaves_out_has_no_face_of_it_and_no_copy():
    images, labels = faces(60, 4)
    copies = (images[:40] * 0.9).astype(np.uint8)
    images = np.concatenate([images, copies])
    labels = np.concatenate([labels, labels[:40]])
    part = Part(images, labels, np.zeros((len(labels), 7), dtype=np.float32))
    taken, rest = subset(part, 50, seed=1), left_out(part, 50, seed=1)
    assert 0 < len(rest) < len(part) - len(taken), "copies of the faces taken stay out"
    assert not near(rest.images, taken.images).any()
    alone = ~near(part.images, taken.images)
    assert len(rest) == alone.sum(), "nothing else stays out"

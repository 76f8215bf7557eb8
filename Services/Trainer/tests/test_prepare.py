import gzip
import lzma
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from conftest import faces, write_csv
from PIL import Image

from trainer import CLASSES
from trainer.cli import main
from trainer.duplicates import groups, near
from trainer.errors import InputError
from trainer.prepare import Part, content_digest, left_out, load, same_faces, several_labels, split, subset
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


def with_usage(path: Path, images: np.ndarray, labels: np.ndarray, usages: list[str]) -> Path:
    lines = write_csv(path, images, labels).read_text().splitlines()
    path.write_text("\n".join(f"{line},{usage}" for line, usage in zip(lines, ["Usage", *usages])))
    return path


def test_a_file_of_another_usage_says_so_with_the_counts(capsys, tmp_path):
    images, labels = faces(70, 1)
    held = "no rows of usage {} (the file has: {})"
    public = with_usage(tmp_path / "public.csv", images, labels, ["PublicTest"] * 70)
    assert held.format("Training", "70 PublicTest") in refused(capsys, tmp_path, "--train", public)
    both = with_usage(tmp_path / "both.csv", images, labels, ["PrivateTest"] * 30 + ["PublicTest"] * 40)
    assert held.format("Training", "30 PrivateTest, 40 PublicTest") in refused(capsys, tmp_path, "--train", both)
    train = write_csv(tmp_path / "train.csv", *faces(70, 2))
    private = with_usage(tmp_path / "private.csv", images, labels, ["PrivateTest"] * 70)
    line = refused(capsys, tmp_path, "--train", train, "--test", private)
    assert held.format("PublicTest", "70 PrivateTest") in line
    strange = with_usage(tmp_path / "strange.csv", images, labels, ["Training"] * 69 + ["mine"])
    assert "unknown Usage 'mine' (known: Training, " in refused(capsys, tmp_path, "--train", strange)
    without = with_usage(tmp_path / "without.csv", images, labels, ["Training"] * 69 + [""])
    assert "unknown Usage ''" in refused(capsys, tmp_path, "--train", without)


def test_of_a_test_file_with_usages_only_the_public_test_is_tested_and_only_tests_leave_training(tmp_path):
    images, labels = faces(140, 1)
    whole = with_usage(
        tmp_path / "a.csv", images, labels, ["training"] * 126 + ["PUBLICTEST"] * 7 + ["private_test"] * 7
    )
    assert main(["prepare", "--train", str(whole), "--test", str(whole), "--out", str(tmp_path / "data.npz")]) == 0
    data = load(tmp_path / "data.npz")
    assert (len(data.train) + len(data.validation), data.facts["duplicates_of_test_removed"]) == (126, 0)
    assert (data.test.images == images[126:133]).all()
    own = write_csv(tmp_path / "own.csv", images[112:], labels[112:])
    more = write_csv(tmp_path / "more.csv", *faces(70, 2))
    own.write_text(own.read_text() + "".join(more.read_text().splitlines(keepends=True)[1:]))
    assert main(["prepare", "--train", str(own), "--test", str(whole), "--out", str(tmp_path / "data.npz")]) == 0
    assert load(tmp_path / "data.npz").facts["duplicates_of_test_removed"] == 14, "the public and the private test's"


def test_training_faces_without_contrast_are_left_out_and_the_others_stay_where_they_are(capsys, tmp_path):
    images, labels = faces(210, 1)
    images[[5, 50, 120]] = 0
    images[[60]] = 128
    train, test = write_csv(tmp_path / "train.csv", images, labels), tmp_path / "test.csv"
    black = np.zeros((7, 48, 48), dtype=np.uint8)
    write_csv(test, np.concatenate([faces(28, 2)[0], black + 9]), np.arange(35) % 7)
    out = tmp_path / "data.npz"
    assert main(["prepare", "--train", str(train), "--test", str(test), "--out", str(out)]) == 0
    data = load(out)
    assert len(data.train) + len(data.validation) == 206 and data.facts["without_contrast_removed"] == 4
    assert len(data.test) == 35, "the test is never changed"
    notes = [line for line in capsys.readouterr().err.splitlines() if line.startswith("note:")]
    assert len(notes) == 1 and "train.csv: 4 faces without contrast" in notes[0]
    inside = np.zeros(210, dtype=bool)
    inside[split(labels, groups(images), 0.1, seed=2013)] = True
    seen = images.std(axis=(1, 2)) > 5
    assert (data.validation.images == images[inside & seen]).all()
    assert (data.train.images == images[~inside & seen]).all()


def test_equal_faces_with_several_labels_are_found_and_counted(tmp_path):
    images, labels = faces(70, 1)
    images[[10, 20]], labels[[10, 20]] = images[3], (3, 5)
    images[40], labels[40] = images[41], labels[41]
    images[60], labels[60] = images[61], (labels[61] + 1) % 7
    part = Part(images, labels, np.zeros((70, 7), dtype=np.float32))
    assert [group.tolist() for group in several_labels(part)] == [[3, 10, 20], [60, 61]]
    assert several_labels(part.take(np.arange(10))) == []
    train = write_csv(tmp_path / "train.csv", images, labels)
    assert main(["prepare", "--train", str(train), "--out", str(tmp_path / "data.npz")]) == 0
    data = load(tmp_path / "data.npz")
    assert data.facts["copies_with_several_labels"] == len(several_labels(data.train)) > 0


def test_a_data_file_of_an_earlier_version_is_read_and_another_file_is_not(tmp_path):
    part = Part(*(np.zeros((2, *shape)) for shape in ((48, 48), (), (7,))))
    arrays = {f"{name}_{kind}": getattr(part, kind) for name in ("train", "validation", "test") for kind in vars(part)}
    np.savez(tmp_path / "old.npz", facts=np.array('{"seed": 1}'), **arrays)
    assert load(tmp_path / "old.npz").facts == {"seed": 1, "sha256": content_digest(part, part, part)}
    np.save(tmp_path / "array.npy", np.zeros(3))
    np.savez(tmp_path / "less.npz", train_images=np.zeros(3))
    (tmp_path / "no.npz").write_bytes(b"x")
    for name in ("array.npy", "less.npz", "no.npz"):
        with pytest.raises(InputError, match="not a data file made by"):
            load(tmp_path / name)


def test_the_same_faces_are_known_by_whatever_name_their_file_has():
    facts = {"sha256": "a", "seed": 1, "sources": ["train.csv"]}
    assert same_faces(facts, facts | {"sources": ["train.csv.xz"]}) and same_faces({"seed": 1}, facts)
    assert not same_faces(facts, facts | {"sha256": "b"}) and not same_faces(facts, facts | {"seed": 2})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04\x14\0", "zip archive or a workbook"),
        (b"7z\xbc\xaf\x27\x1c", "7z archive"),
        (b"Rar!\x1a\x07\x01\0", "rar archive"),
        (b"BZh91AY&SY", "packed with bzip2"),
        (b"\x28\xb5\x2f\xfd\0", "packed with zstd"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"\r\n <HTML><head>", "HTML"),
        (gzip.compress(gzip.compress(b"emotion,pixels\n")), "packed twice"),
        (b"emotion,pixels\n0,\xff\xfe\n", "not a text file"),
        ("emotion,pixels\n".encode("utf-16-be"), "not a text file"),
        (b'emotion,pixels\n0,"' + b"1 2 3\n" * 30000, "row 1: a cell does not end"),
        (b"emotion;pixels\n0;1 2 3\n", "no column emotion, pixels (has: emotion;pixels)"),
    ],
)
def test_what_is_no_csv_is_named(capsys, tmp_path, content, reason):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert reason in refused(capsys, tmp_path, "--train", path)


def test_a_tar_of_the_oldest_kind_is_named(capsys, tmp_path):
    # Before POSIX its header had no magic word, only a checksum.
    header = bytearray(512)
    header[:8], header[100:124] = b"fer/a.csv"[:8], b"0000644\0" * 3
    header[124:148] = b"00000000000\0" * 2
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path = tmp_path / "a.csv"
    path.write_bytes(bytes(header) + bytes(1024))
    assert "is a tar archive" in refused(capsys, tmp_path, "--train", path)


def test_a_file_is_read_from_a_pipe_as_well(tmp_path):
    content = gzip.compress(write_csv(tmp_path / "a.csv", *faces(14, 1)).read_bytes())
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    threading.Thread(target=pipe.write_bytes, args=(content,), daemon=True).start()
    assert (read_rows(pipe).labels == faces(14, 1)[1]).all()

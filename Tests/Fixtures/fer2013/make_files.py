"""Makes the CSV files of this folder and expected.json, which says what a reader must answer; see README.md.

Usage: python make_files.py (standard library only; the bytes do not depend on the day)
"""

import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

OUT = Path(__file__).parent
NAMES = ("emotion", "pixels", "Usage")
USUAL = [(3, "Training"), (6, "PublicTest"), (3, "PrivateTest"), (0, "PublicTest")]
cases: list[dict] = []


def levels(number: int) -> list[int]:
    """2,304 grey levels that differ with the face, along its rows and down its columns."""
    return [(number + x // 6 + 3 * (y // 16)) % 10 + 240 * (x == y) for y in range(48) for x in range(48)]


def pixels(number: int) -> str:
    return " ".join(map(str, levels(number)))


def table(names=NAMES, faces=USUAL, quoting=csv.QUOTE_MINIMAL, end="\n", heading=True, **other) -> str:
    """Rows of faces as CSV text; `other` gives the cells of further columns, the row's number where it is None."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting, lineterminator=end)
    if heading:
        writer.writerow(names)
    for number, (label, usage) in enumerate(faces):
        known = {"emotion": label, "pixels": pixels(number), "usage": usage}
        cells = [known.get(name.strip().casefold(), other.get(name)) for name in names]
        writer.writerow([number if cell is None else cell for cell in cells])
    return text.getvalue()


def write(name: str, content: str | bytes) -> str:
    (OUT / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


def read(file: str, faces=USUAL, wanted: str | None = None, usages: bool = True) -> None:
    """Expect the faces of a file, or those of one usage."""
    kept = [(number, *face) for number, face in enumerate(faces) if wanted in (None, face[1])]
    first, label, usage = kept[0]
    cases.append(
        {
            "file": file,
            "wanted_usage": wanted,
            "faces": len(kept),
            "labels": {str(key): count for key, count in sorted(Counter(face[1] for face in kept).items())},
            "usages": dict(sorted(Counter(face[2] for face in kept).items())) if usages else None,
            "first": {
                "label": label,
                "usage": usage if usages else None,
                "sum": sum(levels(first)),
                "begins": levels(first)[:8],
                "ends": levels(first)[-8:],
            },
        }
    )


def refuse(file: str, kind: str, *says: str, row: int | None = None, wanted: str | None = None) -> None:
    """Expect a refusal of a kind; its message holds the words `says`, and names the row."""
    line = row + 1 if row else None
    cases.append({"file": file, "wanted_usage": wanted, "refused": kind, "row": row, "line": line, "says": list(says)})


def readable() -> None:
    plain = write("plain.csv", table())
    read(plain)
    for usage in ("Training", "PublicTest", "PrivateTest"):
        read(plain, wanted=usage)
    read(write("spaced-header.csv", table(("emotion", " Usage", " pixels"))))
    read("spaced-header.csv", wanted="PublicTest")
    read(write("quoted.csv", table(quoting=csv.QUOTE_ALL)))
    read(write("quoted-after-space.csv", table(quoting=csv.QUOTE_ALL).replace('","', '", "')))
    read(write("index-column.csv", table(("", *NAMES))))
    read(write("unknown-columns.csv", table(("Unnamed: 0", "pixels", "note", "emotion", "Usage"), note="a, b")))
    read(write("byte-order-mark.csv", "\ufeff" + table()))
    read(write("byte-order-mark-quoted.csv", "\ufeff" + table(quoting=csv.QUOTE_ALL)))
    read(write("byte-order-mark-no-header.csv", "\ufeff" + table(heading=False)))
    read(write("capitals.csv", table(("Emotion", "Pixels", "Usage"))))
    read(write("capitals-all.csv", table(("EMOTION", "PIXELS", "USAGE"))), wanted="Training")
    read(write("other-order.csv", table(("Usage", "pixels", "emotion"))))
    read(write("no-header.csv", table(heading=False)))
    read("no-header.csv", wanted="PublicTest")
    read(write("no-usage.csv", table(NAMES[:2])), usages=False)
    read(write("no-header-no-usage.csv", table(NAMES[:2], heading=False)), usages=False)
    read(write("windows-lines.csv", table(end="\r\n")))
    read(write("lines-of-spaces.csv", table(faces=USUAL[:2], end="\n   \n")), USUAL[:2])
    read(write("blank-lines.csv", table(end="\n\n").rstrip("\n")))
    zeros = write(
        "pixels-with-zeros.csv", f"emotion,pixels,Usage\n3,{' '.join(f'{v:03}' for v in levels(0))},Training\n"
    )
    read(zeros, USUAL[:1])
    read(write("packed.csv.gz", gzip.compress(table().encode(), mtime=0)))
    read(write("packed.csv.xz", lzma.compress(table().encode())))
    read(write("gzip-without-its-name.csv", gzip.compress(table().encode(), mtime=0)))
    read(write("xz-without-its-name.csv", lzma.compress(table().encode())))
    read(write("plain-named-as-packed.csv.gz", table()))


def foreign() -> None:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo("fer2013/fer2013.csv")
        member.size = len(table().encode())
        archive.addfile(member, io.BytesIO(table().encode()))
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr(zipfile.ZipInfo("fer2013.csv"), table(), zipfile.ZIP_DEFLATED)
    refuse(write("tar-named-as.csv", tar.getvalue()), "archive", "tar")
    refuse(write("fer2013.tar.gz", gzip.compress(tar.getvalue(), mtime=0)), "archive", "tar")
    refuse(write("tar-in-xz.csv.xz", lzma.compress(tar.getvalue())), "archive", "tar")
    refuse(write("zip-named-as.csv", zipped.getvalue()), "archive", "zip")
    refuse(write("fer2013.csv.zip", zipped.getvalue()), "archive", "zip")
    refuse(write("utf-16.csv", table(faces=USUAL[:1]).encode("utf-16")), "text", "UTF-16")
    refuse(write("web-page.csv", "<!DOCTYPE html>\n<html><title>Sign in</title></html>\n"), "text", "HTML")
    refuse(write("picture-named-as.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "text")
    refuse(write("truncated.csv.gz", gzip.compress(table().encode(), mtime=0)[:-12]), "damaged")
    refuse(write("truncated.csv.xz", lzma.compress(table().encode())[:-20]), "damaged")


def columns() -> None:
    refuse(write("no-emotion.csv", table(("feeling", "pixels"), USUAL[:1])), "columns", "emotion")
    refuse(write("no-pixels.csv", "emotion,Usage\n3,Training\n"), "columns", "pixels")
    refuse(write("column-twice.csv", table(("emotion", "pixels", " Emotion"), USUAL[:1])), "columns", "emotion")
    refuse("no-usage.csv", "columns", "usage", wanted="PublicTest")
    refuse(write("header-only.csv", "emotion,pixels,Usage\n"), "empty")
    refuse(write("empty.csv", ""), "empty")
    public = [(label, "PublicTest") for label, _ in USUAL]
    read(write("public-only.csv", table(faces=public)), public)
    refuse("public-only.csv", "usage", "4", "PublicTest", "Training", wanted="Training")


def rows() -> None:
    """Three rows, the second of which is bad."""
    good, one = table(faces=USUAL[:1]), pixels(1)
    values = one.split()
    bad = {
        "pixel-letter": ("pixels", f"0,{' '.join(['x', *values[1:]])},Training"),
        "pixel-letter-extra": ("pixels", f"0,{' '.join([*values, 'x'])},Training"),
        "pixel-256": ("pixels", f"0,{' '.join([*values[1:], '256'])},Training"),
        "pixel-negative": ("pixels", f"0,{' '.join(['-1', *values[1:]])},Training"),
        "pixel-signed": ("pixels", f"0,{' '.join(['+1', *values[1:]])},Training"),
        "pixel-fraction": ("pixels", f"0,{' '.join(['1.0', *values[1:]])},Training"),
        "pixels-as-list": ("pixels", f'0,"[{", ".join(values)}]",Training'),
        "pixel-missing": ("pixels", f"0,{' '.join(values[1:])},Training"),
        "pixel-too-many": ("pixels", f"0,{' '.join([*values, '1'])},Training"),
        "pixels-empty": ("pixels", "0,,Training"),
        "label-7": ("label", f"7,{one},Training"),
        "label-negative": ("label", f"-1,{one},Training"),
        "label-name": ("label", f"happy,{one},Training"),
        "label-fraction": ("label", f"3.0,{one},Training"),
        "label-empty": ("label", f",{one},Training"),
        "cell-missing": ("cells", f"0,{one}"),
        "cell-too-many": ("cells", f"0,{one},Training,1"),
        "quotation-mark-open": ("quotation", f'0,"{one},Training'),
    }
    for name, (kind, row) in bad.items():
        refuse(write(f"{name}.csv", good + row + "\n" + good.splitlines()[1] + "\n"), kind, row=2)
    file = write("label-name-no-header.csv", f"happy,{one},Training\n")
    refuse(file, "label", row=1)
    cases[-1]["line"] = 1


for make in (readable, foreign, columns, rows):
    make()
lines = ",\n".join(json.dumps(case) for case in cases)
write("expected.json", f'{{"cases": [\n{lines}\n]}}\n')

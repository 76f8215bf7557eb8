#!/usr/bin/env bash
# pandera 0.35.0: drop_invalid_rows=True drops by the row's label: of a hundred workers' results put together by
# pd.concat() one score in a hundred is bad, and 60 % of all rows go.
#
# Expected: the rows that fail a check are dropped and the others stay, as the documentation says, and as with
#   reset_index() before.
# Seen: pandera collects the labels of the failures and keeps the rows that have none of these labels. After pd.concat()
#   without ignore_index each label is there once for each part, so that one bad score takes a row out of every part,
#   without a word: what was good is gone, and not by chance: where parts are of unequal length their first rows go most
#   often. Without the option the error names the bad scores alone. With a label that means something (the photo's
#   number, a row for each face) one bad face takes the others of the photo along. A test with one frame passes.
# So: reset_index(drop=True), or ignore_index=True in concat(), before. Compare the number of rows before and after with
#   the number of failures.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps pandera==0.35.0 \
  pandas==3.1.1 numpy==2.4.6 python-dateutil==4.0.0 packaging==26.4 pydantic==2.14.4 pydantic_core==2.50.5 \
  typeguard==4.6.1 typing_extensions==4.16.0 typing-inspect==0.9.0 typing-inspection==0.4.5 annotated-types==0.8.0 \
  mypy_extensions==1.2.0

venv/bin/python - <<'END'
import numpy as np
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

LOOKS = ["happy", "sad", "neutral"]


def schema(**options):
    return pa.DataFrameSchema({"score": pa.Column(float, pa.Check.in_range(0, 1)),
                               "look": pa.Column(str, pa.Check.isin(LOOKS))}, **options)


def failures(frame):
    """How many values fail, as the schema's own error tells."""
    try:
        schema().validate(frame, lazy=True)
    except SchemaErrors as errors:
        return len(errors.failure_cases)
    return 0


def results(parts, rows, bad):
    random = np.random.default_rng(0)
    for _ in range(parts):
        scores = random.random(rows)
        scores[random.random(rows) < bad] = 2.5
        yield pd.DataFrame({"score": scores, "look": random.choice(LOOKS, rows)})


lost = {}
for parts, rows, bad in ((1, 10000, 0.01), (10, 1000, 0.01), (100, 100, 0.01)):
    frame = pd.concat(results(parts, rows, bad))
    good = int(frame["score"].between(0, 1).sum())
    kept = schema(drop_invalid_rows=True).validate(frame.copy(), lazy=True)
    upright = schema(drop_invalid_rows=True).validate(frame.reset_index(drop=True), lazy=True)
    lost[parts] = 1 - len(kept) / good
    print(f"{parts:3} parts of {rows:5}: {failures(frame)} of {len(frame)} scores are bad, {good} good; kept {len(kept)}, "
          f"with reset_index() {len(upright)}")
    assert failures(frame) == len(frame) - good and len(upright) == good, "the control has changed"
    assert kept["score"].between(0, 1).all(), "changed"
    # Whatever shares its label with a bad one is gone.
    shared = frame.index.isin(frame.index[~frame["score"].between(0, 1)])
    assert len(kept) == (~shared).sum(), "changed"
assert lost[1] == 0 and 0.05 < lost[10] < 0.15 and lost[100] > 0.5, "changed"

# A row for each face, labelled by its photo: the second face of the first photo is bad.
faces = pd.DataFrame({"score": [0.9, 2.5, 0.8, 0.4], "look": ["happy", "sad", "sad", "neutral"]},
                     index=pd.Index(["photo 1", "photo 1", "photo 1", "photo 2"]))
kept = schema(drop_invalid_rows=True).validate(faces, lazy=True)
print(f"faces by photo: {failures(faces)} bad, kept", kept["score"].to_dict())
assert failures(faces) == 1 and list(kept.index) == ["photo 2"], "changed"
END
cat <<'END'
pandera 0.35.0. Expected: bad rows dropped. Seen: each row that bears a bad row's label dropped. So reset_index()
first, and count.
END

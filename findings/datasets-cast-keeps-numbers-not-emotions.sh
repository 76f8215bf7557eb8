#!/usr/bin/env bash
# Hugging Face datasets 5.2.0: cast to the same seven emotions in another order, every face keeps its number and so
# changes its emotion: sad becomes neutral, surprised sad, neutral surprised.
#
# Expected: faces from FER2013's CSV (angry, disgust, fear, happy, sad, surprise, neutral) and from folders (sorted by
#   name, as "imagefolder" makes them) are put together. concatenate_datasets refuses two orders of names, rightly; a
#   cast to the other's ClassLabel turns each name into the other's number for it, as pandas' astype does for
#   categories. What has no number there is refused.
# Seen: cast and cast_column leave the numbers and exchange the names, so that the two are accepted and joined. FER2013's
#   order is sorted but for its last three, so that four emotions look right; no warning, counts and shapes are the
#   same. The documentation's example for cast_column (neg, pos to bad, good) shows a renaming, but does not say that
#   it is one whatever the names are. Fewer names than numbers are let pass, too (the project's issue 8494).
# So: align_labels_with_mapping({name: number}, "label"), which goes by name; compare the counts of each name before and
#   after.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  datasets==5.2.0 huggingface_hub==2.4.0 pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6 dill==0.4.1 multiprocess==0.70.19 \
  xxhash==4.1.0 fsspec==2026.9.0 filelock==4.3.1 tqdm==4.70.1 PyYAML==6.0.4 packaging==26.4 typing_extensions==4.16.0 \
  httpx2==2.16.2 httpcore2==2.16.2 h11==0.16.0 anyio==4.16.0 idna==3.20 truststore==0.10.5 click==8.5.1 hf-xet==1.8.0 \
  python-dateutil==4.0.0 six==1.17.0 tzdata==2026.6

cd "$folder"
HF_HUB_OFFLINE=1 HF_HOME=$folder/cache venv/bin/python - <<'END'
from collections import Counter

import datasets
import pandas
from datasets import ClassLabel, Dataset, Features, concatenate_datasets

datasets.disable_progress_bars()
FER2013 = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
FOLDERS = sorted(FER2013)


def names(faces):
    label = faces.features["label"]
    return [label.int2str(number) for number in faces["label"]]


def data(order):
    return Dataset.from_dict({"label": FER2013}, features=Features({"label": ClassLabel(names=order)}))


fer, folders = data(FER2013), data(FOLDERS)
assert names(fer) == names(folders) == FER2013
try:
    concatenate_datasets([folders, fer])
    raise SystemExit("two orders are put together")
except ValueError as error:
    print(f"concatenate_datasets: ValueError: {str(error)[:45]}...")
by_name = pandas.Series(FER2013, dtype=pandas.CategoricalDtype(FER2013)).astype(pandas.CategoricalDtype(FOLDERS))
aligned = fer.align_labels_with_mapping({name: number for number, name in enumerate(FOLDERS)}, "label")
print(f"{'before':26} {' '.join(f'{name:8}' for name in names(fer))}")
for title, seen in (
    ("cast_column", names(fer.cast_column("label", ClassLabel(names=FOLDERS)))),
    ("cast", names(fer.cast(Features({"label": ClassLabel(names=FOLDERS)})))),
    ("align_labels_with_mapping", names(aligned)),
    ("pandas' astype", list(by_name)),
):
    print(f"{title:26} {' '.join(f'{name:8}' for name in seen)}")
    if "cast" in title:
        assert seen == ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    else:
        assert seen == FER2013
joined = concatenate_datasets([folders, fer.cast_column("label", ClassLabel(names=FOLDERS))])
pairs = list(zip(names(joined), FER2013 * 2))
wrong = Counter(f"{right} is {seen}" for seen, right in pairs if seen != right)
print(f"put together after cast_column: {len(joined)} faces, {', '.join(wrong)}")
assert len(wrong) == 3
END
cat <<'END'
datasets 5.2.0. Expected: a cast keeps each face's emotion. Seen: it keeps the number. So use
align_labels_with_mapping.
END

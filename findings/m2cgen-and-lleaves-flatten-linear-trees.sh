#!/usr/bin/env bash
# m2cgen 0.10.0, lleaves 1.3.0: of a LightGBM model with linear_tree=True the code that they make takes each leaf for a
# constant: ten times the error, and no face is very happy or very unhappy.
#
# Expected: the converted model answers as LightGBM does, or the conversion refuses what it does not know, as treelite does
#   with such a model, and m2cgen itself with zero_as_missing and other things.
# Seen: a leaf of a linear tree holds a line through some measures; beside it LightGBM keeps the constant that the leaf
#   would have without it (for faces with missing measures). m2cgen (assemblers/boosting.py) and lleaves
#   (compiler/ast/parser.py) read that constant and pass over leaf_coeff and is_linear. The trees were fitted one after the
#   other to what the lines left over, so that the constants do not even add up to a usual model: of a hundred trees
#   valence is wrong by 0.11 instead of 0.01, five times as much as by the same model without lines, and it never comes
#   near the ends. The answers still correlate with the truth by 0.96; a model of one tree, which is how one tries a
#   conversion, is exactly right, because the first tree has no lines; and without linear_tree all are. Nothing is raised.
#   Both projects have an open question about linear trees; neither documentation says that they are taken without lines.
# So: no linear_tree where a model is to be converted; compare answers, not ranks, before and after, of the whole model.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps m2cgen==0.10.0 \
  lleaves==1.3.0 llvmlite==0.44.0 lightgbm==4.7.0 treelite==4.8.1 numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 \
  joblib==1.6.0 cloudpickle==3.1.3 threadpoolctl==3.5.0 narwhals==2.29.0 packaging==26.4 >log.txt 2>&1 ||
  { cat log.txt >&2; exit 1; }

venv/bin/python -W ignore - <<'END'
import lightgbm
import lleaves
import m2cgen
import numpy as np
import treelite

MEASURES = ["corners of the mouth", "brows", "eyes", "mouth open", "tilt"]
random = np.random.default_rng(7)


def faces(count):
    """Measures of faces, and their valence between -1 (unhappy) and 1 (happy)."""
    x = random.uniform(-1, 1, size=(count, len(MEASURES)))
    return x, 0.7 * x[:, 0] - 0.3 * x[:, 1] + np.where(x[:, 3] > 0, 0.3 * x[:, 2], -0.1)


def by_m2cgen(model, x):
    names = {}
    exec(m2cgen.export_to_python(model), names)
    return np.array([names["score"](list(face)) for face in x])


def by_lleaves(model, x):
    model.booster_.save_model("model.txt")
    compiled = lleaves.Model(model_file="model.txt")
    compiled.compile()
    return compiled.predict(x)


x, valence = faces(3000)
new, truth = faces(1000)
models, answers = {}, {}
print("mean error of valence            LightGBM    m2cgen   lleaves   most by LightGBM, by m2cgen   (truth: "
      f"{truth.max():.2f})")
for linear in (False, True):
    for trees in (1, 2, 20, 100):
        model = lightgbm.LGBMRegressor(n_estimators=trees, num_leaves=7, linear_tree=linear, n_jobs=1, verbose=-1,
                                       deterministic=True, force_row_wise=True).fit(x, valence)
        told = [model.predict(new), by_m2cgen(model, new), by_lleaves(model, new)]
        errors = [np.abs(answer - truth).mean() for answer in told]
        models[linear, trees], answers[linear, trees] = model, told
        print(f"{'lines' if linear else 'constants'} in the leaves, {trees:3} trees  " + "".join(f"{e:10.4f}" for e in errors)
              + f"{told[0].max():15.2f}{told[1].max():14.2f}")
        assert np.allclose(told[1], told[2]), "the two no longer agree"
        assert np.allclose(told[0], told[1]) == (not linear or trees == 1), "changed"

right, wrong, _ = answers[True, 100]
plain = np.abs(answers[False, 100][0] - truth).mean()
assert np.abs(right - truth).mean() < 0.02 and np.abs(wrong - truth).mean() > 0.08 > 3 * plain, "changed"
rank = np.corrcoef(wrong, truth)[0, 1]
share = [(answer > 0.8).sum() for answer in (truth, right, wrong)]
print(f"\na hundred trees with lines: correlation of m2cgen's answers with the truth {rank:.2f}; of 1000 faces very happy "
      f"(above 0.8): in truth {share[0]}, LightGBM {share[1]}, m2cgen {share[2]}")
assert rank > 0.9 and share[1] > 10 > 0 == share[2], "changed"

# The constants beside the lines are what both take.
tree = models[True, 2].booster_.dump_model()["tree_info"][1]["tree_structure"]
while "leaf_value" not in tree:
    tree = tree["left_child"]
print("a leaf of the second tree: constant", round(tree["leaf_value"], 4), "line", [round(c, 3) for c in tree["leaf_coeff"]],
      "+", round(tree["leaf_const"], 4), "of", [MEASURES[number] for number in tree["leaf_features"]])
assert tree["leaf_coeff"], "the leaf has no line"
try:
    treelite.frontend.from_lightgbm(models[True, 100].booster_)
    raise SystemExit("treelite no longer refuses it")
except treelite.TreeliteError:
    print("treelite refuses the model")
END
cat <<'END'
m2cgen 0.10.0, lleaves 1.3.0. Expected: LightGBM's answers, or a refusal. Seen: a linear tree's lines are left out, with
ten times the error. So no linear_tree where a model is converted; compare answers of the whole model in a test.
END

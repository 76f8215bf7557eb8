#!/usr/bin/env bash
# mlxtend 0.25.0: proportion_difference() of two networks' accuracies has the p of one side only: of a network that is
# better by 0.08 it is 0.04 or 0.96, by which of the two is named first.
#
# Expected: the p of a difference, the same for both orders, as by scipy's chi2_contingency or Fisher's exact test, and
#   as mlxtend's own mcnemar(). Its guide says that the alternative is "different" in a two-tailed test and that 1.96 is
#   the bound of z at 0.05; its text for the function has "the p-value" and names no side.
# Seen: p is norm.cdf(z), the share below z. With the worse network first it is half of the two-sided one, so that the
#   guide's own example, 0.84 and 0.92 of a hundred, is significant at z = -1.75 (p 0.040, of two sides 0.079). With
#   the better one first it lies near 1: a gate that asks "new against old, p below 0.05" never finds an improvement,
#   however large, and halves the p of each step back.
# So: 2 * norm.sf(abs(z)) of the z that comes with it, or scipy; for the same photos McNemar's test. In a test, ask for
#   both orders and compare.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps mlxtend==0.25.0 \
  numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 joblib==1.6.0 cloudpickle==3.1.3 threadpoolctl==3.8.0 narwhals==2.29.0
# mlxtend.evaluate loads matplotlib for one function that draws; this stand-in saves 25 MB.
mkdir matplotlib
touch matplotlib/__init__.py matplotlib/pyplot.py
echo 'Patch = None' >matplotlib/patches.py
echo 'MaxNLocator = None' >matplotlib/ticker.py

venv/bin/python - <<'END'
import numpy as np
from mlxtend.evaluate import mcnemar, mcnemar_table, proportion_difference
from scipy.stats import chi2_contingency, fisher_exact, norm

print("right answers            worse first  better first  two sides of z  chi-squared  Fisher's")
for worse, better, n in ((84, 92, 100), (660, 700, 1000), (3300, 3500, 5000)):
    z, first = proportion_difference(worse / n, better / n, n)
    minus_z, second = proportion_difference(better / n, worse / n, n)
    table = [[worse, n - worse], [better, n - better]]
    chi2, fisher = chi2_contingency(table, correction=False).pvalue, fisher_exact(table).pvalue
    turned = [chi2_contingency(table[::-1], correction=False).pvalue, fisher_exact(table[::-1]).pvalue]
    both = 2 * norm.sf(abs(z))
    print(f"{worse} and {better} of {n}".ljust(25) + f"{first:.6f}     {second:.6f}      {both:.6f}        {chi2:.6f}"
          f"     {fisher:.6f}")
    assert np.isclose(z, -minus_z) and np.allclose(turned, [chi2, fisher]), "the controls have changed"
    assert abs(both - chi2) < 0.005 and fisher > first, "the controls have changed"
    assert np.isclose(first, both / 2) and np.isclose(second, 1 - both / 2), "changed"
    if n == 100:
        assert first < 0.05 < min(both, chi2, fisher), "changed"

# McNemar's test of mlxtend itself does not mind the order.
random = np.random.default_rng(0)
looks = random.integers(0, 7, 1000)
old, new = (np.where(random.random(1000) < right, looks, (looks + 1) % 7) for right in (0.66, 0.70))
orders = [mcnemar(mcnemar_table(looks, *pair))[1] for pair in ((old, new), (new, old))]
print(f"mcnemar(), both orders: {orders[0]:.4f} and {orders[1]:.4f}")
assert np.isclose(*orders)


def found(right_first, right_second, p, rounds=1000, n=1000):
    """The share of rounds in which p is below 0.05."""
    shares = random.binomial(n, (right_first, right_second), (rounds, 2)) / n
    return float(np.mean([p(*proportion_difference(*pair, n)) < 0.05 for pair in shares]))


its_own, of_two_sides = (lambda z, p: p), (lambda z, p: 2 * norm.sf(abs(z)))
gates = {}
for title, rights in (("better by 0.06", (0.72, 0.66)), ("the same", (0.66, 0.66)), ("worse by 0.03", (0.63, 0.66))):
    gates[title] = found(*rights, its_own), found(*rights, of_two_sides)
    print(f"new against old, {title:15} p below 0.05 in {gates[title][0]:.3f} of 1000 tests, of two sides in "
          f"{gates[title][1]:.3f}")
assert gates["better by 0.06"][0] == 0 and gates["better by 0.06"][1] > 0.7, "changed"
assert 0.03 < gates["the same"][1] < 0.07 and gates["worse by 0.03"][0] > gates["worse by 0.03"][1] + 0.05, "changed"
END
cat <<'END'
mlxtend 0.25.0. Expected: the p of a difference. Seen: the p of one side, 0.04 or 0.96 by which network is named first.
So take both sides of the z beside it, or scipy; ask for both orders in a test.
END

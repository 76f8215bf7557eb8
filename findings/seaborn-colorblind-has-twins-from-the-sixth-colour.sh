#!/usr/bin/env bash
# seaborn 0.13.2: with seven emotions the palette "colorblind" has two colours that are one to people who lack red cones.
#
# Expected: a chart of seven emotions in sns.color_palette("colorblind") can be read by the colour-blind; that is the
#   palette's name, and its six colours of old (matplotlib's style "seaborn-v0_8-colorblind") keep the promise.
# Seen: since it has ten colours the third, green, and the sixth, brown, lie 5 to 6 apart for protanopes by three models
#   of colour blindness (in CAM02-UCS, where large fields side by side differ from about 1 on; the old ones lie 12 or
#   more apart): as thin lines or a legend's small marks they are one. In FER2013's order those are fear and surprise,
#   which networks confuse as it is. To tritanopes the fifth and the sixth are as near, sad and surprise. matplotlib's
#   "petroff10" and "tableau-colorblind10" and the set of Okabe and Ito keep seven colours 10 or more apart for all.
# So: one of those for more than five classes; measure a palette at the number of colours in use; letter the lines too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  seaborn==0.13.2 matplotlib==3.11.2 pandas==3.1.1 numpy==2.4.6 colorspacious==1.1.2 daltonlens==0.1.5 pillow==13.0.0 \
  contourpy==1.3.3 cycler==0.12.1 fonttools==4.68.0 kiwisolver==1.5.1 packaging==26.4 pyparsing==3.3.3 \
  python-dateutil==4.0.0 tzdata==2026.6

cd "$folder"
MPLCONFIGDIR=$folder venv/bin/python - <<'END'
import itertools

import matplotlib
import numpy as np
import seaborn
from colorspacious import cspace_convert, deltaE
from daltonlens import simulate

LOOKS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
DEFICIENCIES = {"protanomaly": simulate.Deficiency.PROTAN, "deuteranomaly": simulate.Deficiency.DEUTAN,
                "tritanomaly": simulate.Deficiency.TRITAN}


def seen(colours, deficiency):
    """The colours as each model says that somebody sees them who lacks one kind of cones."""
    machado = {"name": "sRGB1+CVD", "cvd_type": deficiency, "severity": 100}
    yield "Machado 2009", np.clip(cspace_convert(colours, machado, "sRGB1"), 0, 1)
    pixels = (colours[None] * 255).round().astype(np.uint8)
    models = {"Brettel 1997": simulate.Simulator_Brettel1997()}
    if deficiency != "tritanomaly":  # the model is not made for that
        models["Viénot 1999"] = simulate.Simulator_Vienot1999()
    for name, model in models.items():
        yield name, model.simulate_cvd(pixels, DEFICIENCIES[deficiency], 1.0)[0] / 255


def closest(colours, deficiency):
    """Per model the smallest distance and the two colours that it lies between."""
    return {name: min((float(deltaE(shown[one], shown[other], input_space="sRGB1")), one, other)
                      for one, other in itertools.combinations(range(len(colours)), 2))
            for name, shown in seen(colours, deficiency)}


def style(name):
    return [entry["color"] for entry in matplotlib.style.library[name]["axes.prop_cycle"]]


okabe_ito = ["#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"]
palettes = {"seaborn colorblind": list(seaborn.color_palette("colorblind", 7)),
            "seaborn-v0_8-colorblind (six)": style("seaborn-v0_8-colorblind"), "petroff10": style("petroff10")[:7],
            "tableau-colorblind10": style("tableau-colorblind10")[:7], "Okabe and Ito": okabe_ito}
smallest = {}
for name, palette in palettes.items():
    colours = np.array([matplotlib.colors.to_rgb(colour) for colour in palette])
    for deficiency in DEFICIENCIES:
        pairs = closest(colours, deficiency)
        smallest[name, deficiency] = pairs
        print(f"{name:30} {deficiency:14}", ", ".join(f"{model}: {distance:.1f} ({LOOKS[one]}, {LOOKS[other]})"
                                                     for model, (distance, one, other) in pairs.items()))
for distance, one, other in smallest["seaborn colorblind", "protanomaly"].values():
    assert distance < 6.5 and (LOOKS[one], LOOKS[other]) == ("fear", "surprise")
assert smallest["seaborn colorblind", "tritanomaly"]["Machado 2009"][0] < 6.5
for (name, deficiency), pairs in smallest.items():
    if name != "seaborn colorblind":
        assert all(distance > 9 for distance, _, _ in pairs.values()), (name, deficiency, pairs)
END
cat <<'END'
seaborn 0.13.2. Expected: seven colours that the colour-blind tell apart. Seen: the third and the sixth are all but one
to protanopes. So take petroff10 or the set of Okabe and Ito for more than five classes.
END

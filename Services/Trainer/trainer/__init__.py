"""Mien's trainer: from a FER2013 CSV to the OpenVINO model that the workers run, with honest figures."""

__version__ = "1.0.0"

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The seven FER2013 classes in label order 0…6 (Goodfellow et al., 2013)."""

SIDE = 48
"""Height and width of a FER2013 face in pixels."""

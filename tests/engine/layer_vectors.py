"""The worked examples of the layers against degeneracy: inputs and expected values."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "layers"


def layer_vector(name):
    """Return one worked example as a dictionary."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))

"""The worked examples of the two-time model: inputs and expected c2, 15 digits."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.conventions import Convention
from engine.reference.dense import DenseModel

FOLDER = Path(__file__).resolve().parents[1] / "golden" / "vectors"


@dataclass(frozen=True, eq=False)
class Vector:
    """One worked example in one convention."""

    name: str
    convention: Convention
    content: dict
    expected: np.ndarray
    """c2 of every angle, (K, N, N)."""

    def __str__(self):
        return f"{self.name}-{self.convention.value}"

    @property
    def inputs(self):
        return self.content["inputs"]

    @property
    def values(self):
        return dict(
            zip(self.inputs["physical_names"], self.inputs["physical"], strict=True)
        )

    def model(self, *, smooth):
        return DenseModel(
            model=self.content["mode"],
            times=np.array(self.inputs["t_s"]),
            phi=np.array(self.inputs["phi_deg"]),
            q=self.inputs["q_invA"],
            gap=self.inputs["L_A"],
            convention=self.convention,
            smooth=smooth,
        )

    def dense(self, *, smooth):
        return self.model(smooth=smooth).c2(
            self.inputs["physical"], self.inputs["contrast"], self.inputs["offset"]
        )


def load_vectors():
    """Return every example in every convention its file has numbers for."""
    return [
        Vector(path.stem, Convention(name), content, np.array(expected))
        for path in sorted(FOLDER.glob("*.json"))
        for content in [json.loads(path.read_text(encoding="utf-8"))]
        for name, expected in content["expected_c2"].items()
    ]


VECTORS = load_vectors()

"""Simulated runs of any size, written to disk one matrix at a time."""

from dataclasses import dataclass

import h5py
import numpy as np

from engine.reference.dense import DenseModel
from tests.engine.known_runs import GAP, SHEARED, SHEARED_START, Q, peer_scaling

DURATION = 100.0
SIGMA = 0.02
NAMES = (
    "D0",
    "alpha",
    "D_offset",
    "gamma_dot_t0",
    "beta",
    "gamma_dot_t_offset",
    "phi0",
)


@dataclass(frozen=True)
class Size:
    """A run of laminar flow that lasts 100 s, whatever its number of frames."""

    n_frames: int
    """Fitted ones; the file holds one more."""
    n_angles: int

    @property
    def points(self):
        return self.n_angles * self.n_frames * (self.n_frames - 1) // 2

    @property
    def dt(self):
        return DURATION / self.n_frames

    @property
    def phi(self):
        """Angles, repeated where there are very many: making the model takes long."""
        few = min(self.n_angles, 25)
        once = np.linspace(-90.0, 90.0, few + 1)[:-1].round(3) + 4.0
        return np.resize(once, self.n_angles)

    def matrices(self, seed=0):
        """Yield one noisy matrix after the other."""
        times = np.arange(self.n_frames + 1) * self.dt
        made = {}
        for k, phi in enumerate(self.phi):
            if phi not in made:
                made[phi] = self._clean(times, np.array([phi]))
            clean = made[phi]
            rng = np.random.default_rng([seed, k])
            noise = rng.standard_normal(clean.shape, dtype=np.float32)
            upper = np.triu(clean + np.float32(SIGMA) * noise, k=1)
            np.fill_diagonal(upper, 1.8)
            yield upper

    @staticmethod
    def _clean(times, phi):
        dense = DenseModel(model="laminar_flow", times=times, phi=phi, q=Q, gap=GAP)
        return dense.c2(SHEARED, *peer_scaling(phi))[0].astype(np.float32)

    def write(self, path):
        """Write the run as APS-U does: half matrices, bins counted from 1."""
        k = self.n_angles
        with h5py.File(path, "w") as f:
            f["xpcs/qmap/dynamic_v_list_dim0"] = np.array([Q])
            f["xpcs/qmap/dynamic_v_list_dim1"] = self.phi
            f["xpcs/qmap/dynamic_num_pts"] = np.array([1, k])
            f["xpcs/qmap/dynamic_index_mapping"] = np.arange(k)
            f["xpcs/twotime/processed_bins"] = np.arange(1, k + 1)
            for i, matrix in enumerate(self.matrices()):
                f[f"xpcs/twotime/correlation_map/c2_{i + 1:05d}"] = matrix

    def options(self):
        """Return the options of `twotime fit` besides files and strategy."""
        start = [
            text
            for name, value in zip(NAMES, SHEARED_START, strict=True)
            for text in ("--start", f"{name}={value}")
        ]
        settings = {
            "analyzer_parameters.dt": self.dt,
            "analyzer_parameters.geometry.stator_rotor_gap": GAP,
            "analyzer_parameters.scattering.wavevector_q": Q,
        }
        given = [t for k, v in settings.items() for t in ("--set", f"{k}={v}")]
        return ["--model", "laminar_flow", "--scaling", "individual", *start, *given]

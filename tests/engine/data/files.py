"""Tiny files in the layouts of real ones, written with h5py and nothing of ours."""

import h5py
import numpy as np


def matrix(n=12, contrast=0.2, seed=0, offset=1.0):
    """A symmetric matrix with a decay and reproducible noise, in float32."""
    t = np.arange(n)
    lag = np.abs(np.subtract.outer(t, t))
    noise = np.triu(np.random.default_rng(seed).normal(0, 0.01, (n, n)), 1)
    c2 = offset + contrast * np.exp(-lag / 4) + noise + noise.T
    return c2.astype(np.float32)


def matrices(count, n=12):
    return np.stack([matrix(n, 0.1 + 0.05 * k, k) for k in range(count)])


def aps_u(
    path,
    *,
    q=(0.0054,),
    phi=(0.0, 45.0, 90.0),
    bins=None,
    c2=None,
    names=None,
    group="correlation_map",
    mapping=None,
    counts=None,
    units=("Å^-1", "deg"),
    frame_time=0.1,
    factors=(1, 1),
    without=(),
):
    """An APS-U result; `without` names paths that are left out."""
    bins = np.arange(1, len(q) * len(phi) + 1) if bins is None else bins
    c2 = matrices(len(bins)) if c2 is None else c2
    names = names or [f"c2_{k + 1:05d}" for k in range(len(c2))]
    with h5py.File(path, "w") as f:
        f["xpcs/qmap/dynamic_v_list_dim0"] = q
        f["xpcs/qmap/dynamic_v_list_dim1"] = phi
        f["xpcs/qmap/dynamic_num_pts"] = counts or [len(q), len(phi)]
        if units:
            f["xpcs/qmap/map_units"] = list(units)
        if mapping is not None:
            f["xpcs/qmap/dynamic_index_mapping"] = mapping
        f["xpcs/twotime/processed_bins"] = bins
        f["xpcs/twotime/config/stride_frame"] = factors[0]
        f["xpcs/twotime/config/avg_frame"] = factors[1]
        f["entry/instrument/detector_1/frame_time"] = frame_time
        for name, m in zip(names, c2, strict=True):
            f[f"xpcs/twotime/{group}/{name}"] = np.triu(m)
        for key in without:
            del f[key]
    return path


def aps_old(
    path,
    *,
    q=(0.0054, 0.0054, 0.0054),
    phi=(0.0, 45.0, 90.0),
    c2=None,
    names=None,
    tracked=False,
    period=0.1,
    without=(),
):
    """A result from before the upgrade; lists are (1, K) as in real files."""
    c2 = matrices(len(q)) if c2 is None else c2
    names = names or [f"g2_{k + 1:05d}" for k in range(len(c2))]
    with h5py.File(path, "w") as f:
        f["xpcs/dqlist"] = np.array([q])
        f["xpcs/dphilist"] = np.array([phi])
        if period is not None:
            f["measurement/instrument/detector/exposure_period"] = [[period]]
        group = f.create_group("exchange/C2T_all", track_order=tracked)
        for name, m in zip(names, c2, strict=True):
            group[name] = np.triu(m)
        for key in without:
            del f[key]
    return path


def nexus(
    path,
    stored,
    *,
    q=(0.0054, 0.0054, 0.0054),
    phi=(0.0, 45.0, 90.0),
    q_unit="1/angstrom",
    **attributes,
):
    """An NXxpcs file; `stored` is an array, or a mapping of names to matrices."""
    with h5py.File(path, "w") as f:
        f["entry/definition"] = "NXxpcs"
        if q is not None:
            f["entry/instrument/masks/dynamic_q_list"] = q
            f["entry/instrument/masks/dynamic_q_list"].attrs["units"] = q_unit
        if phi is not None:
            f["entry/instrument/masks/dynamic_phi_list"] = phi
        f["entry/instrument/eiger/frame_time"] = 0.1
        key = "entry/twotime/two_time_corr_func"
        if isinstance(stored, dict):
            for name, m in stored.items():
                f[f"{key}/{name}"] = m
        else:
            f[key] = stored
        for name, value in attributes.items():
            f[key].attrs[name] = value
    return path


def cache(path, c2=None, **changes):
    """A cache of an archived program."""
    c2 = matrices(3) if c2 is None else c2
    arrays = {
        "wavevector_q_list": np.full(len(c2), 0.0054),
        "phi_angles_list": np.array([0.0, 45.0, 90.0])[: len(c2)],
        "t1": 0.1 * np.arange(c2.shape[-1]),
        "t2": 0.1 * np.arange(c2.shape[-1]),
        "c2_exp": c2.astype(np.float64),
        "cache_metadata_json": np.array('{"start_frame": 1001, "end_frame": 1012}'),
    }
    arrays.update(changes)
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})
    return path

"""Writing a run file: the keys it had, and everything Twotime knows, explicitly."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config.origin import FORMAT_VERSION
from engine.config.paths import absolute
from engine.config.settings import put
from engine.config.write_fields import field_entries
from engine.config.yaml_text import plain
from engine.models.specs import parameter_name
from engine.setup import DataRequest, Masks, Setup


def resolved(
    raw: Mapping[str, Any], *, request: DataRequest, setup: Setup
) -> dict[str, Any]:
    """Return `raw` with every known key set to what `request` and `setup` say."""
    tree = plain(raw, "run file")
    if not isinstance(tree, dict):
        tree = {}
    entries = {
        "twotime.format_version": FORMAT_VERSION,
        "analysis_mode": setup.spec.name,
        **_request_entries(request),
        **_parameter_entries(setup),
        **_data_entries(setup),
        **field_entries(tree, setup),
    }
    if setup.phi.ranges:
        entries["phi_filtering.target_ranges"] = _ranges(tree, setup)
    entries["parameter_space.bounds"] = _bounds(tree, setup)
    for key, value in entries.items():
        put(tree, key, value)
    return tree


def _request_entries(request: DataRequest) -> dict[str, Any]:
    return {
        "experimental_data.file_path": str(absolute(request.file)),
        "experimental_data.dataset": request.dataset,
        "experimental_data.phi_angles": _list(request.phi),
        "analyzer_parameters.dt": request.dt,
        "analyzer_parameters.start_frame": request.first_frame,
        "analyzer_parameters.end_frame": request.last_frame,
        "analyzer_parameters.scattering.wavevector_q": request.q,
    }


def _parameter_entries(setup: Setup) -> dict[str, Any]:
    start = "initial_parameters."
    items = setup.parameters.items
    ties = {
        p.name: {"to": p.tie.to, "factor": p.tie.factor}
        for p in items
        if p.tie is not None
    }
    return {
        start + "parameter_names": [p.name for p in items],
        start + "values": [p.value for p in items],
        start + "estimate_start": not setup.start_given,
        start + "fixed_parameters": {p.name: p.value for p in items if p.fixed} or None,
        # Whatever is not fixed is free: a second list could only contradict.
        start + "active_parameters": None,
        start + "ties": ties or None,
        start + "per_angle_scaling.contrast": _list(setup.contrast_start),
        start + "per_angle_scaling.offset": _list(setup.offset_start),
    }


def _data_entries(setup: Setup) -> dict[str, Any]:
    sigma = setup.sigma
    return {
        "analyzer_parameters.geometry.stator_rotor_gap": setup.gap,
        "analyzer_parameters.shear_convention": setup.convention.value,
        "analyzer_parameters.drop_first_frame": setup.drop_first_frame,
        "phi_filtering.enabled": bool(setup.phi.ranges),
        "phi_filtering.disabled_angles": list(setup.phi.disabled),
        "phi_filtering.fallback_to_all_angles": setup.phi.fallback_to_all,
        **_mask_entries(setup.masks),
        "noise.sigma": str(absolute(sigma)) if isinstance(sigma, Path) else sigma,
    }


def _mask_entries(masks: Masks) -> dict[str, Any]:
    return {
        "masks.frames": [list(pair) for pair in masks.frames],
        "masks.regions": [
            {"phi": region.phi, "t1": list(region.t1), "t2": list(region.t2)}
            for region in masks.regions
        ],
        "masks.file": None if masks.file is None else str(absolute(masks.file)),
    }


def _ranges(tree: Mapping[str, Any], setup: Setup) -> list[Any]:
    """Return the angle ranges, with the descriptions those of the file had."""
    there = _below(tree, "phi_filtering", "target_ranges")
    entries = [entry for entry in there or [] if isinstance(entry, dict)]
    written = []
    for wanted in setup.phi.ranges:
        new = {"min_angle": wanted.minimum, "max_angle": wanted.maximum}
        same = [entry for entry in entries if new.items() <= entry.items()]
        written.append(same[0] if same else new)
    return written


def _bounds(tree: Mapping[str, Any], setup: Setup) -> list[Any]:
    """Return the list of bounds; what else an entry of the file said is kept."""
    wanted = {p.name: (p.lower, p.upper) for p in setup.parameters}
    wanted |= {"contrast": setup.contrast_bounds, "offset": setup.offset_bounds}
    there: dict[str, dict[str, Any]] = {}
    for entry in _below(tree, "parameter_space", "bounds") or []:
        if isinstance(entry, dict):
            there[parameter_name(str(entry.get("name")))] = entry
    written = [
        {**there.pop(name, {}), "name": name, "min": low, "max": high}
        for name, (low, high) in wanted.items()
    ]
    return [{"name": e["name"], **e} for e in written] + list(there.values())


def _below(tree: Mapping[str, Any], section: str, key: str) -> Any:  # noqa: ANN401
    node = tree.get(section)
    return node.get(key) if isinstance(node, Mapping) else None


def _list(values: tuple[float, ...] | None) -> list[float] | None:
    return None if values is None else list(values)

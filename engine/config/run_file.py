"""Run files: opened once at the border, frozen from then on.

`load_run_file` turns a YAML or JSON run file, or a data file alone, into a
`DataRequest` and a `Setup`; `resolved_tree` and `dump_tree` write them back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config import options
from engine.config.bounds import read_bounds
from engine.config.choices import CONVENTIONS
from engine.config.ignored import IgnoredKey as IgnoredKey
from engine.config.ignored import ignored_keys
from engine.config.layers import settled_layers
from engine.config.origin import Context, origin_of
from engine.config.origin import Origin as Origin
from engine.config.paths import absolute, is_data_file
from engine.config.read_fields import (
    options_of,
    read_fields,
    say_unused_sizes,
    tolerances_of,
)
from engine.config.request import data_request
from engine.config.resolve import resolved as _resolved
from engine.config.settings import apply_settings
from engine.config.starts import read_starts, shear_named, within
from engine.config.tree import Section, Source, did_you_mean
from engine.config.yaml_text import dump_tree as dump_tree
from engine.config.yaml_text import plain, read_tree
from engine.conventions import Convention, conversion
from engine.errors import OptionError, RunFileError
from engine.models.specs import (
    HETERODYNE_NAMES,
    LAMINAR_FLOW,
    MODELS,
    STATIC,
    ModelSpec,
    model_spec,
)
from engine.setup import DataRequest, Scaling, Setup, Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFile:
    """A run file as understood."""

    path: Path | None
    """The YAML or JSON; None when a data file alone was opened."""
    origin: Origin
    request: DataRequest
    setup: Setup
    notes: tuple[str, ...]
    """What was assumed or translated, in plain sentences."""
    ignored: tuple[IgnoredKey, ...]
    """Every key that has no effect."""
    raw: Mapping[str, Any]
    """The tree as read, with the settings of the command line in it."""


def load_run_file(
    path: Path, settings: Mapping[str, str], typed: Mapping[str, str] | None = None
) -> RunFile:
    """Open a run file, or a data file alone.

    Parameters
    ----------
    path
        YAML or JSON; or an HDF5, .npy or .npz file, told by content or name.
    settings
        Dotted keys and their values as YAML text, overriding the file.
    typed
        What a message calls a setting, by its key, where that is not ``--set``.

    Raises
    ------
    InputError
        With the sentence for the user.
    """
    if path.is_dir():
        raise RunFileError(
            f"{path}: this is a folder; expected a run file (YAML, JSON) or a data file"
        )
    if is_data_file(path):
        tree = {"experimental_data": {"file_path": str(absolute(path))}}
        return run_file_from_tree(tree, path=None, settings=settings, typed=typed)
    tree = read_tree(path)
    return run_file_from_tree(tree, path=path, settings=settings, typed=typed)


def run_file_from_tree(
    tree: Mapping[str, Any],
    *,
    path: Path | None,
    settings: Mapping[str, str],
    typed: Mapping[str, str] | None = None,
) -> RunFile:
    """Understand a tree that has been read already.

    Parameters
    ----------
    tree
        Nested mappings as read; it is copied.
    path
        The file it belongs to, for messages and relative paths; None: the working
        directory.
    settings, typed
        As in `load_run_file`.

    Raises
    ------
    InputError
        With the sentence for the user.
    """
    where = "" if path is None else str(path)
    written = _copied(tree, where)
    raw, given = apply_settings(written, settings)
    marked = raw if any(key[0] == "twotime" for key in given) else written
    origin = origin_of(Section.whole(Source(marked, where, given)))
    folder = Path.cwd() if path is None else absolute(path).parent
    context = Context(origin, folder, [])
    source = Source(raw, where, given, typed=typed or {})
    root = Section.whole(source)
    origin_of(root)
    options.origin_notes(context)
    request = data_request(root, context)
    setup = _setup(root, context)
    options.method_note(root, context)
    return RunFile(
        path=path,
        origin=origin,
        request=request,
        setup=setup,
        notes=tuple(context.notes),
        ignored=ignored_keys(source),
        raw=raw,
    )


def resolved_tree(
    run_file: RunFile, *, request: DataRequest, setup: Setup
) -> dict[str, Any]:
    """Return the complete run file for what was fitted.

    The keys of `run_file` are kept; everything Twotime knows is written explicitly, so
    that reading the tree again gives an equal `request` and `setup`.
    """
    return _resolved(run_file.raw, request=request, setup=setup)


def _copied(tree: Mapping[str, Any], where: str) -> dict[str, Any]:
    copied = plain(tree, where or "run file")
    if not isinstance(copied, dict):
        raise RunFileError(f"{where or 'run file'}: expected a mapping of sections")
    return copied


def _setup(root: Section, context: Context) -> Setup:
    spec = _model(root, context)
    convention = _convention(root, spec, context)
    bounds = read_bounds(root, spec, context)
    starts = read_starts(root, spec, bounds, context)
    given = settled_layers(root, read_fields(root, context), spec, context)
    say_unused_sizes(root, spec)
    scaling = options.scaling(root, given, spec, context)
    contrast, offset = starts.contrast, starts.offset
    if scaling is not Scaling.FIXED_CONSTANT:
        contrast = within("contrast", contrast, bounds["contrast"], context)
        offset = within("offset", offset, bounds["offset"], context)
    return Setup(
        model=spec.name,
        parameters=starts.parameters,
        convention=convention,
        start_given=starts.given,
        gap=_gap(root),
        phi=options.phi_selection(root, context),
        masks=options.masks(root, context),
        drop_first_frame=_drop_first_frame(root, context),
        scaling=scaling,
        contrast_start=contrast,
        offset_start=offset,
        contrast_bounds=bounds["contrast"],
        offset_bounds=bounds["offset"],
        sigma=options.sigma(root, context),
        loss=options.loss(given, context),
        loss_scale=given.get("loss_scale", 1.0),
        strategy=given.get("strategy", Strategy.AUTO),
        tolerances=tolerances_of(given),
        options=options_of(given),
    )


def _model(root: Section, context: Context) -> ModelSpec:
    """Return the model the file names or, failing that, the one it implies."""
    key = root.first("analysis_mode", "mode")
    name = root.text(key, "static or laminar_flow")
    static = root.boolean("analysis_settings.static_mode")
    if name is not None:
        root.drop("analysis_settings.static_mode", f"overridden by {key}")
        try:
            return model_spec(name)
        except OptionError:
            expected = " or ".join(MODELS) + did_you_mean(name, MODELS)
            if name in HETERODYNE_NAMES:
                expected += " (two-component, heterodyne runs cannot be fitted yet)"
            raise root.error(key, expected) from None
    if static is not None:
        return STATIC if static else LAMINAR_FLOW
    sheared = shear_named(root)
    if sheared is None and context.origin.archived:
        context.note("No analysis_mode is named; the static model is assumed.")
    return LAMINAR_FLOW if sheared else STATIC


def _convention(root: Section, spec: ModelSpec, context: Context) -> Convention:
    key = "analyzer_parameters.shear_convention"
    chosen = root.choice(key, CONVENTIONS)
    if chosen is None:
        chosen = context.origin.convention
        if context.origin.archived and spec.sheared:
            context.note(
                f"Shear rates are in the {chosen.value} convention, that of "
                f"{context.origin.program}."
            )
    elif context.origin.archived and spec.sheared:
        _note_other_convention(chosen, context)
    return chosen


def _note_other_convention(chosen: Convention, context: Context) -> None:
    """Say that shear rates of an archived run are not converted by themselves."""
    native = context.origin.convention
    if chosen is native:
        return
    found = conversion(native, chosen)
    context.note(
        f"Shear rates and their bounds are taken as written, in the {chosen.value} "
        f"convention; if {context.origin.program} wrote them, in the {native.value} "
        f"one, multiply them by {found.factor:.5g} ({found.remark})."
    )


def _gap(root: Section) -> float | None:
    """Return the gap [Å] from the two documented places."""
    key = root.first(
        "analyzer_parameters.geometry.stator_rotor_gap",
        "experimental_data.geometry.stator_rotor_gap",
    )
    return root.positive(key, "the gap in Å")


def _drop_first_frame(root: Section, context: Context) -> bool:
    given = root.boolean("analyzer_parameters.drop_first_frame")
    if given is None and context.origin is Origin.LEGACY:
        context.note(
            "The first frame of the window is left out of the fit, which "
            "homodyne-analysis kept (analyzer_parameters.drop_first_frame)."
        )
    return True if given is None else given

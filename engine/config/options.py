"""Everything of a `Setup` that is not a parameter: angles, masks, noise and loss."""

from pathlib import Path

from engine.config.choices import LOSSES, SCALINGS, STRATEGIES, STRATEGIES_TO_COME
from engine.config.origin import Context, Origin
from engine.config.paths import find
from engine.config.tree import Item, Section
from engine.errors import OptionError
from engine.models.specs import ModelSpec
from engine.setup import (
    Loss,
    MaskRegion,
    Masks,
    PhiRange,
    PhiSelection,
    Scaling,
    Strategy,
    Tolerances,
)

_NLSQ = "optimization.nlsq."
_LEGACY_RANGES = (PhiRange(-10.0, 10.0), PhiRange(170.0, 190.0))


def phi_selection(root: Section, context: Context) -> PhiSelection:
    """Read which angles are fitted."""
    key = root.first("phi_filtering", "optimization_config.angle_filtering")
    section = root.section(key)
    enabled = section.boolean("enabled")
    items = section.items("target_ranges")
    ranges = tuple(_phi_range(item) for item in items or ())
    if key != "phi_filtering" and enabled and items is None:
        ranges = _LEGACY_RANGES
        context.note(
            "No angle ranges are given; homodyne-analysis then used -10 to 10 and 170 "
            "to 190 degrees, and so does this run."
        )
    if enabled is False:
        if items:
            section.drop("target_ranges", "angle filtering is switched off (enabled)")
        ranges = ()
    elif enabled and not ranges:
        context.note("Angle filtering is on without a range; every angle is selected.")
    disabled = section.numbers("disabled_angles", "a list of angles in degrees")
    return PhiSelection(
        ranges=ranges,
        disabled=disabled or (),
        fallback_to_all=section.boolean("fallback_to_all_angles") or False,
    )


def _phi_range(item: Item) -> PhiRange:
    expected = "a range of angles {min_angle: a, max_angle: b} in degrees"
    if isinstance(item.value, list):
        low, high = item.pair(expected)
        return PhiRange(low.number(expected), high.number(expected))
    section = item.section(expected)
    minimum = section.number("min_angle", "an angle in degrees")
    maximum = section.number("max_angle", "an angle in degrees")
    if minimum is None or maximum is None:
        raise item.error(expected)
    return PhiRange(minimum, maximum)


def masks(root: Section, context: Context) -> Masks:
    """Read what is left out of the fit."""
    section = root.section("masks")
    file = section.text("file", "the path of a .npy or .npz array")
    return Masks(
        frames=tuple(_frames(item) for item in section.items("frames") or ()),
        regions=tuple(_region(item) for item in section.items("regions") or ()),
        file=None if file is None else find(file, context),
    )


def _frames(item: Item) -> tuple[int, int]:
    expected = "a pair [first, last] of frame numbers, counted from 1"
    low, high = item.pair(expected)
    first, last = low.integer("a frame number"), high.integer("a frame number")
    if not 1 <= first <= last:
        raise item.error(expected)
    return first, last


def _region(item: Item) -> MaskRegion:
    section = item.section("a section {phi: angle or null, t1: [a, b], t2: [a, b]}")
    return MaskRegion(
        phi=section.number("phi", "an angle in degrees, or null for every angle"),
        t1=_times(section, "t1"),
        t2=_times(section, "t2"),
    )


def _times(section: Section, key: str) -> tuple[float, float]:
    expected = "a pair [from, to] of times in seconds"
    times = section.numbers(key, expected)
    if times is None or len(times) != 2 or not times[0] <= times[1]:
        raise section.error(key, expected)
    return times[0], times[1]


def sigma(root: Section, context: Context) -> float | Path | None:
    """Read the standard deviation of a pixel: a number, an array file, or None."""
    section = root.section("noise")
    value = section.raw("sigma")
    if isinstance(value, str) and not _is_number(value):
        return find(value.strip(), context) if value.strip() else None
    return section.positive(
        "sigma", "the path of an array, or null to estimate it from the data"
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def scaling(root: Section, spec: ModelSpec, context: Context) -> Scaling:
    """Read how contrast and offset vary with the angle."""
    shared = root.first(
        _NLSQ + "anti_degeneracy.per_angle_mode",
        _NLSQ + "per_angle_mode",
        _NLSQ + "per_angle_scaling",
        "optimization.per_angle_scaling",
    )
    if not shared.endswith("per_angle_scaling"):
        chosen = root.choice(shared, SCALINGS)
    elif (each := root.boolean(shared)) is not None:
        chosen = Scaling.INDIVIDUAL if each else Scaling.AVERAGED
        context.note(f"{shared} is understood as the scaling mode {chosen.value}.")
    else:
        chosen = None
    default = Scaling.AUTO if spec.sheared else Scaling.INDIVIDUAL
    return default if chosen is None else chosen


def loss(root: Section, context: Context) -> tuple[Loss, float]:
    """Read the loss function and where it sets in, in units of sigma."""
    chosen = root.choice(_NLSQ + "loss", LOSSES)
    scale = root.positive(_NLSQ + "loss_scale", "in units of sigma")
    if chosen is None and context.origin.archived:
        chosen = Loss.SOFT_L1
        context.note(
            "No loss is named; archived runs then used soft_l1, and so does this one "
            "(optimization.nlsq.loss)."
        )
    return chosen or Loss.LINEAR, 1.0 if scale is None else scale


def strategy(root: Section) -> Strategy:
    """Read where the tiles of data are to live.

    Raises
    ------
    OptionError
        When a strategy that is not available yet is asked for with ``--set``; a run
        file that names one opens, and the name is listed as ignored.
    """
    key = "performance.strategy_override"
    chosen = root.choice(key, STRATEGIES)
    word = str(root.raw(key)).strip()
    if word in STRATEGIES_TO_COME:
        if root.source.from_option(root.at(key)):
            raise OptionError(
                f"--set {key} is {word!r}, a strategy that is not available yet; "
                "expected auto or standard"
            )
        root.drop(key, "this strategy is not available yet; the choice is automatic")
    return chosen or Strategy.AUTO


def tolerances(root: Section) -> Tolerances:
    """Read when the solver stops; what is not given keeps its default."""
    nlsq = root.section("optimization.nlsq")
    iterations = nlsq.integer("max_iterations", "a whole number above 0")
    if iterations is not None and iterations < 1:
        raise nlsq.error("max_iterations", "a whole number above 0")
    edm = nlsq.positive("edm", "in units of chi squared")
    default = Tolerances()
    return Tolerances(
        edm=default.edm if edm is None else edm,
        ftol=nlsq.positive(nlsq.first("ftol", "tolerance"), "relative"),
        xtol=nlsq.positive("xtol", "relative"),
        gtol=nlsq.positive("gtol", "relative"),
        max_iterations=default.max_iterations if iterations is None else iterations,
    )


def method_note(root: Section, context: Context) -> None:
    """Say what is done about a method other than the least-squares fit."""
    method = root.text("optimization.method", "nlsq")
    if method is not None and method != "nlsq":
        context.note(
            f"The run asks for the method {method}; Twotime does the least-squares "
            "part (nlsq) only."
        )


def origin_notes(context: Context) -> None:
    """Say in which convention an archived run opens."""
    if context.origin is Origin.HOMODYNE2:
        context.note(
            "There is no twotime.format_version, so this is taken as an archived run "
            "of homodyne 2.x or xpcsjax, with their bounds and defaults."
        )
    if context.origin is Origin.LEGACY:
        context.note(
            "This is an archived run of homodyne-analysis. In Twotime legacy changes "
            "the sinc alone; the trapezoid and the time floor stay, so curves differ "
            "slightly at early times."
        )

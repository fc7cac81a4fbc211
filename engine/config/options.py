"""Everything of a `Setup` that is not a parameter: angles, masks, noise and loss."""

from pathlib import Path

from engine.config.fields import NLSQ
from engine.config.origin import Context, Origin
from engine.config.paths import find
from engine.config.read_fields import Given
from engine.config.tree import Item, Section
from engine.models.specs import ModelSpec
from engine.setup import Loss, MaskRegion, Masks, PhiRange, PhiSelection, Scaling

_SHARED = (NLSQ + "per_angle_scaling", "optimization.per_angle_scaling")
"""Whether each angle has a scaling of its own, in files of the first programs."""
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


def scaling(root: Section, given: Given, spec: ModelSpec, context: Context) -> Scaling:
    """Return how contrast and offset vary with the angle."""
    chosen = given.get("scaling")
    key = root.first(*_SHARED)
    each = root.boolean(key)
    if isinstance(chosen, Scaling):
        root.drop(key, "overridden by the scaling mode (per_angle_mode)")
        return chosen
    if each is not None:
        chosen = Scaling.INDIVIDUAL if each else Scaling.AVERAGED
        context.note(f"{key} is understood as the scaling mode {chosen.value}.")
        return chosen
    return Scaling.AUTO if spec.sheared else Scaling.INDIVIDUAL


def loss(given: Given, context: Context) -> Loss:
    """Return the loss function."""
    chosen = given.get("loss")
    if isinstance(chosen, Loss):
        return chosen
    if not context.origin.archived:
        return Loss.LINEAR
    context.note(
        "No loss is named; archived runs then used soft_l1, and so does this one "
        "(optimization.nlsq.loss)."
    )
    return Loss.SOFT_L1


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

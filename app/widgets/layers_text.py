"""What the set-up panel says of the layers against degeneracy."""

from engine.layer_options import CollapseResponse, CvMode, LayerOptions

MASTER_HELP = (
    "With many angles, a contrast and an offset for each can imitate what tells the "
    "shear rate and the flow direction. The layers act against that; without them "
    "the automatic scaling gives every angle its own pair, and nothing else is done."
)
HIERARCHICAL_HELP = (
    "Each step solves contrast and offset exactly and moves the physical parameters "
    "with that solution taken into account. The minimum stays where it is; the way to "
    "it is shorter."
)
PENALTY_HELP = (
    "Adds to χ² a penalty on contrasts and offsets that differ from angle to angle. "
    "It pulls them together however many data there are, so use it only where you know "
    "that they should be alike. CV is the standard deviation over the mean."
)
MONITOR_HELP = (
    "Watches whether the shear rate loses its influence on the fit or runs into its "
    "lower bound, and answers as chosen below."
)
WEIGHTING_HELP = (
    "Lets the angles along the flow weigh more while the fit is on its way. The final "
    "steps weigh all angles alike, unless that is switched off."
)
ORDER_HELP = (
    "Highest harmonic of the angle in contrast and offset. Order K has 1 + 2K "
    "coefficients each, and needs at least as many angles."
)
ITERATIONS_HELP = (
    "Most alternations between scaling and physics, where the exact solution is "
    "numerically impossible."
)
TOLERANCE_HELP = "Largest relative change of a parameter that ends the alternations."
MODE_HELP = "What the penalty is measured by."
STRENGTH_HELP = (
    "λ, the weight of the penalty. Empty: so large that a CV at the target adds a "
    "tenth of χ²."
)
TARGET_HELP = "CV of the contrasts, and of the offsets, that you would still believe."
RESPONSE_HELP = "What is done when the shear rate has lost its influence."
RATIO_HELP = (
    "Ratio of the gradients of physics and scaling, both free of units, below which a "
    "step counts as a warning."
)
ROW_HELP = "Warnings in a row after which the monitor answers."
ALPHA_HELP = "Exponent α of the weight |cos(φ₀ − φ)|ᵅ: larger is more selective."
FLOOR_HELP = "Weight of an angle across the flow, from 0 to 1."
UPDATE_HELP = "Accepted steps after which the weights follow the flow direction φ₀."
NORMALISE_HELP = "Scale the weights so that their mean is 1."
POLISH_HELP = (
    "End with steps that weigh all angles alike, so that values, χ² and errors do not "
    "depend on the weights."
)
MODES = {
    CvMode.RELATIVE: "relative (CV²)",
    CvMode.ABSOLUTE: "absolute (variance)",
    CvMode.AUTO: "by the number of angles",
}
RESPONSES = {
    CollapseResponse.WARN: "warn only",
    CollapseResponse.HIERARCHICAL: "solve hierarchically",
    CollapseResponse.RESET: "reset the scaling",
    CollapseResponse.ABORT: "stop, keep the best point",
}


def summary_text(layers: LayerOptions) -> str:
    """Return in a few words which layers are on."""
    if not layers.enable:
        return "switched off"
    states = {
        "hierarchical": layers.hierarchical.enable,
        "penalty": layers.regularization.enable,
        "monitor": layers.monitor.enable,
        "shear weights": layers.shear_weighting.enable,
    }
    on = [name for name, enabled in states.items() if enabled]
    if len(on) == len(states):
        return "all on"
    return f"{', '.join(on)}; others off" if on else "all off"

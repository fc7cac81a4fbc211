"""What the window says of strategies and of the memory a fit will need."""

import re
from html import escape

from app.theme import Theme
from app.widgets.rich_text import cells, table, tinted
from app.wording import for_window, sentence
from engine.routing.plan import FRUGAL_ORDER, Plan
from engine.setup import Strategy

NAMES = {
    Strategy.AUTO: "automatic",
    Strategy.STANDARD: "standard (in memory, fastest)",
    Strategy.LARGE: "large (in memory, one copy)",
    Strategy.CHUNKED: "chunked (from disk)",
    Strategy.STREAMING: "streaming (from disk, four phases)",
}
HELP = {
    Strategy.AUTO: "The fastest strategy whose estimate is within the limit of memory.",
    Strategy.STANDARD: (
        "The pixels to fit are kept in memory beside the matrices: the fastest, and "
        "the one that needs most memory."
    ),
    Strategy.LARGE: (
        "The matrices stay in memory and are cut anew at every pass: no second copy."
    ),
    Strategy.CHUNKED: (
        "The matrices stay in their file; every pass reads chunks that hold every "
        "angle from a scratch file: slower, with little memory."
    ),
    Strategy.STREAMING: (
        "As chunked, after a warm-up on a coarse grid, and with checkpoints: a fit "
        "that was interrupted can go on where it was."
    ),
}
ON_DISK = (Strategy.CHUNKED, Strategy.STREAMING)


def gigabytes(value: float) -> str:
    """Return an amount of memory [GB] with two or three digits."""
    if value >= 100:
        return f"{value:,.0f} GB"
    return f"{value:.2g} GB" if value < 10 else f"{value:.3g} GB"


def plan_html(plan: Plan | None, problem: str, theme: Theme) -> str:
    """Return what will be done and why, or why that is not known."""
    if plan is None:
        text = escape(problem) or "The memory a fit needs is being estimated…"
        return tinted(text, theme.muted)
    facts = plan_facts(plan)
    if not plan.fits:
        facts = tinted(f"⚠ {facts}", theme.warn)
    reason = tinted(escape(sentence(bare_reason(plan.reason))), theme.muted)
    return f'<p style="margin:0">{facts}</p><p style="margin:3px 0 0 0">{reason}</p>'


def plan_facts(plan: Plan) -> str:
    """Return the estimate, the limit and what they depend on, as rich text."""
    allowed, needed = gigabytes(plan.threshold_gb), gigabytes(plan.estimated_gb)
    source = escape(for_window(plan.threshold_source))
    coefficients = f"{plan.n_coefficients} coefficients"
    if plan.n_coefficients == 1:
        coefficients = "1 coefficient"
    name = f"<b>{plan.strategy.value.capitalize()}</b>"
    amounts = f"about {needed} of {allowed} allowed"
    if not plan.fits:
        amounts = f"this selection needs about {needed}; {allowed} is allowed"
    return f"{name}: {amounts} · {source} · {coefficients}"


def bare_reason(reason: str) -> str:
    """Return why a strategy was chosen, without the numbers that follow.

    The window shows them in a line of their own.
    """
    return re.split(r"; about | \(about ", reason, maxsplit=1)[0]


def remedy_of(plan: Plan, *, out_of_core: bool) -> Strategy | None:
    """Return the fastest strategy that would fit, where the planned one does not.

    Parameters
    ----------
    out_of_core
        Whether the run file lets data stay on disk.
    """
    if plan.fits:
        return None
    for strategy in FRUGAL_ORDER:
        if strategy in ON_DISK and not out_of_core:
            continue
        if plan.estimates.get(strategy, float("inf")) <= plan.threshold_gb:
            return strategy
    return None


def remedy_text(plan: Plan, strategy: Strategy) -> str:
    """Return the text of the button that takes another strategy."""
    needed = gigabytes(plan.estimates[strategy])
    if strategy in ON_DISK:
        return f"Fit out of core ({needed})"
    return f"Use {strategy.value} ({needed})"


def estimates_html(plan: Plan, theme: Theme) -> str:
    """Return what each strategy would need, the planned one in bold."""
    rows = []
    for strategy in FRUGAL_ORDER:
        if strategy not in plan.estimates:
            continue
        needed = plan.estimates[strategy]
        fits = needed <= plan.threshold_gb
        remark = (
            tinted("fits", theme.muted) if fits else tinted("⚠ too much", theme.warn)
        )
        name, amount = strategy.value, gigabytes(needed)
        if strategy is plan.strategy:
            name, amount = f"<b>{name}</b>", f"<b>{amount}</b>"
        rows.append(cells(name, amount, remark))
    return table(rows)

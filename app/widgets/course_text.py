"""How a fit went, as rich text: strategy, phases, attempts, advice after a failure."""

from collections.abc import Collection, Mapping, Sequence
from html import escape

from app.documents.fit_record import FitRecord
from app.theme import Theme
from app.widgets.plan_text import bare_reason, gigabytes
from app.widgets.rich_text import cells, table, tinted, title
from app.wording import sentence, with_symbols
from engine.result import Attempt, Diagnosis, FitResult, PhaseRecord
from engine.units import format_duration

ATTEMPT_LINK = "attempt:"
"""Links that open and close an attempt start so; the index follows."""
_MARKS = {"converged": ("✓", "good"), "skipped": ("○", "muted")}
_OUTCOMES = {"not_converged": "not converged", "cancelled": "stopped"}


def strategy_facts(result: FitResult) -> tuple[tuple[str, str], ...]:
    """Return (label, text) of where the data lived, why, and the memory it took."""
    strategy = result.strategy
    return (
        ("strategy", f"{strategy.name}: {bare_reason(strategy.reason)}"),
        (
            "memory",
            f"{gigabytes(strategy.estimated_gb)} estimated, "
            f"{gigabytes(result.peak_rss_gb)} at the peak; "
            f"{gigabytes(strategy.threshold_gb)} allowed",
        ),
    )


def diagnosis_html(
    diagnosis: Diagnosis | None, said: str, symbols: Mapping[str, str]
) -> str:
    """Return what kind of failure it was and a list of what can be done.

    Parameters
    ----------
    said
        What has been said already and need not be said again.
    symbols
        Of the parameters, by name.
    """
    if diagnosis is None:
        return ""
    message = ""
    if diagnosis.message.strip() != said.strip():
        text = with_symbols(sentence(diagnosis.message), symbols)
        message = f'<p style="margin:4px 0 0 0">{escape(text)}</p>'
    return message + _list(
        [with_symbols(sentence(advice), symbols) for advice in diagnosis.advice]
    )


def phases_html(result: FitResult, theme: Theme) -> str:
    """Return time, steps and passes of every phase; nothing where none is recorded."""
    if not result.phases:
        return ""
    heading = cells(
        *(tinted(t, theme.muted) for t in ("phase", "time", "steps", "passes"))
    )
    rows = [
        cells(
            escape(phase.name),
            format_duration(phase.seconds),
            str(phase.iterations) if phase.iterations else "",
            _passes(phase),
        )
        for phase in result.phases
    ]
    return title("Phases") + table([heading, *rows])


def attempts_html(record: FitRecord, theme: Theme, opened: Collection[int]) -> str:
    """Return the attempts when there was more than one.

    Parameters
    ----------
    opened
        Indices of those shown in full.
    """
    attempts = record.result.strategy.attempts
    if len(attempts) < 2:
        return ""
    parts = [title("Attempts")]
    for i, attempt in enumerate(attempts):
        more = _attempt_details(attempt, record.symbols)
        parts.append(_attempt_line(i, attempt, theme, more, opened=i in opened))
        if i in opened:
            parts.append(more)
    return "".join(parts)


def _attempt_line(
    index: int, attempt: Attempt, theme: Theme, more: str, *, opened: bool
) -> str:
    glyph, tone = _MARKS.get(attempt.outcome, ("⚠", "warn"))
    mark = tinted(glyph, getattr(theme, tone))
    outcome = _OUTCOMES.get(attempt.outcome, attempt.outcome)
    heading = escape(f"{index + 1}. {attempt.strategy}, {outcome}")
    if more:
        arrow = "▾" if opened else "▸"
        heading = (
            f'<a href="{ATTEMPT_LINK}{index}" style="text-decoration:none">'
            f"{heading} {arrow}</a>"
        )
    reason = escape(sentence(attempt.reason))
    return f'<p style="margin:3px 0 0 0">{mark} {heading}<br>{reason}</p>'


def _attempt_details(attempt: Attempt, symbols: Mapping[str, str]) -> str:
    changes = [sentence(a) for a in attempt.actions]
    if attempt.cost is not None:
        changes.append(f"Cost at its end: {attempt.cost:.6g}.")
    return _list(changes) + diagnosis_html(attempt.diagnosis, attempt.reason, symbols)


def _passes(phase: PhaseRecord) -> str:
    """Return the passes over all pixels and over the coarse grid."""
    full, coarse = phase.full_passes, phase.coarse_passes
    parts = [str(full)] if full else []
    if coarse:
        parts.append(f"{coarse} coarse")
    return " + ".join(parts)


def _list(sentences: Sequence[str]) -> str:
    """Return sentences with a dot each; lists of Qt do not keep to the margin."""
    rows = [cells("•", escape(text)) for text in sentences]
    return table(rows) if rows else ""

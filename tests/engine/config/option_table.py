"""Options of a fit and parameters as the tables of `docs/reference/run-file.md`.

``python -m tests.engine.config.option_table`` writes them into the page.
"""

from pathlib import Path

from engine.config.bounds import default_bounds
from engine.config.fields import NLSQ, Field, NoEffect, NotYet, To
from engine.config.known_keys import inert_patterns
from engine.config.origin import Origin
from engine.config.table import FIELDS
from engine.models.specs import LAMINAR_FLOW
from engine.units import format_number

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "run-file.md"
BEGIN, END = (
    "<!-- options: written from engine/config/table.py -->",
    "<!-- /options -->",
)
PARAMETERS = (
    "<!-- parameters: written from engine/models/specs.py, engine/config/bounds.py -->",
    "<!-- /parameters -->",
)
ORIGINS = (Origin.TWOTIME, Origin.HOMODYNE2, Origin.LEGACY)

LAYERS = NLSQ + "anti_degeneracy."


def page(text):
    """Return the text of the page with the tables as they should be."""
    text = with_block(text, (BEGIN, END), tables())
    return with_block(text, PARAMETERS, parameters())


def with_block(text, marks, content):
    begin, end = marks
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2]
    return f"{before}{begin}\n\n{content}\n{end}{after}"


def parameters():
    """Return units, defaults and bounds of every parameter."""
    found = {origin: default_bounds(LAMINAR_FLOW, origin) for origin in ORIGINS}
    about = {p.name: (p.unit, number(p.default)) for p in LAMINAR_FLOW.parameters}
    lines = [
        "| name | unit | start value | bounds | of homodyne 2.x, xpcsjax | "
        "of homodyne-analysis |\n|---|---|---|---|---|---|\n"
    ]
    for name in found[Origin.TWOTIME]:
        unit, start = about.get(name, ("", "from the data"))
        limits = [" to ".join(map(number, found[o][name])) for o in ORIGINS]
        lines.append(f"| `{name}` | {' | '.join([unit, start, *limits])} |\n")
    return "".join(lines)


def number(value):
    return format_number(value).replace("-", "−")


def tables():
    parts = [
        head("effect") + rows(To, leave_out=LAYERS),
        "### Against degeneracy\n\nThe scaling mode and the layers; below the table is "
        "what differs from the archived programs.\n",
        head("effect") + rows(To, only=LAYERS),
        "### Without effect\n\nThese are checked, kept, and do nothing here.\n",
        head("why") + rows(NoEffect),
        "### Not yet active\n\nThese are checked and kept; what they belong to is not "
        "part of this version.\n",
        head("belongs to") + rows(NotYet),
        "### Kept for the original programs\n\nKnown sections and keys whose values "
        "are not even checked. A star stands for everything below it.\n",
        "| why they have no effect | keys |\n|---|---|\n" + inert(),
    ]
    return "\n".join(parts)


def head(last):
    return f"| key | flat name | value | default | {last} |\n|---|---|---|---|---|\n"


def rows(kind, *, only="", leave_out=None):
    sections = {}
    for field in FIELDS:
        wanted = field.path.startswith(only)
        if leave_out is not None:
            wanted = not field.path.startswith(leave_out)
        if wanted and isinstance(field.use, kind):
            section = field.path.rpartition(".")[0]
            sections.setdefault(section, []).append(row(field))
    return "".join(
        f"| **`{name}`** | | | | |\n" + "".join(found)
        for name, found in sections.items()
    )


def inert():
    reasons = {}
    for pattern, reason in inert_patterns().items():
        reasons.setdefault(reason, []).append(f"`{pattern}`")
    return "".join(f"| {why} | {', '.join(keys)} |\n" for why, keys in reasons.items())


def row(field: Field):
    name = field.path.rpartition(".")[2]
    flat = field.flat.removeprefix(NLSQ)
    cells = [
        f"`{name}`",
        f"`{flat}`" if flat else "",
        value(field.kind.expected),
        default(field),
        effect(field),
    ]
    return f"| {' | '.join(cells)} |\n"


def value(expected):
    if expected.startswith("one of "):
        names = expected.removeprefix("one of ").split(", ")
        return ", ".join(f"`{name}`" for name in names)
    for article in ("a ", "the "):
        expected = expected.removeprefix(article)
    return expected


def default(field):
    plain = field.kind.write(field.default)
    if plain is None or plain == {}:
        return "null" if field.null_counts else ""
    if isinstance(plain, bool):
        return str(plain).lower()
    if isinstance(plain, list):
        return ", ".join(plain)
    return f"{plain:g}" if isinstance(plain, float) else str(plain)


def effect(field):
    use = field.use
    if isinstance(use, NotYet):
        return use.what.partition(" is not part")[0].partition(" are not part")[0]
    text = use.meaning if isinstance(use, To) else use.why
    also = ", ".join(f"`{key}`" for key in field.also)
    return text.replace("|", "\\|") + (f"; also {also}" if also else "")


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")

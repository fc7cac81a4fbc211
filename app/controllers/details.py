"""Facts about a run, in words."""

from app.documents.run_document import RunDocument
from app.widgets.notes_panel import Notes

_LAYOUTS = {
    "aps_old": "APS 8-ID (exchange)",
    "aps_u": "APS-U (xpcs/twotime)",
    "nexus": "NeXus NXxpcs",
    "cache": "cached arrays",
    "array": "bare array",
}


def run_details(document: RunDocument) -> tuple[tuple[str, str], ...]:
    """Return (label, text) of what the current run is."""
    data, origin = document.data, document.origin
    frames = f"{data.first_frame}–{data.last_frame} of {data.n_frames_file}"
    rows = [
        ("q", f"{data.q:.6g} Å⁻¹"),
        ("dt", f"{data.dt:.6g} s ({_source(data.dt_source)})"),
        ("frames", frames),
        ("window", f"{data.n_frames * data.dt:.4g} s"),
        ("angles", str(len(data.phi))),
        ("layout", _LAYOUTS.get(data.layout, data.layout)),
        ("file", data.path.name),
    ]
    unused = sum(not key.is_remark for key in origin.ignored)
    notes = len(origin.notes) + len(data.warnings)
    if notes or unused:
        parts = [_count(notes, "note")] if notes else []
        if unused:
            parts.append(_count(unused, "unused key"))
        rows.append(("notes", ", ".join(parts)))
    return tuple(rows)


def run_notes(document: RunDocument) -> Notes:
    """Return what the user should know about how the run was understood."""
    warnings = [("warning", text) for text in document.data.warnings]
    notes = [("note", text) for text in document.origin.notes]
    unused = [
        ("unused", f"{key.path} had no effect: {key.reason}")
        for key in document.origin.ignored
        if not key.is_remark
    ]
    return (*warnings, *notes, *unused)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _source(text: str) -> str:
    """Return who told a value; what the command takes as options is typed here."""
    return text.replace("run file or option", "as given")

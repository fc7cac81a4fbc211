"""What the engine says about options of the command, said for the window.

The engine's sentences name the options that mend a thing (``--phi``); nobody can type
one into a window. Where it is done there depends on whether the run is open already.
"""

import re
from typing import NamedTuple


class _Way(NamedTuple):
    pattern: str
    """Of the engine's words, a regular expression."""
    opening: str
    """Instead, while the run is not open: the run file is all there is."""
    working: str
    """Instead, once it is."""


_PHI = "phi_filtering.target_ranges in the run file"
_FRAMES = "start_frame and end_frame in analyzer_parameters of the run file"
_WAYS = (
    _Way(r"with --set \S+ or as (\S+) in the", r"as \1 in the", r"as \1 in the"),
    _Way(r"with --q or as (\S+) in the", r"as \1 in the", r"as \1 in the"),
    _Way(r" in the run file or by --set", " in the run file", " in the Set-up panel"),
    _Way(
        r"\((\S+) or --q\)", r"(\1 in the run file)", "(the wavevector in the Set-up)"
    ),
    _Way(
        r"change --q or ([\w.]+)",
        r"change \1 in the run file",
        "choose another q in the Set-up panel",
    ),
    _Way(
        r"change --frames, or start_frame and end_frame in analyzer_parameters",
        f"change {_FRAMES}",
        "change Frames in the Set-up panel",
    ),
    _Way(
        r"choose a longer range with --frames",
        f"choose a longer range with {_FRAMES}",
        "choose a longer range of Frames in the Set-up panel",
    ),
    _Way(
        r"change --phi or phi_filtering\.target_ranges",
        f"change {_PHI}",
        "change the ranges in the Angles panel",
    ),
    _Way(
        r"leave (it|them) out with --phi \"[^\"]*\"",
        rf"leave \1 out with {_PHI}",
        r"leave \1 out: untick the box over its map",
    ),
    _Way(
        r"choose fewer angles with --phi or fewer frames with --frames",
        f"choose fewer angles with {_PHI}, or fewer frames with {_FRAMES}",
        "choose fewer angles or frames",
    ),
    _Way(
        r"(name|choose) another (place|name)(, or --overwrite| with --out)",
        "choose another folder",
        "choose another folder",
    ),
    _Way(
        r"give --set \S+=VALUE",
        "correct it under “Give values”",
        "correct it in the Set-up panel",
    ),
    _Way(
        r"choose with --scaling or (\S+)",
        r"choose with \1 in the run file",
        "choose another Scaling in the Set-up panel",
    ),
    _Way(r"--set ", "", ""),
    # What is not known here: no advice is better than one that cannot be followed.
    _Way(r";[^;]*\s--[a-z][^;]*$", "", ""),
)


def for_window(sentence: str, *, opening: bool = False) -> str:
    """Return a sentence of the engine with the ways of the window to mend it.

    Parameters
    ----------
    opening
        Whether the sentence is about a run that could therefore not be opened.
    """
    for way in _WAYS:
        said = way.opening if opening else way.working
        sentence = re.sub(way.pattern, said, sentence)
    return sentence

"""What the engine says about options of the command, said for the window.

The engine's sentences name the options that mend a thing (``--phi``); nobody can type
one into a window. Where it is done there depends on whether the run is open already.
"""

import re
from collections.abc import Mapping
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
    _Way(
        r"raise memory_fraction or memory_threshold_gb",
        "raise memory_fraction or memory_threshold_gb in the run file",
        "raise the limit of memory in the Set-up panel",
    ),
    _Way(
        r"give memory_fraction in the run file",
        r"\g<0>",
        "give the limit of memory in the Set-up panel",
    ),
    _Way(
        r"^memory_fraction is (\S+); expected a number from (\S+) to (\S+)$",
        r"\g<0>",
        r"the limit of memory is \1; expected a fraction from \2 to \3, or choose GB",
    ),
    _Way(
        r"^memory_threshold_gb is (\S+); expected",
        r"\g<0>",
        r"the limit of memory is \1; expected",
    ),
    _Way(r" \(memory_fraction\)", "", ""),
    _Way(r"^memory_threshold_gb$", "limit of the run file", "limit as set here"),
    _Way(
        r"add --strategy streaming, or leave --resume out",
        r"\g<0>",
        "choose the strategy streaming in the Set-up panel, or start anew",
    ),
    _Way(
        r"there is no checkpoint at .+?, so nothing to resume",
        r"\g<0>",
        "what the interrupted fit had noted is not there any more",
    ),
    # The file has a name that tells the user nothing.
    _Way(
        r"the checkpoint .+? (belongs|cannot|is|was) ", r"\g<0>", r"its checkpoint \1 "
    ),
    _Way(r"remove it and run the fit without --resume", r"\g<0>", "start anew"),
    _Way(r"run the fit without --resume", r"\g<0>", "start anew"),
    _Way(
        r"Check the data file with twotime inspect\.",
        r"\g<0>",
        "Look in the Notes panel at what was found in the data file.",
    ),
    _Way(
        r"with twotime selftest",
        "by twotime selftest in a terminal",
        "by twotime selftest in a terminal",
    ),
    _Way(
        r"raise the limit, max_iterations",
        r"\g<0>",
        "raise max_iterations in the run file",
    ),
    _Way(
        r"Leave the start values out, to have them estimated from the data",
        r"\g<0>",
        "Tick “Estimate start values” in the Set-up panel",
    ),
    _Way(
        r"leave them out to have them estimated",
        r"\g<0>",
        "tick “Estimate start values” in the Set-up panel",
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


def sentence(text: str, *, opening: bool = False) -> str:
    """Return words of the engine as a sentence with a capital and a full stop.

    Parameters
    ----------
    opening
        As in `for_window`.
    """
    text = for_window(text.strip(), opening=opening)
    if not text:
        return ""
    # A name of a file or a parameter at the beginning stays as it is.
    if text.split()[0].isalpha():
        text = text[0].upper() + text[1:]
    return text if text[-1] in ".!?" else f"{text}."


def with_symbols(text: str, symbols: Mapping[str, str]) -> str:
    """Return a sentence with the parameters called as everywhere in the window."""
    return re.sub(r"\w+", lambda word: symbols.get(word[0], word[0]), text)


def parameter_sentence(text: str, symbols: Mapping[str, str]) -> str:
    """Return words of the engine about parameters as a sentence with their symbols.

    Parameters
    ----------
    symbols
        By name; one at the beginning is not made a capital.
    """
    begins = re.match(r"\w+", text.strip())
    if begins is not None and begins[0] in symbols:
        # A word the capital may be given to, which is taken away again.
        said = sentence(f"x {text.strip()}")[2:]
    else:
        said = sentence(text)
    return with_symbols(said, symbols)

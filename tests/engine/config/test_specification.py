"""The table against the list of archived options in the specification."""

import re
from pathlib import Path

import pytest

from engine.config.fields import NLSQ, To
from engine.config.run_file import run_file_from_tree
from engine.config.settings import put
from engine.config.table import FIELDS
from engine.errors import RunFileError

SPEC = Path(__file__).resolve().parents[3].parent / "shared" / "spec" / "config.md"
pytestmark = pytest.mark.skipif(
    not SPEC.exists(), reason="the shared specification is not here"
)
OURS = {
    "loss": "linear",
    "max_iterations": 200,
    "ftol": None,
    "xtol": None,
    "gtol": None,
    "streaming_chunk_size": None,
    "target_chunk_size": None,
    "hybrid_chunk_size": None,
    "hybrid_warmup_iterations": None,
    "hybrid_checkpoint_frequency": None,
    "per_angle_mode": "individual",
    "group_variance_lambda": None,
}
"""Defaults that differ from the original's on purpose."""
WRONG = {
    "bool": ["perhaps", 2],
    ">0": [0, -1, "x"],
    ">0 int": [0, -1, 1.5],
    ">0 or null": [0, -1],
    "≥0": [-1, "x"],
    "≥1": [0, -1],
    "(0,1)": [0, 1, -0.5, 1.5],
    "(0,1]": [0, 1.1],
    "int": [1.5, "x"],
    "0,1,2": [3, -1, "loud"],
    "dict name→float": [3, {"D0": "x"}],
}


def rows():
    """(flat, nested, default, allowed) of every row of the specification."""
    if not SPEC.exists():
        return []
    text = SPEC.read_text("utf-8").split("## 3.")[1].split("## 4.")[0]
    found = []
    for line in text.splitlines():
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) < 4 or not cells[0].startswith("`"):
            continue
        flats = re.findall(r"\w+", cells[0])
        if "/" in cells[0]:
            last = ["ftol", "xtol", "gtol"]
            flats = [f"cmaes_refinement_{t}" for t in last]
            paths = [f"cmaes.refinement_{t}" for t in last]
        else:
            paths = [re.findall(r"[\w.]+", cells[1])[0]]
        for flat, path in zip(flats, paths, strict=False):
            found.append((flat, path, cells[2], cells[3]))
    return found


ROWS = rows()
IDS = [row[0] for row in ROWS]


def opened(key, value):
    tree: dict = {"data_file": "a.npy", "twotime": {"format_version": 1}}
    put(tree, NLSQ + key, value)
    return run_file_from_tree(tree, path=None, settings={})


def test_the_whole_specification_was_read():
    assert len(ROWS) > 90


@pytest.mark.parametrize(("flat", "path", "default", "allowed"), ROWS, ids=IDS)
def test_names_and_default(flat, path, default, allowed):
    del allowed
    (field,) = [f for f in FIELDS if f.path == NLSQ + path]
    assert NLSQ + flat in field.spellings
    written = field.kind.write(field.default)
    if flat in OURS:
        assert written == OURS[flat]
    else:
        said = default.split(" ")[0]
        plain = {"true": True, "false": False, "null": None}.get(said, said)
        if flat == "x_scale_map":
            plain = None
        elif isinstance(plain, str) and plain[0].isdigit():
            plain = float(plain)
        assert (written or None) == (plain or None)


@pytest.mark.parametrize(("flat", "path", "default", "allowed"), ROWS, ids=IDS)
def test_what_is_allowed(flat, path, default, allowed):
    del default
    names = [n for n in re.split(r", ", allowed) if n]
    if allowed in WRONG:
        wrong = WRONG[allowed]
    elif allowed == "jac, list[float], scalar, null":
        wrong = ["jak", 0]
    elif allowed == "as loss":
        wrong = ["hubert", 1]
    elif "free text" in allowed:
        wrong = [1]
    elif not allowed:
        wrong = ["x"]
    else:
        wrong = ["nonsense", 1]
        for name in names:
            assert "expected" not in str(opened(path, name).notes)
    for key in (flat, path):
        for value in wrong:
            with pytest.raises(RunFileError, match=re.escape(NLSQ + key)):
                opened(key, value)


@pytest.mark.parametrize(("flat", "path", "default", "allowed"), ROWS, ids=IDS)
def test_every_field_has_an_effect_or_says_why_not(flat, path, default, allowed):
    del default, allowed
    (field,) = [f for f in FIELDS if f.path == NLSQ + path]
    if path.startswith(("multi_start", "cmaes")):
        assert field.reason is not None
        assert field.reason.startswith("not yet active: ")
    elif flat not in {
        "workflow",
        "goal",
        "enable_stratified",
        "hybrid_warmup_learning_rate",
        "hybrid_warmup_lr_refinement",
        "hybrid_warmup_lr_careful",
        "quality_warn_on_max_restarts",
    }:
        assert isinstance(field.use, To)

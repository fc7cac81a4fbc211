from pathlib import Path

import pytest

from engine.config.run_file import (
    Origin,
    dump_tree,
    load_run_file,
    resolved_tree,
)
from engine.conventions import Convention
from engine.setup import PhiRange, Scaling

ARCHIVE = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "archived"
pytestmark = pytest.mark.skipif(
    not ARCHIVE.is_dir(), reason="the archived configurations are not here"
)


@pytest.fixture
def c020():
    return load_run_file(ARCHIVE / "c020_legacy.json", {})


@pytest.fixture
def simon():
    return load_run_file(ARCHIVE / "simon_legacy.json", {})


def test_c020(c020):
    request, setup = c020.request, c020.setup
    assert c020.origin is Origin.LEGACY
    assert setup.convention is Convention.LEGACY
    assert (request.first_frame, request.last_frame) == (1001, 2000)
    assert (request.q, request.dt, setup.gap) == (0.0054, 0.1, 2e6)
    assert setup.model == "laminar_flow"
    assert setup.parameters.values == (
        23312.0,
        -0.8,
        1070.0,
        0.0006,
        -0.4,
        -0.00005,
        1.0,
    )
    assert setup.start_given
    assert setup.parameters["D0"].lower == 0.001
    assert setup.phi.ranges == (PhiRange(-10.0, 10.0), PhiRange(170.0, 190.0))
    assert setup.phi.fallback_to_all
    assert setup.scaling is Scaling.AUTO


def test_simon(simon):
    request, setup = simon.request, simon.setup
    assert setup.convention is Convention.LEGACY
    assert setup.model == "static"
    assert setup.parameters.values == (16000.0, -1.5, 3.0)
    assert not any(p.fixed for p in setup.parameters)
    assert (request.first_frame, request.last_frame) == (400, 1000)
    assert (request.q, request.dt) == (0.0237, 0.5)
    assert setup.phi.ranges == ()


@pytest.mark.parametrize("name", ["c020", "simon"])
def test_said_and_known(name, request):
    run = request.getfixturevalue(name)
    assert any("In Twotime legacy changes the sinc alone" in n for n in run.notes)
    assert [k.path for k in run.ignored if "not known" in k.reason] == []


@pytest.mark.parametrize("name", ["c020", "simon"])
def test_written_and_read_again(name, request, tmp_path):
    run = request.getfixturevalue(name)
    tree = resolved_tree(run, request=run.request, setup=run.setup)
    path = tmp_path / "run.yaml"
    path.write_text(dump_tree(tree), encoding="utf-8")
    again = load_run_file(path, {})
    assert again.origin is Origin.TWOTIME
    assert (again.request, again.setup) == (run.request, run.setup)
    assert again.notes == ()
    assert again.raw["output_settings"] == run.raw["output_settings"]

from pathlib import Path

import pytest

from engine.config.run_file import Origin, load_run_file, run_file_from_tree
from engine.conventions import Convention
from engine.errors import RunFileError
from engine.setup import Loss, Scaling
from tests.engine.config.helpers import ARCHIVED, DATA, NEW, opened

LEGACY = DATA + "analyzer_parameters: {temporal: {dt: 0.1}}\n"


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        (NEW + ARCHIVED, Origin.TWOTIME),
        (NEW + LEGACY, Origin.TWOTIME),
        (LEGACY, Origin.LEGACY),
        (ARCHIVED, Origin.HOMODYNE2),
        (DATA + "analysis_mode: static\n", Origin.HOMODYNE2),
        ("data_file: run.h5\n", Origin.HOMODYNE2),
        (DATA, Origin.NEW),
        (DATA + "analyzer_parameters: {dt: 0.1}\nnoise: {sigma: 0.01}\n", Origin.NEW),
    ],
)
def test_who_wrote_it(tmp_path, text, origin):
    assert opened(tmp_path, text).origin is origin


@pytest.mark.parametrize(
    ("text", "convention", "loss", "d0_upper"),
    [
        (NEW + DATA, Convention.LITERATURE, Loss.LINEAR, 1e10),
        (DATA, Convention.LITERATURE, Loss.LINEAR, 1e10),
        (ARCHIVED, Convention.HOMODYNE2, Loss.SOFT_L1, 1e5),
        (LEGACY, Convention.LEGACY, Loss.SOFT_L1, 1e6),
    ],
)
def test_defaults_follow_the_writer(tmp_path, text, convention, loss, d0_upper):
    setup = opened(tmp_path, text, analysis_mode="laminar_flow").setup
    assert setup.convention is convention
    assert setup.loss is loss
    assert setup.parameters["D0"].upper == d0_upper


def test_archived_runs_say_what_was_assumed(tmp_path):
    notes = " ".join(opened(tmp_path, "analysis_mode: flow\n" + ARCHIVED).notes)
    assert "homodyne2 convention" in notes
    assert "soft_l1" in notes
    assert "twotime.format_version" in notes


def test_new_runs_have_nothing_to_say(tmp_path):
    assert opened(tmp_path, NEW + DATA).notes == ()


def test_legacy_runs_say_that_only_the_sinc_changes(tmp_path):
    notes = " ".join(opened(tmp_path, LEGACY).notes)
    assert "In Twotime legacy changes the sinc alone" in notes
    assert "first frame" in notes


@pytest.mark.parametrize("start", [NEW + DATA, ARCHIVED, LEGACY])
def test_convention_of_the_file_decides(tmp_path, start):
    run = opened(tmp_path, start, analyzer_parameters__shear_convention="homodyne2")
    assert run.setup.convention is Convention.HOMODYNE2


def test_another_convention_converts_nothing_by_itself(tmp_path):
    """A homodyne 2.x file read as literature: its γ̇ are 2.22 times too large there."""
    flow = "analysis_mode: laminar_flow\n" + ARCHIVED
    run = opened(tmp_path, flow, analyzer_parameters__shear_convention="literature")
    (note,) = [n for n in run.notes if "taken as written" in n]
    assert "multiply them by 0.45016" in note
    same = opened(tmp_path, flow, analyzer_parameters__shear_convention="homodyne2")
    assert not [n for n in same.notes if "taken as written" in n]


def test_unknown_format_version(tmp_path):
    with pytest.raises(RunFileError, match=r"twotime\.format_version is 2; expected 1"):
        opened(tmp_path, "twotime: {format_version: 2}\n" + DATA)


@pytest.mark.parametrize("name", ["a.h5", "a.hdf", "a.HDF5", "a.nxs", "a.npy", "a.npz"])
def test_data_file_alone_by_name(tmp_path, name):
    run = load_run_file(tmp_path / name, {})
    assert run.path is None
    assert run.origin is Origin.NEW
    assert run.request.file == tmp_path / name
    assert run.setup.model == "static"
    assert run.setup.start_given is False
    assert run.setup.convention is Convention.LITERATURE
    assert run.setup.scaling is Scaling.INDIVIDUAL
    assert run.notes == ()
    assert run.ignored == ()


@pytest.mark.parametrize(
    "head", [b"\x89HDF\r\n\x1a\n", b"\0" * 512 + b"\x89HDF\r\n\x1a\n", b"\x93NUMPY"]
)
def test_data_file_alone_by_content(tmp_path, head):
    path = tmp_path / "measurement.dat"
    path.write_bytes(head + b"\0" * 100)
    assert load_run_file(path, {}).request.file == path


def test_settings_do_not_make_a_data_file_an_archived_run(tmp_path):
    run = load_run_file(
        tmp_path / "a.h5",
        {
            "analysis_mode": "laminar_flow",
            "analyzer_parameters.start_frame": "2",
            "analyzer_parameters.end_frame": "9",
            "optimization.nlsq.loss": "huber",
        },
    )
    assert run.origin is Origin.NEW
    assert run.setup.convention is Convention.LITERATURE
    assert run.setup.scaling is Scaling.AUTO
    assert (run.request.first_frame, run.request.last_frame) == (2, 9)


def test_relative_data_file_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_run_file(Path("a.h5"), {}).request.file == tmp_path / "a.h5"


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(RunFileError, match="this is a folder"):
        load_run_file(tmp_path, {})


def test_tree_without_a_file_starts_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tree = {"experimental_data": {"file_path": "a.h5"}}
    run = run_file_from_tree(tree, path=None, settings={})
    assert run.request.file == tmp_path / "a.h5"
    assert run.raw == tree
    assert run.raw is not tree

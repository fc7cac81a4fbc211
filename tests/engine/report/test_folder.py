"""The result folder: complete or not there at all."""

import csv
import errno
import json
import sys
from pathlib import Path

import pytest

from engine.errors import OutputError
from engine.report import folder as module
from engine.report import place
from engine.report.folder import (
    default_folder,
    used_request,
    used_setup,
    write_result_folder,
)
from engine.report.place import check_destination
from engine.result import State
from tests.engine.report.fixtures import DT, PARAMETERS, Q, fit_result

FILES = {
    "result.json", "run.yaml", "fit.h5", "parameters.csv", "fit.png", "log.txt",
}  # fmt: skip


def contents(folder):
    return {path.name for path in folder.iterdir()}


def fail_with(number, where):
    def refuse(*_args, **_settings):
        raise OSError(number, where)

    return refuse


@pytest.fixture(autouse=True)
def quick_figure(monkeypatch):
    """Do not draw: that takes longer than everything else here together."""
    monkeypatch.setattr(
        module, "write_figure", lambda path, panels, **_: path.write_text(f"{panels}")
    )


def old_result(folder, text="{}"):
    folder.mkdir()
    (folder / "result.json").write_text(text)
    return folder


def test_folder_is_complete(tmp_path, finished):
    target = tmp_path / "run_result"
    assert write_result_folder(target, **finished) == target
    assert contents(target) == FILES
    assert contents(tmp_path) == {"run_result"}
    record = json.loads((target / "result.json").read_text(encoding="utf-8"))
    assert record["parameters"]["D0"]["value"] == 19000.0
    assert (target / "fit.png").read_text().count("Panel(") == 3
    assert (target / "log.txt").read_text(encoding="utf-8") == "a line\n"


def test_table_of_parameters(tmp_path, finished):
    target = write_result_folder(tmp_path / "out", **finished)
    with (target / "parameters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == [p.name for p in PARAMETERS]
    assert list(rows[0])[:7] == [
        "name", "value", "stderr", "unit", "lower", "upper", "fixed",
    ]  # fmt: skip
    assert float(rows[1]["value"]) == -0.7
    assert float(rows[1]["stderr"]) == 0.0123
    assert rows[0]["unit"] == "Å²/s"
    assert rows[4]["stderr"] == ""
    assert [row["fixed"] for row in rows] == ["false"] * 5 + ["true", "false"]
    assert [row["convention"] for row in rows if row["convention"]] == (
        ["literature"] * 2
    )


def test_table_of_parameters_says_how_the_fit_ended(tmp_path, finished):
    finished["result"] = fit_result(finished["data"], state=State.CANCELLED)
    target = write_result_folder(tmp_path / "out", **finished)
    with (target / "parameters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["cancelled"] * len(PARAMETERS)
    assert list(rows[0])[-2:] == ["state", "stderr_robust"]


def test_run_file_has_what_was_used(finished):
    run_file, data = finished["run_file"], finished["data"]
    request = used_request(run_file, data)
    assert (request.q, request.dt) == (Q, DT)
    assert (request.first_frame, request.last_frame) == (11, 51)
    setup = used_setup(run_file.setup, finished["result"])
    assert setup.start_given
    assert setup.parameters["D0"].value == 1.2e4


def test_missing_parents_are_made(tmp_path, finished):
    target = tmp_path / "a" / "b" / "out"
    write_result_folder(target, **finished)
    assert contents(target) == FILES


def test_existing_results_are_kept_under_the_next_number(tmp_path, finished):
    target = tmp_path / "out"
    old_result(target, "first")
    write_result_folder(target, **finished)
    write_result_folder(target, **finished)
    assert contents(tmp_path) == {"out", "out.1", "out.2"}
    assert (tmp_path / "out.1" / "result.json").read_text() == "first"
    assert contents(tmp_path / "out.2") == contents(target) == FILES


def test_where_an_existing_result_went_is_told(tmp_path, finished):
    target, told = tmp_path / "out", []
    write_result_folder(target, on_moved=told.append, **finished)
    assert told == []
    write_result_folder(target, on_moved=told.append, **finished)
    write_result_folder(target, on_moved=told.append, overwrite=True, **finished)
    assert told == [tmp_path / "out.1"]


def with_notes(folder):
    """An old result with files of the user's in it."""
    old_result(folder, "first")
    (folder / "fit.png").write_text("old picture")
    (folder / "notes.md").write_text("mine")
    (folder / "figures" / "deep").mkdir(parents=True)
    (folder / "figures" / "deep" / "1.svg").write_text("drawn")
    return folder


@pytest.mark.parametrize("linked", [True, False])
def test_overwrite_replaces_the_result_and_nothing_else(
    tmp_path, finished, monkeypatch, linked
):
    if not linked:
        monkeypatch.setattr(place.os, "link", fail_with(errno.EPERM, "not here"))
    target = with_notes(tmp_path / "out")
    write_result_folder(target, overwrite=True, **finished)
    assert contents(tmp_path) == {"out"}
    assert contents(target) == FILES | {"notes.md", "figures"}
    assert (target / "notes.md").read_text() == "mine"
    assert (target / "figures" / "deep" / "1.svg").read_text() == "drawn"
    assert (target / "fit.png").read_text() != "old picture"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_links_stay_links(tmp_path, finished):
    target = with_notes(tmp_path / "out")
    (target / "latest").symlink_to("notes.md")
    (target / "gone").symlink_to("nowhere")
    (target / "all").symlink_to("figures")
    write_result_folder(target, overwrite=True, **finished)
    assert (target / "latest").read_text() == "mine"
    assert all((target / name).is_symlink() for name in ("latest", "gone", "all"))


def test_overwrite_that_fails_leaves_the_notes(tmp_path, finished, monkeypatch):
    target = with_notes(tmp_path / "out")
    before = contents(target)
    rename = Path.rename

    def refuse(self, to):
        if self.name.startswith(".") and (self / "log.txt").exists():
            assert (self / "notes.md").read_text() == "mine"
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OutputError):
        write_result_folder(target, overwrite=True, **finished)
    assert contents(tmp_path) == {"out"}
    assert contents(target) == before
    assert (target / "notes.md").read_text() == "mine"
    assert (target / "figures" / "deep" / "1.svg").read_text() == "drawn"


def test_a_result_is_what_is_written(tmp_path, finished):
    write_result_folder(tmp_path / "out", **finished)
    assert contents(tmp_path / "out") == set(place.FILES)


def test_an_empty_folder_is_used_as_it_is(tmp_path, finished):
    (tmp_path / "out").mkdir()
    write_result_folder(tmp_path / "out", **finished)
    assert contents(tmp_path) == {"out"}


@pytest.mark.parametrize(
    "step", ["write_json", "write_parameters", "write_h5", "write_figure", "dump_tree"]
)
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_full_disk_leaves_everything_as_it_was(
    tmp_path, finished, monkeypatch, step, overwrite
):
    old_result(tmp_path / "out", "first")
    refuse = fail_with(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr(module, step, refuse)
    with pytest.raises(OutputError) as failure:
        write_result_folder(tmp_path / "out", overwrite=overwrite, **finished)
    assert str(failure.value) == (
        f"cannot write the result folder {tmp_path / 'out'}: No space left on device; "
        "name another place with --out"
    )
    assert contents(tmp_path) == {"out"}
    assert (tmp_path / "out" / "result.json").read_text() == "first"


def test_a_failure_inside_made_parents_removes_them(tmp_path, finished, monkeypatch):
    monkeypatch.setattr(module, "write_h5", fail_with(errno.EIO, "Input/output error"))
    with pytest.raises(OutputError, match="Input/output error"):
        write_result_folder(tmp_path / "a" / "b" / "out", **finished)
    assert contents(tmp_path) == set()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_an_abort_leaves_nothing_either(tmp_path, finished, monkeypatch, error):
    def abort(*_args, **_settings):
        raise error

    monkeypatch.setattr(module, "write_figure", abort)
    with pytest.raises(error):
        write_result_folder(tmp_path / "out", **finished)
    assert contents(tmp_path) == set()


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_failing_last_rename_puts_the_old_result_back(
    tmp_path, finished, monkeypatch, overwrite
):
    old_result(tmp_path / "out", "first")
    rename = Path.rename

    def fail_into_place(self, target):
        finished_one = (self / "log.txt").exists()
        if finished_one and target.name == "out":
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_into_place)
    with pytest.raises(OutputError):
        write_result_folder(tmp_path / "out", overwrite=overwrite, **finished)
    assert contents(tmp_path) == {"out"}
    assert (tmp_path / "out" / "result.json").read_text() == "first"


def test_a_file_in_the_way_is_named(tmp_path, finished):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(OutputError, match="a file of that name exists"):
        write_result_folder(tmp_path / "out", **finished)
    assert (tmp_path / "out").read_text() == "a file"


def test_a_folder_that_cannot_be_looked_into_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "iterdir", fail_with(errno.EACCES, "Permission denied"))
    with pytest.raises(OutputError, match="Permission denied"):
        check_destination(tmp_path)


@pytest.mark.parametrize("overwrite", [True, False])
def test_the_folder_of_the_data_is_never_moved(tmp_path, finished, overwrite):
    with pytest.raises(OutputError, match="holds the input"):
        write_result_folder(tmp_path, overwrite=overwrite, **finished)
    with pytest.raises(OutputError, match="the present folder"):
        check_destination(Path.cwd())


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_that_is_no_result_is_left_alone(tmp_path, finished, overwrite):
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter.tex").touch()
    with pytest.raises(OutputError, match="holds no result of Twotime"):
        check_destination(thesis)
    with pytest.raises(OutputError, match="holds no result of Twotime"):
        write_result_folder(thesis, overwrite=overwrite, **finished)
    assert contents(tmp_path) == {"thesis"}
    assert contents(thesis) == {"chapter.tex"}


def test_a_place_that_cannot_be_written_is_found_before_the_fit(tmp_path, monkeypatch):
    check_destination(tmp_path / "new" / "out")
    assert contents(tmp_path) == set()
    monkeypatch.setattr(Path, "mkdir", fail_with(errno.EROFS, "Read-only file system"))
    with pytest.raises(OutputError, match=r"Read-only file system; .* --out"):
        check_destination(tmp_path / "new" / "out")


def test_default_folder_is_beside_the_run():
    assert default_folder(Path("a/run.yaml")) == Path("a/run_result")
    assert default_folder(Path("x.y.h5")) == Path("x.y_result")

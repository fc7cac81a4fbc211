"""``twotime fit``: options, output, exit codes."""

import errno
import json
import os
import signal

import pytest

from engine import api
from engine.cli import fit as fit_module
from engine.cli import main as main_module
from engine.errors import CancelledError, DataError, OutputError
from engine.result import State
from engine.setup import Loss, PhiRange, Scaling, Strategy


def names(folder):
    return {path.name for path in folder.iterdir()}


INPUTS = {"run.npy", "run.yaml"}


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.CONVERGED, 0),
        (State.NOT_CONVERGED, 1),
        (State.FAILED, 1),
        (State.CANCELLED, 130),
    ],
)
def test_exit_code_says_how_it_ended_and_the_result_is_written(
    run, engine, twotime, state, code
):
    engine["state"] = state
    assert twotime("fit", run)[0] == code
    record = json.loads((run.parent / "run_result" / "result.json").read_text("utf-8"))
    assert record["status"]["state"] == state.value


def test_table_warnings_and_folder_are_shown(run, engine, twotime):
    del engine
    code, out, err = twotime("fit", run)
    assert (code, err) == (0, "")
    for text in (
        "  standard: 0.4 GB of 17 GB\n",
        "Refining",
        "  coarse iteration 1, cost 99",
        "  iteration 2, cost 98, EDM 0.01",
        "step rejected",
        "about 1.0 s to 2.0 s left",
        "1.940(16)×10⁻³ s⁻¹ [literature]",
        "in homodyne2:",
        "warning: Mind the gap.",
        f"result written to {run.parent / 'run_result'}",
    ):
        assert text in out
    assert "\r" not in out


def test_log_has_what_was_said_with_times(run, engine, twotime):
    del engine
    twotime("fit", run, "--quiet")
    log = (run.parent / "run_result" / "log.txt").read_text("utf-8")
    assert "s  Reading data" in log
    assert "iteration 1, cost 99" in log
    assert "[literature]" in log


def test_quiet_says_nothing(run, engine, twotime):
    del engine
    assert twotime("fit", run, "--quiet") == (0, "", "")


def test_json_lines(run, engine, twotime):
    del engine
    code, out, err = twotime("fit", run, "--json")
    assert (code, err) == (0, "")

    def refuse(literal):
        raise AssertionError(literal)

    events = [json.loads(line, parse_constant=refuse) for line in out.splitlines()]
    names = "phase phase happened pass phase step step step result"
    assert [e["event"] for e in events] == names.split()
    assert events[0]["phase"] == "Reading data"
    assert events[2] == {
        "event": "happened",
        "what": "routed",
        "message": "standard: 0.4 GB of 17 GB",
        "details": {"gb": 0.4},
        "elapsed_s": 0.1,
    }
    assert events[3] == {"event": "pass", "fraction": 0.5, "elapsed_s": 0.1}
    steps = events[5:8]
    assert [step["coarse"] for step in steps] == [False, True, False]
    assert steps[0]["edm"] is None
    assert steps[1]["accepted"] is False
    assert steps[1]["values"]["phi0"] == 2.0
    assert steps[2]["eta_s"] == [1.0, 2.0]
    result = events[-1]
    assert result["checkpoint"] is None
    assert result["format"] == "twotime-result"
    assert result["parameters"]["D0"]["value"] == 19000.0
    assert result["folder"] == str(run.parent / "run_result")


def test_options_reach_the_setup(run, engine, twotime):
    code, _, err = twotime(
        "fit", run, "--phi", "-10:10,80:100", "--frames", "5:30", "--q", "0.0054",
        "--convention", "homodyne2", "--scaling", "averaged", "--loss", "huber",
        "--strategy", "standard", "--start", "D0=2e4", "--start", "gamma_dot_0=0.003",
        "--fix", "D_offset=0", "--fix", "beta", "--bounds", "alpha=-1.5:0",
        "--bounds", "D0=:", "--set", "analyzer_parameters.dt=0.2",
        "--set", "optimization.nlsq.max_iterations=7",
    )  # fmt: skip
    assert (code, err) == (0, "")
    setup, data = engine["setup"], engine["data"]
    assert data.phi.tolist() == pytest.approx([-5.79, 4.88, 90.01])
    assert (data.first_frame, data.last_frame, data.dt) == (5, 30, 0.2)
    assert setup.convention == "homodyne2"
    assert setup.scaling is Scaling.AVERAGED
    assert setup.loss is Loss.HUBER
    assert setup.strategy is Strategy.STANDARD
    assert setup.tolerances.max_iterations == 7
    p = {x.name: x for x in setup.parameters}
    assert p["D0"].value == 2e4
    assert (p["D0"].lower, p["D0"].upper) == (-float("inf"), float("inf"))
    assert p["gamma_dot_t0"].value == 0.003
    assert (p["D_offset"].value, p["D_offset"].fixed) == (0.0, True)
    assert (p["beta"].value, p["beta"].fixed) == (0.0, True)
    assert (p["alpha"].lower, p["alpha"].upper) == (-1.5, 0.0)
    written = api.open_run(run.parent / "run_result" / "run.yaml")
    assert written.setup.phi.ranges == (PhiRange(-10, 10), PhiRange(80, 100))


def test_only_the_selected_angles_are_read(run, engine, twotime):
    assert twotime("fit", run, "--phi=80:100")[0] == 0
    assert engine["data"].phi.tolist() == [90.01]


def test_free_releases_what_the_run_file_holds(run, engine, twotime):
    text = run.read_text("utf-8") + "  fixed_parameters: {D_offset: 3.1}\n"
    run.write_text(text, "utf-8")
    twotime("fit", run)
    assert engine["setup"].parameters["D_offset"].fixed
    twotime("fit", run, "--free", "D_offset")
    assert engine["setup"].parameters["D_offset"].free


def test_starts_typed_are_the_ones_used(run, engine, twotime):
    text = run.read_text("utf-8").partition("initial_parameters")[0]
    run.write_text(text, "utf-8")
    twotime("fit", run)
    assert not engine["setup"].start_given
    twotime("fit", run, "--start", "D0=5e3")
    assert engine["setup"].start_given
    assert engine["setup"].parameters["D0"].value == 5e3


WRONG = [
    (["--q", "abc"], "argument --q: invalid float value: 'abc'"),
    (["--frames", "ten:20"], "'ten:20' is not a range of frames; expected A:B"),
    (["--phi", "abc"], "'abc' is not a range; expected two angles"),
    (["--phi", "20:30"], "no angle lies in the phi ranges 20:30"),
    (["--model", "circus"], "invalid choice: 'circus'"),
    (["--convention", "mine"], "invalid choice: 'mine'"),
    (["--loss", "none"], "invalid choice: 'none'"),
    (["--scaling", "some"], "'some' is unknown; expected one of auto"),
    (["--strategy", "enormous"], "'enormous' is unknown; expected one of auto"),
    (
        ["--set", "performance.strategy_override=fast"],
        "--set performance.strategy_override is 'fast'; expected one of auto",
    ),
    (
        ["--set", "optimization.nlsq.memory_fraction=0.95"],
        "--set optimization.nlsq.memory_fraction is 0.95; expected a number from 0.1",
    ),
    (
        ["--set", "optimization.nlsq.cmaes.sigma=2"],
        "--set optimization.nlsq.cmaes.sigma is 2; expected a number above 0 and at",
    ),
    (["--resume"], "--resume: there is no checkpoint {folder}/.run_result.checkpoint"),
    (["--start", "D0"], "--start 'D0': expected NAME=VALUE"),
    (["--start", "D0=many"], "--start D0: 'many' is not a number"),
    (["--start", "D0=nan"], "--start D0: 'nan' is not a number"),
    (["--start", "D1=3"], "unknown parameter 'D1'"),
    (["--start", "D0=3"], "start value 3 Å²/s lies outside its bounds"),
    (["--bounds", "D0=3"], "'3' is not an interval; expected LO:HI"),
    (["--bounds", "D0=5:3"], "lower bound 5 is not below upper bound 3"),
    (["--fix", "D7"], "unknown parameter 'D7'"),
    (["--fix", "D0", "--free", "D0"], "D0 is given to both --fix and --free"),
    (["--set", "a.b"], "--set 'a.b': expected KEY=VALUE"),
    (
        ["--q", "-1"],
        "twotime: --q is -1.0; expected a number above 0, in 1/Å; correct it\n",
    ),
    (
        ["--set", "analyzer_parameters.scattering.wavevector_q=-1"],
        "--set analyzer_parameters.scattering.wavevector_q is -1",
    ),
    (
        ["--frames", "5:3"],
        "twotime: the last frame of --frames is 3; expected a frame number above",
    ),
    (["--frames", "0:9"], "twotime: the first frame of --frames is 0; expected"),
    (["--fourier-order", "-2"], "twotime: --fourier-order is -2; expected a whole"),
    (["--regularization", "-3"], "twotime: --regularization is -3.0; expected"),
    (["--set", "analyzer_parameters.dt=soon"], "--set analyzer_parameters.dt"),
    (["--set", "analyzer_parameters.dt=-1"], "--set analyzer_parameters.dt"),
    (["--nonsense"], "unrecognized arguments: --nonsense"),
    (["--out", "{run}"], "a file of that name exists"),
    (["--out", "{folder}"], "holds the input or is the present folder"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG, ids=[str(w[0]) for w in WRONG])
def test_wrong_input_is_one_sentence_and_writes_nothing(
    run, engine, twotime, options, sentence
):
    del engine
    places = {"run": run, "folder": run.parent}
    code, out, err = twotime("fit", run, *(o.format(**places) for o in options))
    assert code == 2
    assert sentence.replace("{folder}", str(run.parent)) in err
    assert err.startswith("twotime: ")
    assert err.count("\n") == 1
    assert "Traceback" not in out + err
    assert names(run.parent) == INPUTS


def test_missing_run_is_wrong_input(tmp_path, twotime):
    code, _, err = twotime("fit", tmp_path / "none.yaml")
    assert code == 2
    assert "none.yaml" in err
    assert names(tmp_path) == set()


def test_data_file_alone_asks_for_what_it_does_not_say(run, engine, twotime):
    del engine
    data = run.with_suffix(".npy")
    run.unlink()
    code, _, err = twotime("fit", data)
    assert code == 2
    assert err.count("\n") == 1
    options = ["--q", "0.0054", "--set", "analyzer_parameters.dt=0.1"]
    options += ["--set", "experimental_data.phi_angles=[0, 45, 90]"]
    options += ["--model", "laminar_flow"]
    options += ["--set", "analyzer_parameters.geometry.stator_rotor_gap=2e6"]
    assert twotime("fit", data, *options)[0] == 0
    assert names(run.parent) == {"run.npy", "run_result"}


def test_error_of_the_engine_writes_nothing(run, engine, twotime):
    engine["raises"] = DataError("the angle 4.88° has no finite pixel")
    code, _, err = twotime("fit", run)
    assert (code, err) == (2, "twotime: the angle 4.88° has no finite pixel\n")
    assert names(run.parent) == INPUTS


def test_cancelled_before_there_was_anything(run, engine, twotime, monkeypatch):
    del engine

    def stop(*_args, **_settings):
        raise CancelledError("reading was cancelled")

    monkeypatch.setattr(api, "load_data", stop)
    code, _, err = twotime("fit", run)
    assert (code, err) == (130, "twotime: stopped before there was a result\n")
    assert names(run.parent) == INPUTS


def test_internal_error_names_a_log_and_shows_no_traceback(
    run, engine, twotime, monkeypatch, tmp_path
):
    engine["raises"] = ZeroDivisionError("a bug")
    logs = tmp_path / "logs"
    monkeypatch.setattr(
        main_module.platformdirs, "user_log_dir", lambda *_, **__: str(logs)
    )
    code, out, err = twotime("fit", run)
    assert code == 3
    (log,) = logs.iterdir()
    assert err == f"twotime: internal error; the details are in {log}\n"
    assert "Traceback" not in out + err
    assert "ZeroDivisionError: a bug" in log.read_text("utf-8")
    assert names(run.parent) == INPUTS | {"logs"}


def test_out_of_memory_is_said(run, engine, twotime):
    engine["raises"] = MemoryError()
    code, _, err = twotime("fit", run)
    assert code == 3
    assert "out of memory; select fewer angles" in err


def test_out_overwrite_and_numbering(run, engine, twotime):
    del engine
    out = run.parent / "deep" / "place"
    for _ in range(2):
        assert twotime("fit", run, "--out", out)[0] == 0
    assert names(out.parent) == {"place", "place.1"}
    assert twotime("fit", run, "--out", out, "--overwrite")[0] == 0
    assert names(out.parent) == {"place", "place.1"}


def test_the_user_learns_where_the_earlier_result_went(run, engine, twotime):
    del engine
    said = f"the earlier result is now in {run.parent / 'run_result.1'}\n"
    assert said not in twotime("fit", run)[1]
    assert said in twotime("fit", run)[1]


def test_a_folder_of_the_users_is_refused_before_the_fit(run, engine, twotime):
    thesis = run.parent / "thesis"
    thesis.mkdir()
    (thesis / "chapter.tex").touch()
    code, out, err = twotime("fit", run, "--out", thesis)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "holds no result of Twotime" in err
    assert "setup" not in engine
    assert names(run.parent) == INPUTS | {"thesis"}


def test_place_is_checked_before_the_fit(run, engine, twotime, monkeypatch):
    def refuse(*_args, **_settings):
        raise OutputError("cannot write there")

    monkeypatch.setattr(fit_module, "check_destination", refuse)
    assert twotime("fit", run)[0] == 2
    assert "setup" not in engine


def test_numbers_are_shown_even_when_they_cannot_be_written(
    run, engine, twotime, monkeypatch
):
    del engine

    def refuse(*_args, **_settings):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("engine.report.folder.write_h5", refuse)
    code, out, err = twotime("fit", run)
    assert code == 2
    assert "1.900(16)×10⁴ Å²/s" in out
    assert "No space left on device" in err
    assert names(run.parent) == INPUTS


def test_first_interrupt_asks_the_engine_to_stop(run, engine, twotime, monkeypatch):
    fit = api.fit

    def interrupted(data, setup, *, cancelled, **more):
        assert not cancelled()
        os.kill(os.getpid(), signal.SIGINT)
        assert cancelled()
        engine["state"] = State.CANCELLED
        return fit(data, setup, cancelled=cancelled, **more)

    monkeypatch.setattr(api, "fit", interrupted)
    before = signal.getsignal(signal.SIGINT)
    code, _, err = twotime("fit", run)
    assert code == 130
    assert "the best point so far is kept" in err
    assert (run.parent / "run_result" / "result.json").exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_second_interrupt_aborts(run, engine, twotime, monkeypatch):
    del engine

    def interrupted(*_args, **_settings):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("not reached")

    monkeypatch.setattr(api, "fit", interrupted)
    code, _, err = twotime("fit", run)
    assert code == 130
    assert err.endswith("twotime: aborted\n")
    assert names(run.parent) == INPUTS

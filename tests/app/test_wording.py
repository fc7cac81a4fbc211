"""No sentence of the engine sends the user of the window to a command line."""

import pytest

from app.errors import sentence_of
from app.wording import for_window, parameter_sentence, sentence
from engine.errors import DataError

SAID = {
    "run.h5 does not tell the time between frames; give it in seconds with --set "
    "analyzer_parameters.dt=… or as analyzer_parameters.dt in the run file": (
        "give it in seconds as analyzer_parameters.dt in the run file",
        "give it in seconds as analyzer_parameters.dt in the run file",
    ),
    "x.npy does not tell q; give it in 1/Å with --q or as "
    "analyzer_parameters.scattering.wavevector_q in the run file": (
        "give it in 1/Å as analyzer_parameters.scattering.wavevector_q in the run file",
        "give it in 1/Å as analyzer_parameters.scattering.wavevector_q in the run file",
    ),
    "it holds q = 0.0054 1/Å; change --q or "
    "analyzer_parameters.scattering.wavevector_q": (
        "change analyzer_parameters.scattering.wavevector_q in the run file",
        "choose another q in the Set-up panel",
    ),
    "x holds frames 1 to 300; change --frames, or start_frame and end_frame in "
    "analyzer_parameters": (
        "change start_frame and end_frame in analyzer_parameters of the run file",
        "change Frames in the Set-up panel",
    ),
    "the selected angle phi = 45° has no finite pixel off the diagonal; leave it out "
    'with --phi "-10:10,80:100"': (
        "leave it out with phi_filtering.target_ranges in the run file",
        "leave it out: untick the box over its map",
    ),
    "the model laminar_flow needs the gap between stator and rotor [Å]; give "
    "analyzer_parameters.geometry.stator_rotor_gap in the run file or by --set": (
        "give analyzer_parameters.geometry.stator_rotor_gap in the run file",
        "give analyzer_parameters.geometry.stator_rotor_gap in the Set-up panel",
    ),
    "cannot write the result folder /a: Permission denied; name another place with "
    "--out": ("choose another folder", "choose another folder"),
    "it needs more than is allowed: fit fewer angles or frames, or raise "
    "memory_fraction or memory_threshold_gb": (
        "or raise memory_fraction or memory_threshold_gb in the run file",
        "or raise the limit of memory in the Set-up panel",
    ),
    "--set experimental_data.phi_angles is 'abc'; expected numbers; give --set "
    "experimental_data.phi_angles=VALUE": (
        "correct it under “Give values”",
        "correct it in the Set-up panel",
    ),
}


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("opening", [True, False])
def test_options_become_places_in_the_window(said, opening):
    text = for_window(said, opening=opening)
    assert text.endswith(SAID[said][0 if opening else 1])
    assert "--" not in text


def test_a_sentence_in_a_dialog_names_no_option():
    error = DataError("80 frames were asked for; choose a longer range with --frames")
    assert sentence_of(error).endswith("of Frames in the Set-up panel.")
    assert "start_frame" in sentence_of(error, opening=True)


def test_other_sentences_stay():
    said = "/a-b/run--2.yaml: analysis_mode is 'foo'; expected static or laminar_flow"
    assert for_window(said) == said


def test_advice_that_is_not_known_is_left_out():
    said = "the moon is full; it is night; wait for the sun with --wait or --run"
    assert for_window(said) == "the moon is full; it is night"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "the checkpoint /data/a b/x.checkpoint belongs to another fit: the data "
            "are not those it was made with; restore them, or run the fit without "
            "--resume",
            "Its checkpoint belongs to another fit: the data are not those it was "
            "made with; restore them, or start anew.",
        ),
        (
            "the checkpoint /a/x.checkpoint is incomplete; remove it and run the fit "
            "without --resume",
            "Its checkpoint is incomplete; start anew.",
        ),
        (
            "there is no checkpoint at /a b/x.checkpoint, so nothing to resume; run "
            "the fit without --resume",
            "What the interrupted fit had noted is not there any more; start anew.",
        ),
        (
            "only a fit with the strategy streaming writes checkpoints and can be "
            "resumed; add --strategy streaming, or leave --resume out",
            "Only a fit with the strategy streaming writes checkpoints and can be "
            "resumed; choose the strategy streaming in the Set-up panel, or start "
            "anew.",
        ),
        (
            "memory_fraction is 18; expected a number from 0.1 to 0.9",
            "The limit of memory is 18; expected a fraction from 0.1 to 0.9, or "
            "choose GB.",
        ),
        (
            "memory_threshold_gb is -1; expected a number of GB above 0",
            "The limit of memory is -1; expected a number of GB above 0.",
        ),
    ],
)
def test_limits_and_checkpoints_are_called_as_in_the_window(said, shown):
    assert sentence(said) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("0.75 of 25.3 GB (the memory of this machine)", None),
        (
            "0.5 (memory_fraction) of 25.3 GB (the memory of this machine)",
            "0.5 of 25.3 GB (the memory of this machine)",
        ),
        ("memory_threshold_gb", "limit as set here"),
    ],
)
def test_where_the_limit_comes_from(source, shown):
    assert for_window(source) == (shown or source)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("alpha and D_offset are alike", "α and D_offset are alike."),
        ("fixing alpha helps!", "Fixing α helps!"),
        ("alphabetical order", "Alphabetical order."),
        ("", ""),
    ],
)
def test_symbols_at_the_beginning_are_not_made_capitals(said, shown):
    assert parameter_sentence(said, {"alpha": "α", "D_offset": "D_offset"}) == shown

"""The options against degeneracy, from the command line into the setup."""

from dataclasses import replace

import pytest

from engine.layer_options import CollapseResponse, LayerOptions
from engine.setup import Scaling

KEY = "optimization.nlsq.anti_degeneracy"
LAYERS = ("hierarchical", "regularization", "monitor", "shear_weighting")
IN_FILE = {"monitor": "gradient_monitoring"}


def section(text):
    return f"optimization: {{nlsq: {{anti_degeneracy: {text}}}}}\n"


def fitted(run, engine, twotime, *options, text=""):
    run.write_text(run.read_text("utf-8") + text, "utf-8")
    code, _, err = twotime("fit", run, *options, "--overwrite")
    assert (code, err) == (0, "")
    return engine["setup"].options.layers


def test_without_an_option_everything_is_as_in_the_run_file(run, engine, twotime):
    assert fitted(run, engine, twotime) == LayerOptions()
    text = section("{fourier_order: 4, regularization: {enable: true, lambda: 3}}")
    found = fitted(run, engine, twotime, text=text)
    assert found.scaling.fourier_order == 4
    assert found.regularization.enable
    assert found.regularization.strength == 3.0


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("written", [True, False])
@pytest.mark.parametrize("wanted", [True, False])
def test_switches_win_over_the_run_file(run, engine, twotime, layer, written, wanted):
    name = IN_FILE.get(layer, layer)
    text = section(f"{{{name}: {{enable: {str(written).lower()}}}}}")
    option = f"--{'' if wanted else 'no-'}{layer.replace('_', '-')}"
    found = fitted(run, engine, twotime, option, text=text)
    default = LayerOptions()
    changed = replace(getattr(default, layer), enable=wanted)
    assert found == replace(default, **{layer: changed})


@pytest.mark.parametrize(
    ("option", "written"), [("--no-layers", "true"), ("--layers", "false")]
)
def test_all_layers(run, engine, twotime, option, written):
    text = section(f"{{enable: {written}}}")
    found = fitted(run, engine, twotime, option, text=text)
    assert found == LayerOptions(enable=option == "--layers")


@pytest.mark.parametrize("text", ["2.5", "1e-3", "1"])
def test_lambda(run, engine, twotime, text):
    in_file = section("{regularization: {lambda: 7}}")
    found = fitted(
        run, engine, twotime, "--regularization", text, text=in_file
    ).regularization
    assert (found.enable, found.strength) == (True, float(text))


@pytest.mark.parametrize("response", CollapseResponse)
def test_response(run, engine, twotime, response):
    in_file = section("{gradient_monitoring: {enable: false, response: reset}}")
    found = fitted(
        run, engine, twotime, "--monitor", response.value, text=in_file
    ).monitor
    assert (found.enable, found.response) == (True, response)


def test_a_switch_alone_keeps_the_details_of_the_run_file(run, engine, twotime):
    text = section(
        "{regularization: {lambda: 7}, gradient_monitoring: {response: reset}}"
    )
    found = fitted(run, engine, twotime, "--monitor", "--regularization", text=text)
    assert found.regularization.strength == 7.0
    assert found.monitor.response is CollapseResponse.RESET


@pytest.mark.parametrize("order", [1, 2, 5])
def test_fourier(run, engine, twotime, order):
    options = ("--scaling", "fourier", "--fourier-order", order, "--compare-scaling")
    found = fitted(run, engine, twotime, *options)
    assert engine["setup"].scaling is Scaling.FOURIER
    assert found.scaling.fourier_order == order
    assert found.scaling.compare


@pytest.mark.parametrize("mode", Scaling)
def test_every_scaling_mode_can_be_asked_for(run, engine, twotime, mode):
    fitted(run, engine, twotime, "--scaling", mode.value)
    assert engine["setup"].scaling is mode


@pytest.mark.parametrize("layer", ["regularization", "shear_weighting"])
def test_an_archived_run_has_such_a_layer_only_when_it_is_typed(
    run, engine, twotime, layer
):
    body = run.read_text("utf-8").replace("twotime: {format_version: 1}\n", "")
    run.write_text(body, "utf-8")
    text = section(f"{{{layer}: {{enable: true}}}}")
    assert not getattr(fitted(run, engine, twotime, text=text), layer).enable
    option = f"--{layer.replace('_', '-')}"
    assert getattr(fitted(run, engine, twotime, option), layer).enable


WRONG = [
    (["--regularization", "much"], "'much' is not a number; expected one above 0"),
    (["--regularization", "0"], "--regularization is 0.0; expected"),
    (["--regularization", "-2"], "--regularization is -2.0; expect"),
    (["--monitor", "shout"], "invalid choice: 'shout' (choose from 'warn', "),
    (["--fourier-order", "0"], "--fourier-order is 0; expected a whole"),
    (["--fourier-order", "two"], "argument --fourier-order: invalid int value: 'two'"),
    (["--monitor", "--no-monitor"], "not allowed with argument --monitor"),
    (["--regularization", "--no-regularization"], "not allowed with argument --regul"),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG, ids=[str(w[0]) for w in WRONG])
def test_wrong_options(run, engine, twotime, options, sentence):
    code, _, err = twotime("fit", run, *options)
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1
    assert "setup" not in engine


def test_help_has_a_group_of_its_own(twotime):
    _, out, _ = twotime("fit", "--help")
    _, _, group = out.partition("against degeneracy:")
    for option in (
        "--hierarchical, --no-hierarchical", "--regularization [LAMBDA]",
        "--no-regularization", "--monitor [warn|hierarchical|reset|abort]",
        "--no-monitor", "--shear-weighting, --no-shear-weighting",
        "--layers, --no-layers", "--fourier-order K", "--compare-scaling",
    ):  # fmt: skip
        assert option in group.partition("output:")[0]

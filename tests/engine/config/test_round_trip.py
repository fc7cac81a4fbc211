import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.run_file import (
    Origin,
    dump_tree,
    resolved_tree,
    run_file_from_tree,
)
from engine.config.yaml_text import parse_yaml
from engine.conventions import Convention
from engine.models.specs import MODELS
from engine.parameters import Parameter, ParameterSet, Tie
from engine.setup import (
    DataRequest,
    Loss,
    MaskRegion,
    Masks,
    PhiRange,
    PhiSelection,
    Scaling,
    Setup,
    Strategy,
    Tolerances,
)
from tests.engine.config.helpers import DATA, NEW, ignored, opened
from tests.engine.config.some_options import options


def numbers(low=-1e12, high=1e12):
    return st.floats(low, high, allow_nan=False)


POSITIVE = st.floats(1e-12, 1e12)
ANGLES = numbers(-360, 360)


@st.composite
def pairs(draw, values):
    a, b = draw(values), draw(values)
    return (min(a, b), max(a, b))


@st.composite
def parameters(draw, spec):
    names = [p.name for p in spec.parameters]
    tied = draw(st.sampled_from([None, *names[1:]]))
    items = []
    for p in spec.parameters:
        low = draw(numbers() | st.just(-math.inf))
        high = draw(numbers() | st.just(math.inf))
        low, high = min(low, high), max(low, high)
        if low == high:
            low, high = low - 1.0, high + 1.0
        if not low < high:
            low, high = 0.0, 1.0
        fixed = draw(st.booleans())
        tie = Tie(to=names[0], factor=draw(numbers())) if p.name == tied else None
        inside = numbers(max(low, -1e300), min(high, 1e300))
        items.append(
            Parameter(
                name=p.name,
                unit=p.unit,
                value=draw(numbers() if fixed or tie else inside),
                lower=low,
                upper=high,
                fixed=fixed,
                tie=tie,
            )
        )
    return ParameterSet(tuple(items))


@st.composite
def setups(draw, folder):
    spec = draw(st.sampled_from(list(MODELS.values())))
    starts = st.none() | st.lists(numbers(0.5, 1.0), min_size=1, max_size=4).map(tuple)
    regions = st.builds(
        MaskRegion, st.none() | ANGLES, pairs(numbers()), pairs(numbers())
    )
    return Setup(
        model=spec.name,
        parameters=draw(parameters(spec)),
        convention=draw(st.sampled_from(Convention)),
        start_given=draw(st.booleans()),
        gap=draw(st.none() | POSITIVE),
        phi=PhiSelection(
            ranges=tuple(draw(st.lists(st.builds(PhiRange, ANGLES, ANGLES)))),
            disabled=tuple(draw(st.lists(ANGLES))),
            fallback_to_all=draw(st.booleans()),
        ),
        masks=Masks(
            frames=tuple(draw(st.lists(pairs(st.integers(1, 10**6))))),
            regions=tuple(draw(st.lists(regions, max_size=3))),
            file=draw(st.none() | st.just(folder / "mask.npy")),
        ),
        drop_first_frame=draw(st.booleans()),
        scaling=draw(st.sampled_from(Scaling)),
        contrast_start=draw(starts),
        offset_start=draw(starts),
        contrast_bounds=draw(st.just((0.0, 1.0)) | st.just((0.25, 2.0))),
        sigma=draw(st.none() | POSITIVE | st.just(folder / "sigma.npy")),
        loss=draw(st.sampled_from(Loss)),
        loss_scale=draw(POSITIVE),
        strategy=draw(st.sampled_from(Strategy)),
        tolerances=Tolerances(
            edm=draw(POSITIVE),
            ftol=draw(st.none() | POSITIVE),
            xtol=draw(st.none() | POSITIVE),
            gtol=draw(st.none() | POSITIVE),
            max_iterations=draw(st.integers(1, 10**6)),
        ),
        options=draw(options(folder)),
    )


@st.composite
def requests(draw, folder):
    first = draw(st.integers(1, 10**6))
    return DataRequest(
        file=folder / draw(st.sampled_from(["a.h5", "b c.npz", "ü.hdf"])),
        dataset=draw(st.none() | st.sampled_from(["c2", "c2[3]"])),
        q=draw(st.none() | POSITIVE),
        first_frame=first,
        last_frame=draw(st.just(-1) | st.integers(first + 1, 10**7)),
        dt=draw(st.none() | POSITIVE),
        phi=draw(st.none() | st.lists(ANGLES, min_size=1).map(tuple)),
    )


RAW = st.sampled_from(
    [
        "experimental_data: {file_path: other.h5}\n",
        # every archived place and synonym that could contradict what is written
        "data_file: other.h5\n"
        "mode: static\n"
        "analysis_settings: {static_mode: true}\n"
        "analyzer_parameters:\n"
        "  temporal: {dt: 9, start_frame: 7, end_frame: 77}\n"
        "experimental_data:\n"
        "  {data_folder_path: x, data_file_name: y, geometry: {stator_rotor_gap: 3}}\n"
        "optimization_config: {angle_filtering: {target_ranges: [[1, 2]]}}\n"
        "optimization:\n"
        "  per_angle_scaling: false\n"
        "  streaming: {checkpoint_dir: there, enable_checkpoints: false}\n"
        "  stratification: {target_chunk_size: 7}\n"
        "  recovery: {max_attempts: 1, lr_decay: 0.1}\n"
        "  nlsq:\n"
        "    {tolerance: 1e-3, per_angle_mode: constant, loss: huber,\n"
        "     use_streaming: true, verbose: false, hybrid_normalize: false,\n"
        "     streaming: {chunk_size: 5}, diagnostics: {enabled: false},\n"
        "     hybrid_streaming: {normalize: true, chunk_size: null},\n"
        "     group_variance_lambda: 4, enable_gradient_monitoring: false,\n"
        "     anti_degeneracy:\n"
        "       {regularization: {enable: true, lambda: 2, auto_tune_lambda: true},\n"
        "        shear_weighting: {enable: true, initial_phi0: 3},\n"
        "        gradient_monitoring: {watch_parameters: [3, phi_0],\n"
        "                              watch_threshold: 1e-8}}}\n"
        "initial_parameters:\n"
        "  {parameter_names: [d0], values: [5], fixed_parameters: {D0: 1},\n"
        "   active_parameters: [alpha], ties: {alpha: {to: D0}},\n"
        "   per_angle_scaling: {contrast: [0.1]}}\n"
        "parameter_space: {bounds: [{name: d0, min: 1, max: 2, unit: A}]}\n",
        "experimental_data: {file_path: o.h5}\nperformance: null\nmasks: null\n"
        "phi_filtering: {enabled: true, target_ranges: [[3, 4]]}\nbeamline: 8\n",
    ]
)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(data=st.data(), text=RAW)
def test_resolved_tree_is_read_as_the_same_request_and_setup(
    tmp_path_factory, data, text
):
    folder = tmp_path_factory.getbasetemp()
    run = run_file_from_tree(parse_yaml(text, "x"), path=None, settings={})
    request, setup = data.draw(requests(folder)), data.draw(setups(folder))
    # A start outside its bounds is moved on reading; a frozen one is not.
    if setup.scaling is not Scaling.FIXED_CONSTANT:
        assert all(0.5 <= c <= 1.0 for c in setup.contrast_start or ())
    text = dump_tree(resolved_tree(run, request=request, setup=setup))
    again = run_file_from_tree(parse_yaml(text, "x"), path=None, settings={})
    assert again.origin is Origin.TWOTIME
    assert again.request == request
    assert again.setup == setup


def test_what_is_not_known_is_kept_word_for_word(tmp_path):
    run = opened(
        tmp_path,
        NEW + DATA + "beamline: {id: 007, when: 2025-08-12, on: [1e-8, x]}\n"
        "optimization: {mcmc: {n: 5}, nlsq: {x_scale: jac}}\n"
        "parameter_space: {bounds: [{name: d0, min: 1, max: 9, prior_mu: 4}]}\n"
        "phi_filtering:\n"
        "  target_ranges: [{min_angle: 1, max_angle: 2, description: flow}]\n",
    )
    tree = resolved_tree(run, request=run.request, setup=run.setup)
    assert tree["beamline"] == run.raw["beamline"]
    assert tree["optimization"]["mcmc"] == {"n": 5}
    assert tree["optimization"]["nlsq"]["x_scale"] == "jac"
    assert tree["parameter_space"]["bounds"][0]["prior_mu"] == 4
    assert tree["phi_filtering"]["target_ranges"][0]["description"] == "flow"


def test_resolved_tree_leaves_the_run_file_alone(tmp_path):
    run = opened(tmp_path, NEW + DATA)
    before = dump_tree(run.raw)
    changed = replace(run.setup, gap=5.0)
    tree = resolved_tree(run, request=run.request, setup=changed)
    assert tree["analyzer_parameters"]["geometry"]["stator_rotor_gap"] == 5.0
    assert dump_tree(run.raw) == before


def test_resolved_tree_is_complete(tmp_path):
    run = opened(tmp_path, NEW + DATA)
    tree = resolved_tree(run, request=run.request, setup=run.setup)
    assert tree["twotime"] == {"format_version": 1}
    assert tree["analyzer_parameters"]["shear_convention"] == "literature"
    assert tree["analyzer_parameters"]["drop_first_frame"] is True
    assert tree["noise"] == {"sigma": None}
    assert tree["masks"] == {"frames": [], "regions": [], "file": None}
    assert tree["optimization"]["nlsq"]["loss"] == "linear"
    assert tree["performance"] == {"strategy_override": None}
    assert run_file_from_tree(tree, path=None, settings={}).ignored == ()


def test_options_are_written_where_they_differ_from_their_defaults(tmp_path):
    run = opened(tmp_path, NEW + DATA)
    plain = resolved_tree(run, request=run.request, setup=run.setup)
    assert "hybrid_streaming" not in plain["optimization"]["nlsq"]
    hybrid = replace(run.setup.options.hybrid, cost_guard=False)
    changed = replace(run.setup, options=replace(run.setup.options, hybrid=hybrid))
    tree = resolved_tree(run, request=run.request, setup=changed)
    nlsq = tree["optimization"]["nlsq"]
    assert nlsq["hybrid_streaming"] == {"enable_cost_guard": False}
    assert set(nlsq) == {*plain["optimization"]["nlsq"], "hybrid_streaming"}


def test_every_place_of_an_option_says_what_was_used(tmp_path):
    run = opened(
        tmp_path,
        NEW + DATA + "optimization:\n"
        "  recovery: {max_attempts: 9}\n"
        "  nlsq: {max_recovery_attempts: 1, recovery: {max_attempts: 2}}\n",
    )
    assert len(run.notes) == 1
    tree = resolved_tree(run, request=run.request, setup=run.setup)
    assert tree["optimization"]["recovery"] == {"max_attempts": 2}
    assert tree["optimization"]["nlsq"]["recovery"]["max_attempts"] == 2
    assert tree["optimization"]["nlsq"]["max_recovery_attempts"] == 2
    again = run_file_from_tree(tree, path=None, settings={})
    assert again.notes == ()
    assert len(ignored(again)) == 2

"""What the options of a run file amount to, key by key as a user would write them."""

from dataclasses import replace

import pytest

from engine.errors import RunFileError
from engine.options import (
    ChunkOptions,
    HybridOptions,
    HybridRecoveryConfig,
    MemoryOptions,
    Normalization,
    Options,
    ProgressOptions,
    QualityOptions,
    RecoveryOptions,
    RetrySettings,
    StepOptions,
    Verbosity,
)
from engine.setup import Strategy
from tests.engine.config.helpers import ARCHIVED, DATA, NEW, ignored, opened

HYBRID = """
optimization:
  nlsq:
    hybrid_streaming:
      enable: 'false'
      normalize: no
      normalization_strategy: p0
      warmup_iterations: 20
      max_warmup_iterations: 50
      warmup_learning_rate: 0.01
      gauss_newton_max_iterations: 7
      gauss_newton_tol: 1e-6
      chunk_size: 4000
      trust_region_initial: '0.5'
      regularization_factor: 0
      enable_checkpoints: false
      checkpoint_frequency: 3
      checkpoint_dir: points
      validate_numerics: false
      enable_warm_start_detection: false
      warm_start_threshold: 0.1
      enable_adaptive_warmup_lr: false
      warmup_lr_refinement: 1e-5
      warmup_lr_careful: 1e-4
      enable_cost_guard: false
      cost_increase_tolerance: 0.5
      enable_step_clipping: false
      max_warmup_step_size: 0.2
"""


def run_with(folder, text, start=NEW + DATA):
    return opened(folder, f"{start}{text}\n")


def nlsq(folder, text):
    return run_with(folder, f"optimization: {{nlsq: {text}}}")


def test_nothing_given_is_every_default(tmp_path):
    assert run_with(tmp_path, "").setup.options == Options()
    assert opened(tmp_path, ARCHIVED).setup.options == Options()


def test_hybrid_streaming(tmp_path):
    run = run_with(tmp_path, HYBRID)
    assert run.setup.options.hybrid == HybridOptions(
        enable=False,
        normalize=False,
        normalization=Normalization.P0,
        warmup_iterations=20,
        max_warmup_iterations=50,
        gauss_newton_max_iterations=7,
        gauss_newton_tol=1e-6,
        trust_region_initial=0.5,
        regularization_factor=0.0,
        enable_checkpoints=False,
        checkpoint_frequency=3,
        checkpoint_dir=tmp_path / "points",
        validate_numerics=False,
        warm_start_detection=False,
        warm_start_threshold=0.1,
        adaptive_rate=False,
        cost_guard=False,
        cost_increase_tolerance=0.5,
        step_clipping=False,
        max_warmup_step_size=0.2,
    )
    assert run.setup.options.chunks == ChunkOptions(streaming_points=4000)
    assert [key.rpartition(".")[2] for key in ignored(run)] == [
        "warmup_learning_rate",
        "warmup_lr_refinement",
        "warmup_lr_careful",
    ]


def test_memory(tmp_path):
    run = nlsq(tmp_path, "{memory_fraction: '0.9', memory_threshold_gb: 1e-2}")
    assert run.setup.options.memory == MemoryOptions(fraction=0.9, threshold_gb=0.01)


@pytest.mark.parametrize("fraction", [0.0999, 0.91, 0, -1, 75])
def test_memory_fraction_outside_its_range(tmp_path, fraction):
    with pytest.raises(RunFileError) as error:
        nlsq(tmp_path, f"{{memory_fraction: {fraction}}}")
    assert "optimization.nlsq.memory_fraction is" in str(error.value)
    assert "expected a number from 0.1 to 0.9" in str(error.value)


def test_the_environment_is_not_read_here(tmp_path, monkeypatch):
    monkeypatch.setenv("NLSQ_MEMORY_FRACTION", "0.2")
    assert run_with(tmp_path, "").setup.options.memory == MemoryOptions()


def test_chunks(tmp_path):
    run = nlsq(
        tmp_path,
        "{streaming: {enable: false, chunk_size: 50000},"
        " stratified: {enable: true, target_chunk_size: 100000}}",
    )
    assert run.setup.options.chunks == ChunkOptions(
        out_of_core=False, points=100000, streaming_points=50000
    )
    assert ignored(run) == {
        "optimization.nlsq.stratified.enable": "has no effect here: every chunk "
        "carries every angle by construction"
    }


def test_chunk_size_of_hybrid_streaming_wins_without_a_note(tmp_path):
    run = nlsq(
        tmp_path, "{streaming: {chunk_size: 50000}, hybrid_streaming: {chunk_size: 10}}"
    )
    assert run.setup.options.chunks.streaming_points == 10
    assert run.notes == ()
    assert ignored(run) == {
        "optimization.nlsq.streaming.chunk_size": "overridden by "
        "optimization.nlsq.hybrid_streaming.chunk_size"
    }


def test_the_command_line_wins_in_either_place(tmp_path):
    path = tmp_path / "run.yaml"
    text = "optimization: {nlsq: {hybrid_streaming: {chunk_size: 10}}}\n"
    settings = {"optimization__nlsq__streaming__chunk_size": "20"}
    run = opened(tmp_path, NEW + DATA + text, **settings)
    assert run.setup.options.chunks.streaming_points == 20
    assert path.exists()


def test_sections_beside_nlsq(tmp_path):
    run = run_with(
        tmp_path,
        "optimization:\n"
        "  stratification: {target_chunk_size: 3, enabled: true}\n"
        "  streaming: {checkpoint_dir: ./c, enable_checkpoints: true, batch_size: 5}\n"
        "  recovery: {enable: false, max_attempts: 2, lr_decay: 0.1,\n"
        "    lambda_growth: 3, trust_decay: 0.2, log_retries: false}\n"
        "  fast_chi2_mode: true\n",
    )
    options = run.setup.options
    assert options.chunks.points == 3
    assert options.hybrid.checkpoint_dir == tmp_path / "c"
    assert options.recovery == RecoveryOptions(enable=False, max_attempts=2)
    assert options.retries == HybridRecoveryConfig(
        max_retries=2,
        lr_decay=0.1,
        lambda_growth=3.0,
        trust_decay=0.2,
        log_retries=False,
    )
    assert list(ignored(run)) == [
        "optimization.stratification.enabled",
        "optimization.streaming.batch_size",
        "optimization.fast_chi2_mode",
    ]


@pytest.mark.parametrize(
    ("text", "retries"),
    [
        ("{}", 3),
        ("{max_attempts: 9}", 3),
        ("{max_attempts: 1}", 1),
        ("{max_attempts: 0}", 0),
        ("{max_attempts: 1, max_retries: 5}", 5),
        ("{max_retries: 0}", 0),
    ],
)
def test_attempts_bound_retries_unless_they_are_given(tmp_path, text, retries):
    run = nlsq(tmp_path, f"{{recovery: {text}}}")
    assert run.setup.options.retries.max_retries == retries


@pytest.mark.parametrize(
    ("attempt", "rate", "damping", "trust"),
    [(0, 1.0, 1.0, 1.0), (1, 0.5, 2, 0.5), (2, 0.25, 4, 0.25), (3, 0.125, 8, 0.125)],
)
def test_retry_settings(attempt, rate, damping, trust):
    assert HybridRecoveryConfig().get_retry_settings(attempt) == (
        RetrySettings(rate, damping, trust)
    )


def test_retry_settings_follow_the_configuration(tmp_path):
    run = nlsq(
        tmp_path, "{recovery: {lr_decay: 0.1, lambda_growth: 3, trust_decay: 1}}"
    )
    settings = run.setup.options.retries.get_retry_settings(2)
    assert settings.lr_multiplier == pytest.approx(0.01)
    assert settings.lambda_multiplier == 9.0
    assert settings.trust_multiplier == 1.0


def test_progress_and_diagnostics(tmp_path):
    run = nlsq(
        tmp_path,
        "{progress: {enable: false, verbose: 2, log_interval: 5},"
        " diagnostics: {enabled: false}}",
    )
    assert run.setup.options == replace(
        Options(),
        progress=ProgressOptions(
            bar=False, verbosity=Verbosity.EVERYTHING, log_interval=5
        ),
        diagnostics=False,
    )


@pytest.mark.parametrize(
    ("level", "verbosity"),
    [(0, Verbosity.QUIET), (1, Verbosity.STEPS), (2, Verbosity.EVERYTHING)],
)
def test_flat_verbosity(tmp_path, level, verbosity):
    run = nlsq(tmp_path, f"{{verbose: {level}}}")
    assert run.setup.options.progress.verbosity is verbosity


@pytest.mark.parametrize("word", ["false", "true", "'False'"])
def test_verbose_of_the_templates_is_no_level(tmp_path, word):
    run = nlsq(tmp_path, f"{{verbose: {word}}}")
    assert run.setup.options.progress.verbosity is Verbosity.STEPS
    assert "0, 1 or 2" in ignored(run)["optimization.nlsq.verbose"]


def test_quality(tmp_path):
    run = nlsq(
        tmp_path,
        "{quality_validation: {enable: false, reduced_chi_squared_threshold: 4,"
        " warn_on_bounds_hit: false, warn_on_convergence_failure: false,"
        " bounds_tolerance: 0, warn_on_max_restarts: true}}",
    )
    assert run.setup.options.quality == QualityOptions(
        enable=False,
        reduced_chi_squared_threshold=4.0,
        warn_on_bounds_hit=False,
        warn_on_convergence_failure=False,
        bounds_tolerance=0.0,
    )
    assert list(ignored(run)) == [
        "optimization.nlsq.quality_validation.warn_on_max_restarts"
    ]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("jac", "jac"),
        ("null", None),
        ("2", 2.0),
        ("'1e-3'", 1e-3),
        ("[1, 1e-8]", (1.0, 1e-8)),
    ],
)
def test_x_scale(tmp_path, text, sizes):
    run = nlsq(tmp_path, f"{{x_scale: {text}}}")
    assert run.setup.options.steps.x_scale == sizes
    assert run.ignored == ()


def test_sizes_by_name(tmp_path):
    run = nlsq(
        tmp_path,
        "{x_scale_map: {d0: 1e4, gamma_dot_t0: 524, contrast: 1},"
        " trust_region_scale: 2}",
    )
    assert run.setup.options.steps == StepOptions(
        x_scale_map={"D0": 1e4, "gamma_dot_t0": 524.0, "contrast": 1.0},
        trust_region_scale=2.0,
    )
    path = "optimization.nlsq.x_scale_map."
    assert ignored(run) == {
        path + "gamma_dot_t0": "gamma_dot_t0 is not a parameter of static",
        path + "contrast": "has no effect here: contrast is solved for exactly",
    }


def test_size_of_a_parameter_nobody_knows(tmp_path):
    with pytest.raises(RunFileError, match=r"x_scale_map\.alpa is 1; .*mean alpha\?"):
        nlsq(tmp_path, "{x_scale_map: {alpa: 1}}")


@pytest.mark.parametrize(
    ("streaming", "override", "strategy"),
    [
        ("true", "", Strategy.STREAMING),
        ("'true'", "null", Strategy.STREAMING),
        ("false", "", Strategy.AUTO),
        ("true", "standard", Strategy.STANDARD),
        ("true", "auto", Strategy.AUTO),
        ("false", "streaming", Strategy.STREAMING),
    ],
)
def test_use_streaming(tmp_path, streaming, override, strategy):
    run = run_with(
        tmp_path,
        f"optimization: {{nlsq: {{use_streaming: {streaming}}}}}\n"
        f"performance: {{strategy_override: {override}}}",
    )
    assert run.setup.strategy is strategy
    overridden = override not in ("", "null") and streaming != "false"
    assert len(run.ignored) == overridden


@pytest.mark.parametrize(
    "path",
    ["nlsq.hybrid_streaming", "nlsq.multi_start", "streaming", "recovery"],
)
def test_a_value_instead_of_a_section(tmp_path, path):
    *above, last = path.split(".")
    text = f"{{{last}: true}}"
    for part in reversed(above):
        text = f"{{{part}: {text}}}"
    with pytest.raises(RunFileError, match=rf"optimization\.{path} is true; .*section"):
        run_with(tmp_path, f"optimization: {text}")

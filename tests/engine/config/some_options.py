"""Options of every kind for property tests, within what a run file may say."""

from hypothesis import strategies as st

from engine.config.bounds import KNOWN_NAMES
from engine.config.layers import LEAST_SIGNAL
from engine.layer_options import (
    CollapseResponse,
    CvMode,
    HierarchicalOptions,
    LayerOptions,
    MonitorOptions,
    RegularizationOptions,
    ScalingOptions,
    ShearWeightingOptions,
)
from engine.options import (
    LARGEST_FRACTION,
    SMALLEST_FRACTION,
    ChunkOptions,
    HybridOptions,
    HybridRecoveryConfig,
    MemoryOptions,
    Normalization,
    Options,
    ProgressOptions,
    QualityOptions,
    RecoveryOptions,
    StepOptions,
    Verbosity,
)

POSITIVE = st.floats(1e-12, 1e12)
COUNT = st.integers(1, 10**9)
YES_NO = st.booleans()
INSIDE_1 = st.floats(1e-6, 1.0, exclude_max=True)
UP_TO_1 = st.floats(1e-6, 1.0)
NAMES = st.sampled_from(["D0", "alpha", "beta", "phi0", "contrast"])


def steps():
    sizes = st.lists(POSITIVE, min_size=1, max_size=9).map(tuple)
    return st.builds(
        StepOptions,
        x_scale=st.none() | st.just("jac") | POSITIVE | sizes,
        x_scale_map=st.dictionaries(NAMES, POSITIVE),
        trust_region_scale=POSITIVE,
    )


def hybrid(folder):
    return st.builds(
        HybridOptions,
        enable=YES_NO,
        normalize=YES_NO,
        normalization=st.sampled_from(Normalization),
        warmup_iterations=st.none() | COUNT,
        max_warmup_iterations=COUNT,
        gauss_newton_max_iterations=COUNT,
        gauss_newton_tol=POSITIVE,
        trust_region_initial=POSITIVE,
        regularization_factor=st.floats(0.0, 1e3),
        enable_checkpoints=YES_NO,
        checkpoint_frequency=st.none() | COUNT,
        checkpoint_dir=st.none() | st.just(folder / "kept here"),
        validate_numerics=YES_NO,
        warm_start_detection=YES_NO,
        warm_start_threshold=POSITIVE,
        adaptive_rate=YES_NO,
        cost_guard=YES_NO,
        cost_increase_tolerance=INSIDE_1,
        step_clipping=YES_NO,
        max_warmup_step_size=POSITIVE,
    )


def layers():
    return st.builds(
        LayerOptions,
        enable=YES_NO,
        scaling=st.builds(
            ScalingOptions,
            fourier_order=COUNT,
            constant_scaling_threshold=COUNT,
            fourier_auto_threshold=COUNT,
            score_test=YES_NO,
            score_p_value=INSIDE_1,
            score_max_shift=POSITIVE,
            compare=YES_NO,
        ),
        hierarchical=st.builds(
            HierarchicalOptions,
            enable=YES_NO,
            max_outer_iterations=COUNT,
            outer_tolerance=POSITIVE,
            physical_max_iterations=COUNT,
            per_angle_max_iterations=COUNT,
        ),
        regularization=st.builds(
            RegularizationOptions,
            enable=YES_NO,
            mode=st.sampled_from(CvMode),
            strength=st.none() | POSITIVE,
            auto_tune=YES_NO,
            target_cv=INSIDE_1,
            target_contribution=INSIDE_1,
            max_cv=INSIDE_1,
        ),
        monitor=monitor(),
        shear_weighting=st.builds(
            ShearWeightingOptions,
            enable=YES_NO,
            alpha=POSITIVE,
            min_weight=st.floats(0.0, 1.0),
            update_frequency=COUNT,
            normalize=YES_NO,
            initial_phi0=st.none() | st.floats(-360.0, 360.0),
            polish=YES_NO,
        ),
    )


def monitor():
    return st.builds(
        MonitorOptions,
        enable=YES_NO,
        ratio_threshold=POSITIVE,
        consecutive_triggers=COUNT,
        response=st.sampled_from(CollapseResponse),
        check_interval=COUNT,
        watch_parameters=st.lists(st.sampled_from(KNOWN_NAMES), unique=True).map(tuple),
        watch_threshold=st.floats(LEAST_SIGNAL, 1e12),
        watch_min_iteration=st.integers(0, 10**9),
        watch_consecutive_triggers=COUNT,
        lambda_multiplier=POSITIVE,
        reset_to_mean=YES_NO,
    )


def options(folder):
    return st.builds(
        Options,
        memory=st.builds(
            MemoryOptions,
            fraction=st.none() | st.floats(SMALLEST_FRACTION, LARGEST_FRACTION),
            threshold_gb=st.none() | POSITIVE,
        ),
        chunks=st.builds(
            ChunkOptions,
            out_of_core=YES_NO,
            points=st.none() | COUNT,
            streaming_points=st.none() | COUNT,
        ),
        steps=steps(),
        recovery=st.builds(
            RecoveryOptions, enable=YES_NO, max_attempts=st.integers(0, 9)
        ),
        retries=st.builds(
            HybridRecoveryConfig,
            max_retries=st.integers(0, 9),
            lr_decay=UP_TO_1,
            lambda_growth=st.floats(1.0, 1e3),
            trust_decay=UP_TO_1,
            log_retries=YES_NO,
        ),
        hybrid=hybrid(folder),
        layers=layers(),
        quality=st.builds(
            QualityOptions,
            enable=YES_NO,
            reduced_chi_squared_threshold=POSITIVE,
            warn_on_bounds_hit=YES_NO,
            warn_on_convergence_failure=YES_NO,
            bounds_tolerance=st.floats(0.0, 1.0),
        ),
        progress=st.builds(
            ProgressOptions,
            bar=YES_NO,
            verbosity=st.sampled_from(Verbosity),
            log_interval=COUNT,
        ),
        diagnostics=YES_NO,
    )

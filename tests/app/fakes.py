"""An engine that answers at once and does as it is told, and small runs to feed it."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np

from app.bridge.engine import Engine
from app.bridge.loading import LoadedRun, Thumbnail
from engine.config.run_file import Origin, RunFile
from engine.data.run import RunData
from engine.errors import CancelledError, DataError
from engine.events import Event, Phase, PhaseStarted, StepTaken
from engine.models.specs import model_spec
from engine.result import (
    FitResult,
    FittedParameter,
    Flag,
    InputSummary,
    Quality,
    ScalingResult,
    State,
    Status,
    StrategyRecord,
    Timing,
)
from engine.routing.plan import FRUGAL_ORDER, Plan
from engine.selftest import Check
from engine.setup import DataRequest, Setup, Strategy

PHI = (-8.0, 4.0, 45.0, 88.0)
N_FRAMES = 24


def make_data(path: Path = Path("run.h5"), n: int = N_FRAMES, phi=PHI) -> RunData:
    rng = np.random.default_rng(1)
    t = np.arange(n) * 0.1
    lag = np.abs(t[:, None] - t[None, :])
    noise = rng.normal(0, 0.003, (len(phi), n, n))
    noise = (noise + noise.transpose(0, 2, 1)) / np.sqrt(2)
    decay = np.exp(-lag * 0.8)[None] ** (1 + np.arange(len(phi)) / 10)[:, None, None]
    return RunData(
        path=path,
        layout="array",
        q=0.0054,
        dt=0.1,
        dt_source="run file",
        phi=np.asarray(phi),
        bin_ids=tuple(f"c2_{i}" for i in range(len(phi))),
        c2=(1.0 + 0.3 * decay + noise).astype(np.float32),
        first_frame=1,
        n_frames_file=n,
        q_list=(0.0054, 0.0081),
    )


def make_setup(model: str = "laminar_flow") -> Setup:
    return Setup(
        model=model,
        parameters=model_spec(model).default_parameters(),
        gap=2e6,
    )


def make_run_file(path: Path = Path("run.yaml"), model: str = "laminar_flow"):
    return RunFile(
        path=path,
        origin=next(iter(Origin)),
        request=DataRequest(file=path.with_suffix(".h5")),
        setup=make_setup(model),
        notes=("Shear rates are in the literature convention.",),
        ignored=(),
        raw={},
    )


def make_loaded(path: Path = Path("run.yaml"), model: str = "laminar_flow"):
    data = make_data(path.with_suffix(".h5"))
    return LoadedRun(
        run_file=make_run_file(path, model),
        data=data,
        thumbnails=tuple(Thumbnail(c2[::4, ::4], (1.0, 1.3)) for c2 in data.c2),
    )


def make_result(
    setup: Setup,
    data: RunData,
    state: State = State.CONVERGED,
    flag: Flag = Flag.GOOD,
    shift: float = 1.25,
) -> FitResult:
    parameters = tuple(
        FittedParameter(
            name=p.name,
            symbol=setup.spec.parameter(p.name).symbol,
            unit=p.unit,
            value=p.value if p.fixed else p.value * shift,
            stderr=None if p.fixed else max(abs(p.value) * 0.01, 1e-4),
            start=p.value,
            lower=p.lower,
            upper=p.upper,
            fixed=p.fixed,
            at_bound=False,
        )
        for p in setup.parameters
    )
    k = len(data.phi)
    names = tuple(p.name for p in parameters if not p.fixed)
    matrix = np.eye(len(names))
    return FitResult(
        status=Status(
            state=state,
            reason="edm",
            message="The fit converged after 3 steps.",
            iterations=3,
            evaluations=4,
            cost_initial=900.0,
            cost_final=500.0,
            gradient_norm=1e-5,
            edm=1e-8,
        ),
        input=InputSummary(
            path=str(data.path),
            sha256=None,
            layout=data.layout,
            q=data.q,
            dt=data.dt,
            frames=(data.first_frame, data.last_frame),
            n_frames=data.n_frames - 1,
            phi=tuple(data.phi.tolist()),
            n_points=1000,
            first_frame_dropped=True,
        ),
        model=setup.model,
        convention=setup.convention.value,
        gap=setup.gap,
        parameters=parameters,
        scaling=ScalingResult(
            requested="individual",
            mode="individual",
            n_coefficients=2 * k,
            phi=tuple(data.phi.tolist()),
            contrast=(0.3,) * k,
            contrast_stderr=(0.001,) * k,
            offset=(1.0,) * k,
            offset_stderr=(0.0005,) * k,
        ),
        quality=Quality(
            chi_squared=1000.0,
            reduced_chi_squared=1.03,
            noise_sigma=0.003,
            noise_source="estimated",
            condition_number=1e4,
            flag=flag,
            warnings=(),
            angle_chi_squared=(1.0,) * k,
        ),
        strategy=StrategyRecord(
            name="standard", reason="fits", estimated_gb=0.1, threshold_gb=8.0
        ),
        covariance_names=names,
        covariance=matrix,
        correlation=matrix,
        angle_indices=tuple(range(k)),
        timing=Timing(load_s=0.1, compile_s=0.1, solve_s=0.2, total_s=0.4),
        peak_rss_gb=0.1,
        software={},
    )


MEMORY_GB = 25.3
"""Of the machine the fake engine plans for."""
ESTIMATES = {
    Strategy.STANDARD: 0.62,
    Strategy.LARGE: 0.44,
    Strategy.CHUNKED: 0.31,
    Strategy.STREAMING: 0.3,
}


def make_plan(setup: Setup, scale: float = 1.0) -> Plan:
    """Route a fit by estimates that are `scale` times the usual ones."""
    memory = setup.options.memory
    fraction = memory.fraction or 0.75
    limit = memory.threshold_gb or fraction * MEMORY_GB
    given = f"{fraction:g} of {MEMORY_GB:g} GB"
    estimates = {name: scale * needed for name, needed in ESTIMATES.items()}
    chosen, reason = setup.strategy, "it was asked for"
    if chosen is Strategy.AUTO:
        fitting = [s for s in FRUGAL_ORDER if estimates[s] <= limit]
        chosen = fitting[0] if fitting else Strategy.STREAMING
        reason = "the fastest that is within the limit"
    return Plan(
        strategy=chosen,
        requested=setup.strategy,
        reason=reason,
        estimates=estimates,
        threshold_gb=limit,
        threshold_source="as given" if memory.threshold_gb else given,
        n_coefficients=sum(not p.fixed for p in setup.parameters),
    )


class FakeEngine:
    """Keeps what it was asked; a fit takes steps until `finish` is set or cancelled."""

    def __init__(self) -> None:
        self.finish = threading.Event()
        self.finish.set()
        self.threads: dict[str, set[str]] = {}
        self.settings: list[dict[str, str]] = []
        self.fitted: list[Setup] = []
        self.drawn: list[tuple[dict, list]] = []
        self.saved: list[Path] = []
        self.requests: list[DataRequest] = []
        self.fit_error: Exception | None = None
        self.save_error: Exception | None = None
        self.save_gate = threading.Event()
        self.save_gate.set()
        self.load_gate = threading.Event()
        self.load_gate.set()
        self.scale = 1.0
        """Of the memory every strategy is estimated to need."""
        self.plan_error: Exception | None = None
        self.planned: list[Setup] = []
        self.events: list[Event] = []
        """What a fit tells before its first step."""
        self.ending: dict[str, object] = {}
        """Fields of the result that are other than usual."""
        self.end_state = State.CONVERGED
        self.checks: list[Check] = [Check("program", works=True, detail="version 1")]
        self.check_error: Exception | None = None
        self.check_gate = threading.Event()
        self.check_gate.set()
        """While it is not set, the self-test waits after its first check."""
        self.checkpoints: list[Path | None] = []
        self.resumed: list[bool] = []

    def functions(self) -> Engine:
        return Engine(
            open_run=self._open_run,
            load_data=self._load_data,
            plan=self._plan,
            fit=self._fit,
            model_maps=self._model_maps,
            prepare=self._prepare,
            write_result_folder=self._write,
            self_test=self._self_test,
        )

    def _seen(self, what: str) -> None:
        self.threads.setdefault(what, set()).add(threading.current_thread().name)

    def _prepare(self) -> None:
        self._seen("prepare")

    def _open_run(self, path: Path, settings=None) -> RunFile:
        self._seen("open")
        self.settings.append(dict(settings or {}))
        if path.suffix == ".npy" and not settings:
            raise DataError(f"{path} does not tell dt: analyzer_parameters.dt")
        if not path.exists():
            raise DataError(f"{path}: no such file; check the name")
        model = "static" if "static" in path.name else "laminar_flow"
        made = make_run_file(path, model)
        if "no_gap" in path.name:
            return replace(made, setup=replace(made.setup, gap=None))
        return made

    def _load_data(self, request, *, cancelled=lambda: False, **told):
        self._seen("load")
        self.requests.append(request)
        while not self.load_gate.wait(0.01):
            if cancelled():
                raise CancelledError("stopped by the user")
        data = make_data(request.file)
        if request.first_frame > N_FRAMES - 3:
            raise DataError(f"first_frame is {request.first_frame}; expected less")
        last = N_FRAMES if request.last_frame == -1 else request.last_frame
        window = slice(request.first_frame - 1, last)
        c2 = data.c2[:, window, window]
        for k, matrix in enumerate(c2):
            if "on_matrix" in told:
                told["on_matrix"](k, matrix)
            if "on_progress" in told:
                told["on_progress"](k + 1, len(c2), request.file.name)
        return replace(data, c2=c2, first_frame=request.first_frame)

    def _plan(self, data, setup) -> Plan:
        self._seen("plan")
        self.planned.append(setup)
        if self.plan_error is not None:
            raise self.plan_error
        return make_plan(setup, self.scale)

    def _model_maps(self, data, setup, values, scaling):
        self._seen("maps")
        self.drawn.append((dict(values), list(scaling)))
        first = 1 if setup.drop_first_frame else 0
        n = data.n_frames - first
        lag = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) * data.dt
        shape = np.exp(-lag * 0.8)
        return np.array([o + c * shape for _, c, o in scaling], dtype=np.float32)

    def _fit(self, data, setup, *, on_event, cancelled, checkpoint, resume):
        self._seen("fit")
        self.fitted.append(setup)
        self.checkpoints.append(checkpoint)
        self.resumed.append(resume)
        if self.fit_error is not None:
            raise self.fit_error
        if setup.strategy is Strategy.STREAMING and checkpoint is not None:
            checkpoint.write_bytes(b"a point on the way")
        on_event(PhaseStarted(phase=Phase.REFINING, elapsed_s=0.0))
        for event in self.events:
            on_event(event)
        k = len(data.phi)
        step = 0
        while True:
            step += 1
            on_event(
                StepTaken(
                    iteration=step,
                    evaluations=step + 1,
                    accepted=True,
                    cost=500.0 + 400.0 / step,
                    edm=1.0 / step,
                    values={p.name: p.value for p in setup.parameters},
                    contrast=(0.3,) * k,
                    offset=(1.0,) * k,
                    elapsed_s=0.01 * step,
                    eta_s=(1.0, 2.0),
                )
            )
            if cancelled():
                return make_result(setup, data, State.CANCELLED)
            if self.finish.wait(0.02) and step >= 3:
                made = make_result(setup, data, self.end_state)
                return replace(made, **self.ending)

    def _write(self, folder: Path, **_: object) -> Path:
        self._seen("save")
        self.save_gate.wait()
        if self.save_error is not None:
            raise self.save_error
        if folder.exists():
            folder.rename(folder.with_name(f"{folder.name}.1"))
        folder.mkdir(parents=True)
        self.saved.append(folder)
        return folder

    def _self_test(self, cancelled):
        self._seen("self_test")
        for check in self.checks:
            yield check
            while not self.check_gate.wait(0.01):
                if cancelled():
                    raise CancelledError("stopped by the user")
        if self.check_error is not None:
            raise self.check_error

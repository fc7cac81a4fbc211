"""The plan of a fit from a run and a setup."""

from dataclasses import replace

from engine.data.phi import select_angles
from engine.data.run import RunData
from engine.routing.plan import Plan
from engine.routing.route import plan_fit
from engine.routing.size import run_size
from engine.setup import Setup, Strategy


def plan_run(data: RunData, setup: Setup) -> Plan:
    """Return which strategy a fit will use, and why.

    Raises
    ------
    InputError
        When no angle is selected, or the memory settings cannot be.
    """
    chosen, _ = select_angles(data.phi, setup.phi)
    size = run_size(len(data.phi), data.n_frames, int(chosen.sum()), setup)
    size = replace(size, held=data.in_memory)
    return plan_fit(size, setup.strategy, setup.options)


def held_in_memory(n_matrices: int, n_frames: int, setup: Setup) -> bool:
    """Whether the matrices of a run are worth keeping, before its angles are known.

    Raises
    ------
    InputError
        When the memory settings cannot be.
    """
    size = run_size(n_matrices, n_frames, n_matrices, setup)
    plan = plan_fit(size, setup.strategy, setup.options)
    return plan.strategy in {Strategy.STANDARD, Strategy.LARGE}

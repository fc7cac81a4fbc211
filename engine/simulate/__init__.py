"""Simulated measurements of known truth, in the layouts of real files."""

from engine.simulate.request import LAYOUTS, SimulationRequest
from engine.simulate.surface import simulate
from engine.simulate.write import write_simulation

__all__ = ["LAYOUTS", "SimulationRequest", "simulate", "write_simulation"]

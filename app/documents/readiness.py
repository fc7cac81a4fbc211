"""What a run still lacks before its model can be drawn or it can be fitted."""

from app.documents.angles import selected_angles
from app.documents.run_document import RunDocument, RunState
from engine.setup import Setup

NO_ANGLE = "No angle is selected. Drag on the dial or use all angles."
NO_GAP = (
    "The model needs the gap between stator and rotor, which the run does not tell. "
    "Type it in the Set-up panel, or choose the static model."
)


def why_no_model(setup: Setup) -> str:
    """Return why the model cannot be drawn; empty if it can."""
    return NO_GAP if setup.spec.sheared and setup.gap is None else ""


def why_no_fit(document: RunDocument) -> str:
    """Return why a run cannot be fitted as it is; empty if it can."""
    if document.state is RunState.LOADING:
        return "The data are still being read."
    if not any(selected_angles(document.data.phi.tolist(), document.setup)):
        return NO_ANGLE
    return why_no_model(document.setup)

"""Which actions can be used now, and why the others cannot."""

from app.actions.registry import ActionRegistry
from app.documents.run_document import RunDocument, RunState

_NEED_RUN = (
    "setup.next_angle", "setup.previous_angle", "fit.simulate", "view.reset",
    "view.lock_levels", "view.cycle", "view.next_run", "view.previous_run",
)  # fmt: skip
_BUSY = {
    RunState.FITTING: "the run is being fitted",
    RunState.LOADING: "the data are being read",
}
_NEED_UNLOCKED = ("file.close_run", "setup.revert", "setup.toggle_all_angles")


def update_actions(
    actions: ActionRegistry, current: RunDocument | None, running: RunDocument | None
) -> None:
    """Say of every action why it cannot be used, or that it can.

    With a run open Fit is never disabled: pressed in vain, it says what is missing.

    Parameters
    ----------
    current, running
        The run on screen, and the one being fitted.
    """
    no_run = "" if current else "no run is open"
    has_fit = current is not None and current.fit is not None
    no_fit = no_run or ("" if has_fit else "there is no fit yet")
    locked = no_run or (_BUSY.get(current.state, "") if current else "")
    sheared = current is not None and current.setup.spec.sheared
    reasons = {
        "setup.adopt": no_fit or locked,
        "fit.continue": no_fit or locked,
        "fit.compare": no_fit or locked or ("a fit is running" if running else ""),
        "file.save": no_fit,
        "file.export": no_fit,
        "setup.convert": locked
        or ("" if sheared else "the static model has no shear rate"),
        "fit.start": no_run,
        "fit.stop": "" if running else "no fit is running",
    }
    reasons |= dict.fromkeys(_NEED_RUN, no_run)
    reasons |= dict.fromkeys(_NEED_UNLOCKED, locked)
    for key, reason in reasons.items():
        actions.set_reason(key, reason)

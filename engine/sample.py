"""The sample run that comes with the program."""

from importlib import resources
from pathlib import Path

from engine.errors import DataError


def sample_run() -> Path:
    """Return the run file of the bundled sample; its data file lies beside it.

    Raises
    ------
    DataError
        When the installation is incomplete.
    """
    folder = Path(str(resources.files("resources"))) / "sample"
    found = sorted(folder.glob("*.yaml"))
    if not found:
        raise DataError(
            f"the sample run is missing from {folder}; install twotime again"
        )
    return found[0]

"""Run files written for one test."""

from pathlib import Path

from engine.config.run_file import RunFile, load_run_file

NEW = "twotime: {format_version: 1}\n"
DATA = "experimental_data: {file_path: run.h5}\n"
ARCHIVED = DATA + "analyzer_parameters: {dt: 0.1, start_frame: 1, end_frame: 100}\n"


def opened(folder: Path, text: str, **settings: str) -> RunFile:
    """Write a run file and open it; settings with ``__`` for the dot."""
    path = folder / "run.yaml"
    path.write_text(text, encoding="utf-8")
    return load_run_file(path, {k.replace("__", "."): v for k, v in settings.items()})


def ignored(run_file: RunFile) -> dict[str, str]:
    """Return reason by key."""
    return {key.path: key.reason for key in run_file.ignored}

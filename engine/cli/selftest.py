"""``twotime selftest``: what works on this machine, line by line."""

import argparse

from engine.errors import EngineError
from engine.selftest import checks


def run(options: argparse.Namespace) -> int:
    """Run every check and return 0 when all of them pass, else 1."""
    del options
    failed = 0
    try:
        for check in checks():
            failed += not check.works
            print(check.line, flush=True)
    # What a broken installation or machine raises; a defect is for the crash log.
    except (EngineError, ImportError, OSError, RuntimeError) as error:
        failed += 1
        print(f"FAILED  {type(error).__name__}: {error}")
    print("everything works" if not failed else "something does not work")
    return 1 if failed else 0

"""Tries the frozen program out, alone: `make bundle-test`.

Wrong results fail; slow ones and what cannot be tried are only marked, unless
``--strict`` asks otherwise, or ``--need-window`` for the windows alone.
"""

import argparse
import io
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alone import Alone, alone
from product import BUNDLE, ROOT, need_bundle  # pyright: ignore[reportMissingImports]
from screen import screen
from smoke_checks import (
    Row,
    command_line,
    contents,
    fits,
    interrupts,
    selftest,
    solitude,
    two_windows,
    windows,
)

CHECKS: tuple[Callable[[Alone], Iterator[Row]], ...] = (
    contents,
    solitude,
    command_line,
    interrupts,
    selftest,
    fits,
    windows,
    two_windows,
)
NO_SCREEN = "no screen here; install Xvfb (Debian, Ubuntu: apt-get install xvfb)"


def main() -> int:
    """Run every check, print a table, and return the exit status."""
    parser = argparse.ArgumentParser(description="Try the frozen program out.")
    parser.add_argument("--bundle", type=Path, default=tried_by_default())
    parser.add_argument("--strict", action="store_true", help="slow or skipped: fail")
    parser.add_argument("--need-window", action="store_true", help="no window: fail")
    options = parser.parse_args()
    need_bundle(options.bundle)
    # The table has letters that the encoding of a pipe on Windows lacks.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    started = time.perf_counter()
    rows = []
    with screen() as variables, alone(options.bundle, ROOT, variables or {}) as here:
        print(f"home: {here.home}")
        for check in CHECKS:
            if variables is None and check in (windows, two_windows):
                right = False if options.need_window else None
                rows.append(Row(check.__name__, right, NO_SCREEN))
                print(rows[-1])
                continue
            for row in attempt(check, here):
                rows.append(row)
                print(row, flush=True)
    wrong = [row for row in rows if row.right is False]
    slow = [row for row in rows if row.slow or row.right is None]
    print(f"{len(rows)} checks in {time.perf_counter() - started:.0f} s: ", end="")
    print(f"{len(wrong)} wrong, {len(slow)} slow or skipped")
    return 1 if wrong or (options.strict and slow) else 0


def tried_by_default() -> Path:
    """Return what people get: on macOS the application, whose signature matters."""
    application = BUNDLE.with_name("Twotime.app")
    return application if application.is_dir() else BUNDLE


def attempt(check: Callable[[Alone], Iterator[Row]], here: Alone) -> Iterator[Row]:
    """Yield what a check finds; one that breaks off is wrong."""
    try:
        yield from check(here)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        yield Row(check.__name__, False, f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main())

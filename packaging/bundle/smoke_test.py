"""Tries the frozen program out, alone: `make bundle-test`.

Wrong results fail, slow ones are only marked, unless ``--strict`` asks otherwise.
"""

import argparse
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
    selftest,
    solitude,
    two_windows,
    windows,
)

CHECKS: tuple[Callable[[Alone], Iterator[Row]], ...] = (
    contents,
    solitude,
    command_line,
    selftest,
    fits,
    windows,
    two_windows,
)


def main() -> int:
    """Run every check, print a table, and return the exit status."""
    parser = argparse.ArgumentParser(description="Try the frozen program out.")
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--strict", action="store_true", help="slow or skipped: fail")
    options = parser.parse_args()
    need_bundle(options.bundle)
    started = time.perf_counter()
    rows = []
    with screen() as variables, alone(options.bundle, ROOT, variables or {}) as here:
        print(f"home: {here.home}")
        for check in CHECKS:
            if variables is None and check in (windows, two_windows):
                rows.append(Row(check.__name__, None, "no Xvfb here"))
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


def attempt(check: Callable[[Alone], Iterator[Row]], here: Alone) -> Iterator[Row]:
    """Yield what a check finds; one that breaks off is wrong."""
    try:
        yield from check(here)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
        yield Row(check.__name__, False, f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(main())

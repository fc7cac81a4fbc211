"""``python -m engine``: the headless commands without the window's package."""

import sys

from engine.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

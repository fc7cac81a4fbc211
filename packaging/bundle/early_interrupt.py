"""Run before everything else: Ctrl-C ends a program that is still being loaded.

Python would print where it was, or abort in the middle of loading Qt. The commands take
the signal back once they can stop in order; where the shell has it ignored it stays so.
The module `signal` itself would take too long to load.
"""

import _signal

if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)

"""Exceptions of the engine.

Two kinds of trouble are kept apart. A *caller's mistake* (a file that is not what it
should be, an impossible bound) raises an `InputError` before any fitting starts; its
text is the one sentence the user reads: what, where, expected, what to do. A *numerical
outcome* (not converged, singular) is data: it is reported in
`engine.result.FitResult` and never raised.
"""


class EngineError(Exception):
    """Base class of every exception the engine raises on purpose."""


class InputError(EngineError):
    """The input is wrong; the message is one sentence for the user (exit code 2)."""


class DataError(InputError):
    """The data file cannot be read or used as given."""


class ReadError(DataError):
    """A matrix cannot be read although its file was opened."""


class RunFileError(InputError):
    """The run file (YAML or JSON) is wrong; the message names the dotted key."""


class ParameterError(InputError):
    """A parameter value, bound or name is not acceptable."""


class OptionError(InputError):
    """A command-line option or a request is not acceptable."""


class OutputError(InputError):
    """The result cannot be written where it was asked for."""


class StrategiesFailedError(InputError):
    """No strategy could fit the run on this machine; the message lists what was tried.

    Memory, disk and files are the user's to change, so this counts as wrong input.
    """


class CancelledError(EngineError):
    """The user stopped an operation that has no partial result to keep."""

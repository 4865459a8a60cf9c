"""Errors that a person can cause or must be told of; each carries the sentence to show.

The edge (bot, command line) turns them into a screen in one place. A fault of our own is any
other exception: the person sees an apology with a trace id, the log sees the stack.
"""


class AmbarError(Exception):
    """Base of what is told to a person; ``str(error)`` is that sentence, in Russian."""


class BadInput(AmbarError):
    """The words cannot be understood or the value is absurd."""


class NotFound(AmbarError):
    """Nothing of that name exists for this organisation."""


class Conflict(AmbarError):
    """It is already so, or it changed meanwhile."""


class NotAllowed(AmbarError):
    """This person may not do that."""


class NotNow(AmbarError):
    """Right, but not at this moment: try again later."""

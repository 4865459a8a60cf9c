"""A fault's stack for the log: plain frames, no local variables, secrets blanked.

structlog's own renderers print the locals of every frame, and a frame of /connect holds a token.
"""

import traceback

from app.core.redact import redact_text


def stack_of(problem: BaseException) -> str:
    return redact_text("".join(traceback.format_exception(problem)))

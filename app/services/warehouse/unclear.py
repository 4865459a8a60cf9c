"""What was said fits nothing, or several things: a sentence, and the nearest right things to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Choice:
    """A thing to choose. ``value`` is what the person would have typed for it."""

    label: str
    value: str


class Unclear(BadInput):
    """``str(error)`` is the sentence; ``choices``, the nearest first, may be empty."""

    def __init__(self, sentence: str, choices: Sequence[Choice] = ()) -> None:
        super().__init__(sentence)
        self.choices = tuple(choices)

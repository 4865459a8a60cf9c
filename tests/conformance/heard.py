"""What a night said and was answered: the exchanges of a conformance check."""

from dataclasses import dataclass

from tests.support.tap import Exchange


@dataclass(frozen=True, slots=True)
class Heard:
    """What each night said and was answered, and how many rows each source brought."""

    nights: dict[str, list[Exchange]]
    rows: dict[str, dict[str, int]]

    @property
    def all(self) -> list[Exchange]:
        """Different exchanges, each once."""
        return list(dict.fromkeys(each for night in self.nights.values() for each in night))

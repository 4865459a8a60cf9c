"""What the bot did wrong, kept until the test ends: a swallowed error still fails the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class Refused(Exception):
    """The server's answer to a call that breaks a rule.

    ``description`` as Telegram words it (``Bad Request: …``); ``forgiven`` where the bot could not have
    known; ``ours`` where Telegram itself would let it pass and only this server is stricter.
    """

    def __init__(
        self,
        code: int,
        description: str,
        *,
        retry_after: int | None = None,
        forgiven: bool = False,
        ours: bool = False,
    ) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after
        self.forgiven = forgiven
        self.ours = ours


def bad(description: str, *, ours: bool = False) -> Refused:
    """400, in Telegram's words."""
    return Refused(400, f"Bad Request: {description}", ours=ours)


class Violations(AssertionError):
    """The Bot API's rules that the bot broke in this test."""


@dataclass(slots=True)
class Ledger:
    """The violations of one test, and those that the test has declared."""

    broken: list[str] = field(default_factory=list)
    _forgiven: list[str] = field(default_factory=list)
    _expected: list[tuple[str, list[str]]] = field(default_factory=list)

    def add(self, method: str, refusal: Refused) -> None:
        stricter = " [stricter than Telegram]" if refusal.ours else ""
        line = f"{method}: {refusal.code} {refusal.description}{stricter}"
        for pattern, met in reversed(self._expected):
            if pattern in line:
                met.append(line)
                return
        if not refusal.forgiven and not any(pattern in line for pattern in self._forgiven):
            self.broken.append(line)

    def forgive(self, pattern: str) -> None:
        """Let go of every violation, past or to come, whose line contains ``pattern``."""
        self._forgiven.append(pattern)
        self.broken[:] = [line for line in self.broken if pattern not in line]

    @contextmanager
    def expecting(self, pattern: str) -> Iterator[list[str]]:
        """Violations containing ``pattern`` belong to the story; none at all is a failure."""
        met: list[str] = []
        self._expected.append((pattern, met))
        try:
            yield met
        finally:
            self._expected.remove((pattern, met))
        if not met:
            raise AssertionError(
                f"the test expected the server to refuse something with {pattern!r}; it did not"
            )

    def check(self) -> None:
        if self.broken:
            lines = "\n".join(f"  {line}" for line in self.broken)
            raise Violations(f"the bot broke {len(self.broken)} rule(s) of the Bot API:\n{lines}")

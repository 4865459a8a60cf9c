"""What a process counts while it works: the port that everybody may use.

Who counts gets a ``Metrics`` from whoever built it; nothing here or elsewhere is a registry at
module level. ``app.core.exposition`` is the real one; ``Unmeasured`` counts nothing.
Labels are names of our own code, of the marketplaces' methods and of Telegram's, all finite:
never an organisation, a person, a cabinet, a word that somebody typed.
"""

from typing import Protocol


class Metrics(Protocol):
    """Counters and durations of one process. Every method is quick, thread-safe and never fails."""

    def marketplace_called(self, marketplace: str, method: str, status: int, seconds: float) -> None:
        """One attempt of a call; ``status`` 0 = no answer came."""
        ...

    def telegram_called(self, method: str, result: str, seconds: float) -> None:
        """One attempt of a Bot API call; ``result``: ok, flood, forbidden, refused, failed."""
        ...

    def update_handled(self, kind: str, result: str, seconds: float) -> None:
        """An update of Telegram's; ``result``: done, refused (a sentence was the answer), failed."""
        ...

    def job_run(self, job_type: str, outcome: str, seconds: float) -> None:
        """One run of a job; ``outcome``: done, yielded, handed_back, failed."""
        ...

    def event_told(self, topic: str, outcome: str) -> None:
        """One delivery of an outbox event; ``outcome``: delivered, postponed, failed."""
        ...


class Unmeasured:
    """Counts nothing: for commands, tests and the demo."""

    def marketplace_called(self, marketplace: str, method: str, status: int, seconds: float) -> None: ...

    def telegram_called(self, method: str, result: str, seconds: float) -> None: ...

    def update_handled(self, kind: str, result: str, seconds: float) -> None: ...

    def job_run(self, job_type: str, outcome: str, seconds: float) -> None: ...

    def event_told(self, topic: str, outcome: str) -> None: ...


UNMEASURED: Metrics = Unmeasured()

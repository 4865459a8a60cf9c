"""One address of the API: how it is asked, who may ask, what answers. The API's document is made of these."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.services.tenancy.api_tokens import Caller
from app.services.tenancy.roles import Deed
from app.web.wire.common import Asked, Said, Told


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request that was let in. ``order`` is the endpoint's ``body`` or ``query`` as its model; ``number``
    the id in the address, 0 where it has none."""

    caller: Caller
    order: Any
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """``do`` runs in a thread; it returns ``answer``, or raises. ``refusals``: statuses that it may end in
    beside those of every endpoint."""

    method: str
    path: str
    summary: str
    deed: Deed
    answer: type[Told]
    do: Callable[[Visit], Told]
    body: type[Asked] | None = None
    query: type[Said] | None = None
    refusals: tuple[int, ...] = ()

    @property
    def has_number(self) -> bool:
        return "{id}" in self.path

    @property
    def statuses(self) -> tuple[int, ...]:
        """All statuses of a refusal, in order."""
        of_body = (400, 408, 413, 415) if self.body is not None else ()
        of_number = (404,) if self.has_number else ()
        return tuple(sorted({401, 403, 422, 429, 503, *of_body, *of_number, *self.refusals}))


Texts = Mapping[str, str | list[str]]
"""Query parameters as they came; one said several times is a list."""

"""A request that comes twice is done once: the second is given the first one's answer.

The key is the asker's name for the request ("tg:7:1042" is an update of Telegram's), the answer is
kept in the transaction of the deed itself: both are there, or neither.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter
from sqlalchemy.exc import DBAPIError

from app.core.clock import Clock
from app.core.document import Document
from app.core.errors import Conflict, NotNow
from app.db.session import TenantTx
from app.repositories import idempotency
from app.repositories.idempotency import forget_expired

__all__ = ["Answer", "Once", "forget_expired", "run_idempotent"]

OTHER_REQUEST = "Под этим номером уже выполнена другая просьба. Повторите её новым сообщением."
STILL_AT_IT = "Такая же просьба как раз выполняется. Подождите немного и повторите."
_LOCK_NOT_AVAILABLE = "55P03"

O_contra = TypeVar("O_contra", contravariant=True)
O = TypeVar("O")  # noqa: E741
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``trace_id`` is of the transaction that did the deed; ``is_repeat``: that was an earlier one."""

    response: Document
    trace_id: str
    is_repeat: bool


def run_idempotent(
    tx: TenantTx,
    operation: str,
    key: str,
    request: Document,
    do: Callable[[], Document],
    *,
    now: datetime,
    ttl: timedelta,
) -> Answer:
    """Do it, or say what was answered when it was done.

    Of two equal requests at once one does it, the other waits for its end and gets its answer; where
    the first one fails, the second does it. A key older than ``ttl`` is free again.

    Raises:
        Conflict: the key belongs to another request.
        NotNow: the first one is still at it.
    """
    request_hash = hash_request(request)
    try:
        is_ours = idempotency.take_key(tx, operation, key, request_hash, now, now + ttl)
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) == _LOCK_NOT_AVAILABLE:
            raise NotNow(STILL_AT_IT) from error
        raise
    if is_ours:
        response = do()
        idempotency.keep_response(tx, operation, key, response)
        return Answer(response=response, trace_id=tx.trace_id, is_repeat=False)
    given = idempotency.find_answer(tx, operation, key, now)
    assert given is not None, "the key was found alive and is locked by this transaction"
    if given.request_hash != request_hash:
        raise Conflict(OTHER_REQUEST)
    return Answer(response=given.response, trace_id=given.trace_id, is_repeat=True)


def hash_request(request: Document) -> bytes:
    """Equal requests have equal hashes, whatever the order of their fields."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, ensure_ascii=False).encode()).digest()


class Case(Protocol[O_contra, R_co]):
    """A use case: one deed in one tenant's transaction."""

    def __call__(self, tx: TenantTx, order: O_contra, /) -> R_co: ...


@dataclass(frozen=True, kw_only=True)
class Once(Generic[O, R]):
    """A use case that writes, called under a key. Its answers (frozen dataclasses) travel as JSON.

    ``names`` are the fields of the order that tell one request from another, all by default; what is
    learnt anew at each try (a token's owner, asked of a marketplace) does not.
    """

    case: Case[O, R]
    answers: type[R]
    clock: Clock
    ttl: timedelta
    names: tuple[str, ...] | None = None

    @cached_property
    def _adapter(self) -> TypeAdapter[R]:
        return TypeAdapter(self.answers)

    def __call__(self, tx: TenantTx, order: O, key: str | None = None) -> R:
        """Without a key it is just done. Raises what the case raises, and as ``run_idempotent``."""
        if key is None:
            return self.case(tx, order)
        answer = run_idempotent(
            tx,
            type(self.case).__name__,
            key,
            self._request(order),
            lambda: self._adapter.dump_python(self.case(tx, order), mode="json"),
            now=self.clock.now(),
            ttl=self.ttl,
        )
        return self._adapter.validate_python(answer.response)

    def answered(self, tx: TenantTx, key: str) -> R | None:
        """What was answered under this key, where it was: for whoever has costly work before the deed."""
        given = idempotency.find_answer(tx, type(self.case).__name__, key, self.clock.now())
        return None if given is None else self._adapter.validate_python(given.response)

    def _request(self, order: Any) -> Document:
        """The order as JSON; a field that ``repr`` does not show is a secret and no part of it."""
        told = {each.name: getattr(order, each.name) for each in fields(order) if each.repr}
        wanted = told if self.names is None else {name: told[name] for name in self.names}
        document: dict[str, Any] = TypeAdapter(dict[str, Any]).dump_python(wanted, mode="json")
        return document

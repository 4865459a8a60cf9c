"""The organisation's changes as its owner reads them: who, when, what, from what to what."""

from dataclasses import dataclass
from datetime import datetime

from app.core.document import Document
from app.core.errors import BadInput, NotFound
from app.db.session import TenantTx
from app.repositories import audit, tenants
from app.repositories.audit import HOUSE_ID, ActorCount
from app.services.analytics.common import pages

__all__ = ["HOUSE_ID", "AuditActor", "AuditLine", "AuditQuery", "AuditReport", "ListAudit"]

PAGE = 8
ACTORS_SHOWN = 12
NAMED = 3
"""People listed in the refusal of a name that fits several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """A page, from 0; of everybody, of one actor (an id, or HOUSE_ID), or of whoever is called so."""

    page: int = 0
    actor_id: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditActor:
    """Somebody who changed something; ``actor_id`` HOUSE_ID is the house itself."""

    actor_id: int
    name: str
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One change. ``before`` or ``after`` None: there was, or is, nothing to say of that side."""

    at: datetime
    actor: str
    action: str
    subject: str
    before: Document | None
    after: Document | None
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """``lines`` of page ``page`` (from 0) of ``pages``; ``who`` None: of everybody."""

    organisation: str
    lines: tuple[AuditLine, ...]
    actors: tuple[AuditActor, ...]
    who: AuditActor | None
    page: int
    pages: int


class ListAudit:
    """The changes, newest first."""

    def __call__(self, tx: TenantTx, query: AuditQuery) -> AuditReport:
        """Raises NotFound for a person who changed nothing, BadInput for a name that fits several."""
        actors = [_actor(each) for each in audit.list_actors(tx)]
        who = _chosen(actors, query)
        actor_id = None if who is None else who.actor_id
        count = pages(audit.count_entries(tx, actor_id=actor_id), PAGE)
        page = min(max(query.page, 0), count - 1)
        entries = audit.list_entries(tx, PAGE, page * PAGE, actor_id=actor_id)
        return AuditReport(
            organisation=tenants.own_tenant(tx).name,
            lines=tuple(
                AuditLine(
                    at=each.at,
                    actor=each.actor,
                    action=each.action,
                    subject=each.subject,
                    before=each.before,
                    after=each.after,
                    trace_id=each.trace_id,
                )
                for each in entries
            ),
            actors=tuple(actors[:ACTORS_SHOWN]),
            who=who,
            page=page,
            pages=count,
        )


def _chosen(actors: list[AuditActor], query: AuditQuery) -> AuditActor | None:
    if query.actor_id is not None:
        found = [each for each in actors if each.actor_id == query.actor_id]
        if not found:
            raise NotFound("Этот человек здесь ничего не менял.")
        return found[0]
    if query.name is None:
        return None
    asked = query.name.casefold()
    exact = [each for each in actors if each.name.casefold() == asked]
    found = exact or [each for each in actors if asked in each.name.casefold()]
    if not found:
        raise NotFound(f"«{query.name}» здесь ничего не менял. Все изменения: /audit")
    if len(found) > 1:
        named = ", ".join(each.name for each in found[:NAMED])
        raise BadInput(f"«{query.name}» подходит нескольким: {named}. Выберите кнопкой в /audit")
    return found[0]


def _actor(count: ActorCount) -> AuditActor:
    return AuditActor(actor_id=count.actor_id, name=count.name, entries=count.entries)

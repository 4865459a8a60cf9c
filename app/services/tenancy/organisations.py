"""The organisations of a person: which there are, which one they look at, what it is called."""

from dataclasses import dataclass, replace

from app.core.errors import Conflict, NotAllowed, NotFound
from app.core.trace import Actor
from app.db.session import PlatformTx
from app.repositories.audit import append_audit
from app.services.tenancy.members import hold_as_owner
from app.services.tenancy.people import NAME_LIMIT, Person, enrol, ensure_user, find_person

MOST_OWNED = 10
"""Organisations one person may own: registration may be open to everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One organisation of a person's, and their role in it."""

    tenant_id: int
    name: str
    role: str
    is_current: bool
    is_demo: bool


def list_organisations(tx: PlatformTx, person: Person) -> tuple[Organisation, ...]:
    """All that the person belongs to, the oldest first."""
    rows = tx.run(
        "SELECT t.id, t.name, m.role, t.is_demo FROM membership m JOIN tenant t ON t.id = m.tenant_id"
        " WHERE m.user_id = :user_id ORDER BY t.id",
        user_id=person.user_id,
    )
    return tuple(
        Organisation(
            tenant_id=row.id,
            name=row.name,
            role=row.role,
            is_current=row.id == person.tenant_id,
            is_demo=row.is_demo,
        )
        for row in rows
    )


def switch_organisation(tx: PlatformTx, person: Person, tenant_id: int) -> Person:
    """Look at another of the person's organisations from now on.

    Raises NotFound for one they do not belong to, in the same words as for one that does not exist.
    """
    moved = tx.run(
        "UPDATE app_user u SET current_tenant_id = m.tenant_id FROM membership m"
        " WHERE u.id = :user_id AND m.user_id = u.id AND m.tenant_id = :tenant_id RETURNING 1",
        user_id=person.user_id,
        tenant_id=tenant_id,
    ).one_or_none()
    if moved is None:
        raise NotFound("В этой организации вас нет. Ваши организации: /org")
    return _again(tx, person.telegram_id)


def rename_organisation(tx: PlatformTx, actor: Person, name: str) -> Person:
    """Raises NotAllowed for whoever does not own it, Conflict where it is called so already."""
    tenant_id = hold_as_owner(tx, actor)
    before = tx.run("SELECT name FROM tenant WHERE id = :id", id=tenant_id).scalar_one()
    if before == name:
        raise Conflict(f"Организация уже называется «{name}».")
    tx.run("UPDATE tenant SET name = :name WHERE id = :id", name=name, id=tenant_id)
    append_audit(tx, "org.renamed", name, before={"name": before}, after={"name": name}, tenant_id=tenant_id)
    return _again(tx, actor.telegram_id)


def found_another(tx: PlatformTx, telegram_id: int, person_name: str, name: str) -> Person:
    """One more organisation, owned by the person, who looks at it from now on.

    Whoever calls has asked whether they may: registration is open, or they administer the installation.

    Raises:
        Conflict: they own as many as one may, or one of that name.
    """
    user_id = ensure_user(tx, telegram_id, person_name)
    tx.run("SELECT 1 FROM app_user WHERE id = :id FOR UPDATE", id=user_id)
    owned = (
        tx.run(
            "SELECT t.name FROM membership m JOIN tenant t ON t.id = m.tenant_id"
            " WHERE m.user_id = :user_id AND m.role = 'owner'",
            user_id=user_id,
        )
        .scalars()
        .all()
    )
    if name in owned:
        raise Conflict(f"Организация «{name}» у вас уже есть. Выбрать её: /org")
    if len(owned) >= MOST_OWNED:
        raise Conflict(f"У вас уже {MOST_OWNED} организаций: больше одному человеку нельзя.")
    tenant_id: int = tx.run(
        "INSERT INTO tenant (name) VALUES (:name) RETURNING id", name=name[:NAME_LIMIT]
    ).scalar_one()
    person = enrol(tx, telegram_id, person_name, tenant_id, "owner")
    append_audit(
        replace(tx, actor=Actor(user_id, person.name)),
        "org.founded",
        name,
        after={"name": name},
        tenant_id=tenant_id,
    )
    return person


def may_found(person: Person | None, *, registration_open: bool) -> bool:
    """May they found an organisation of their own?"""
    return registration_open or (person is not None and person.is_admin)


def demand_founding(person: Person | None, *, registration_open: bool) -> None:
    """Raises NotAllowed with the sentence to show."""
    if not may_found(person, registration_open=registration_open):
        raise NotAllowed("Регистрация закрыта: новую организацию заводит администратор этого Ambar.")


def _again(tx: PlatformTx, telegram_id: int) -> Person:
    person = find_person(tx, telegram_id)
    assert person is not None, "the row was just written in this transaction"
    return person

"""How people come in: the first administrator by a one-time code, others while registration is open.

Everything here is one transaction of the platform role. The code is random (96 bits), so its plain
SHA-256 is all that is stored.
"""

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from app.core.errors import NotAllowed
from app.core.trace import Actor
from app.db.session import PlatformTx
from app.repositories.audit import append_audit
from app.services.tenancy.people import NAME_LIMIT, Person, enrol, ensure_user, find_person

CODE_LIFETIME = timedelta(days=1)


def new_admin_code(tx: PlatformTx, now: datetime) -> str:
    """A fresh one-time code; earlier unused ones are void. Used as /start CODE; shown once, by ``run``,
    by ``admin code`` or to an administrator in the chat."""
    code = secrets.token_urlsafe(12)
    tx.run("DELETE FROM admin_code WHERE used_at IS NULL")
    tx.run("INSERT INTO admin_code (code_hash, created_at) VALUES (:hash, :now)", hash=_hash(code), now=now)
    append_audit(tx, "admin.code", "одноразовый код")
    return code


def has_admin(tx: PlatformTx) -> bool:
    """Whether anybody administers this installation yet."""
    return bool(tx.run("SELECT EXISTS (SELECT 1 FROM app_user WHERE is_admin)").scalar_one())


def claim_admin(tx: PlatformTx, telegram_id: int, name: str, code: str, now: datetime) -> Person:
    """Make the bearer of the code an administrator, with an organisation of their own if they have none.

    Raises NotAllowed where the code is wrong, used or older than a day: one sentence for all three,
    so that nobody learns which.
    """
    given = _hash(code)
    unused = tx.run(
        "SELECT code_hash FROM admin_code WHERE used_at IS NULL AND created_at > :since",
        since=now - CODE_LIFETIME,
    ).scalars()
    matching = [stored for stored in unused if hmac.compare_digest(stored, given)]
    if not matching:
        raise NotAllowed("Код не подходит: он неверный, уже использован или устарел.")
    user_id = ensure_user(tx, telegram_id, name, is_admin=True)
    taken = tx.run(
        "UPDATE admin_code SET used_at = :now, used_by = :user_id"
        " WHERE code_hash = :hash AND used_at IS NULL RETURNING 1",
        now=now,
        user_id=user_id,
        hash=matching[0],
    ).one_or_none()
    if taken is None:  # another update of the same person was quicker
        raise NotAllowed("Код не подходит: он неверный, уже использован или устарел.")
    person = find_person(tx, telegram_id)
    called = person.name if person is not None else name[:NAME_LIMIT]
    append_audit(replace(tx, actor=Actor(user_id, called)), "admin.made", called, after={"by": "code"})
    if person is not None and person.tenant_id is not None:
        return person
    return found_organisation(tx, telegram_id, name)


def found_organisation(tx: PlatformTx, telegram_id: int, name: str) -> Person:
    """A new organisation named after the person, who owns it; the one they have, if they have one.

    Two taps on /start make one organisation: the person's row is locked first.
    """
    user_id = ensure_user(tx, telegram_id, name)
    tx.run("SELECT 1 FROM app_user WHERE id = :id FOR UPDATE", id=user_id)
    person = find_person(tx, telegram_id)
    if person is not None and person.tenant_id is not None:
        return person
    tenant_id: int = tx.run(
        "INSERT INTO tenant (name) VALUES (:name) RETURNING id", name=name[:NAME_LIMIT] or "Моя организация"
    ).scalar_one()
    owner = enrol(tx, telegram_id, name, tenant_id, "owner")
    append_audit(
        replace(tx, actor=Actor(user_id, owner.name)),
        "org.founded",
        owner.organisation,
        after={"name": owner.organisation},
        tenant_id=tenant_id,
    )
    return owner


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()

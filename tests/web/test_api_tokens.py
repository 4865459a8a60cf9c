"""A token: random, kept as a hash, shown once, told of in the changes; and when it was used last."""

import hashlib
from datetime import timedelta

import pytest

from app.core.errors import BadInput, Conflict, NotAllowed, NotFound
from app.core.redact import redact_text
from app.db.session import Database
from app.services.tenancy.api_tokens import (
    MOST_TOKENS,
    add_token,
    cut_token,
    find_caller,
    list_tokens,
    make_token,
    revoke_token,
)
from app.services.tenancy.people import enrol
from tests.support.shelf import NOON
from tests.support.worlds import make_tenant
from tests.web.programs import token

MINUTE = timedelta(minutes=1)


def test_only_its_hash_is_kept(db: Database) -> None:
    made = token(db, make_tenant(db))
    with db.platform() as tx:
        row = tx.run(
            "SELECT token_hash, token_tail, t::text AS whole FROM api_token t WHERE id = :id", id=made.id
        )
        kept = row.one()
    assert bytes(kept.token_hash) == hashlib.sha256(made.secret.encode()).digest()
    assert kept.token_tail == made.secret[-4:]
    assert made.secret not in kept.whole
    assert len(made.secret) == 47


def test_two_tokens_of_one_name_are_two_secrets(db: Database) -> None:
    tenant = make_tenant(db)
    assert token(db, tenant).secret != token(db, tenant).secret


def test_its_last_use_is_known_to_a_minute(db: Database) -> None:
    tenant = make_tenant(db)
    made = token(db, tenant)

    def used() -> object:
        with db.platform() as tx:
            return list_tokens(tx, tenant)[0].last_used_at

    assert used() is None
    caller = find_caller(db, made.secret, NOON)
    assert caller is not None
    assert (caller.tenant_id, caller.role, caller.name) == (tenant, "owner", "1С")
    find_caller(db, made.secret, NOON + MINUTE / 2)
    assert used() == NOON
    find_caller(db, made.secret, NOON + 2 * MINUTE)
    assert used() == NOON + 2 * MINUTE


def test_only_the_owner_makes_and_revokes(db: Database) -> None:
    tenant = make_tenant(db)
    with db.platform() as tx:
        olga = enrol(tx, 6_001, "Ольга", tenant, "owner")
        vera = enrol(tx, 6_002, "Вера", tenant, "manager")
        made = make_token(tx, olga, "  Свой   сайт ", "storekeeper", NOON)
    assert (made.name, made.made_by) == ("Свой сайт", "Ольга")
    for deed in (
        lambda tx: make_token(tx, vera, "x", "owner", NOON),
        lambda tx: revoke_token(tx, vera, made.id, NOON),
    ):
        with pytest.raises(NotAllowed), db.platform() as tx:
            deed(tx)
    other = make_tenant(db, "Другая")
    with pytest.raises(NotFound), db.platform() as tx:
        cut_token(tx, other, made.id, NOON)
    with db.platform() as tx:
        assert revoke_token(tx, olga, made.id, NOON) == "Свой сайт"
    with pytest.raises(NotFound), db.platform() as tx:
        revoke_token(tx, olga, made.id, NOON)
    with db.platform() as tx:
        told = tx.run(
            "SELECT action, subject, actor FROM audit_entry WHERE tenant_id = :t ORDER BY id", t=tenant
        ).all()
    assert [(row.action, row.subject) for row in told] == [
        ("token.made", "Свой сайт"),
        ("token.revoked", "Свой сайт"),
    ]


def test_what_cannot_be_a_token_is_said(db: Database) -> None:
    tenant = make_tenant(db)
    with pytest.raises(BadInput, match="роли"), db.platform() as tx:
        add_token(tx, tenant, "x", "boss", NOON)
    with pytest.raises(BadInput, match="название"), db.platform() as tx:
        add_token(tx, tenant, "  ", "owner", NOON)
    with pytest.raises(NotFound), db.platform() as tx:
        add_token(tx, 9_000_000, "x", "owner", NOON)
    with db.platform() as tx:
        for _ in range(MOST_TOKENS):
            add_token(tx, tenant, "x", "owner", NOON)
    with pytest.raises(Conflict, match=str(MOST_TOKENS)), db.platform() as tx:
        add_token(tx, tenant, "x", "owner", NOON)


def test_a_demo_has_no_programs(db: Database) -> None:
    tenant = make_tenant(db, is_demo=True)
    with pytest.raises(NotAllowed, match="демонстрация"), db.platform() as tx:
        make_token(tx, enrol(tx, 6_003, "Гость", tenant, "owner"), "x", "owner", NOON)


def test_a_token_does_not_stand_in_a_log(db: Database) -> None:
    made = token(db, make_tenant(db))
    assert redact_text(f"прислали {made.secret}, спасибо") == "прислали ***, спасибо"

"""How people come in: one code makes one administrator, once."""

from datetime import timedelta

import pytest

from app.core.errors import NotAllowed
from app.services.tenancy import people, registration


def claim(db, clock, telegram_id, code):
    with db.platform() as tx:
        return registration.claim_admin(tx, telegram_id, "Ольга", code, clock.now())


def new_code(db, clock):
    with db.platform() as tx:
        return registration.new_admin_code(tx, clock.now())


def test_a_code_makes_an_administrator_with_an_organisation_once(db, clock):
    code = new_code(db, clock)
    olga = claim(db, clock, 101, code)
    assert olga.is_admin
    assert olga.role == "owner"
    assert olga.organisation == "Ольга"
    with pytest.raises(NotAllowed, match="уже использован"):
        claim(db, clock, 102, code)
    with db.platform() as tx:
        assert registration.has_admin(tx)
        assert people.find_person(tx, 102) is None


def test_the_code_itself_is_not_stored(db, clock):
    code = new_code(db, clock)
    with db.platform() as tx:
        stored = tx.run("SELECT string_agg(code_hash, ' ') FROM admin_code").scalar_one()
    assert code not in stored


def test_a_new_code_voids_the_one_before(db, clock):
    old, new = new_code(db, clock), new_code(db, clock)
    with pytest.raises(NotAllowed):
        claim(db, clock, 103, old)
    assert claim(db, clock, 103, new).is_admin


def test_a_code_of_the_day_before_yesterday_is_stale(db, clock):
    code = new_code(db, clock)
    clock.advance(timedelta(days=1, seconds=1))
    with pytest.raises(NotAllowed):
        claim(db, clock, 104, code)


def test_an_owner_who_brings_the_code_keeps_the_organisation(db, clock):
    with db.platform() as tx:
        owner = registration.found_organisation(tx, 105, "Пётр")
    admin = claim(db, clock, 105, new_code(db, clock))
    assert admin.tenant_id == owner.tenant_id
    assert admin.is_admin


def test_two_starts_make_one_organisation(db):
    with db.platform() as tx:
        first = registration.found_organisation(tx, 106, "Анна")
    with db.platform() as tx:
        second = registration.found_organisation(tx, 106, "Анна")
    assert first.tenant_id == second.tenant_id


def test_whoever_writes_again_is_not_blocked_any_more(db, clock):
    with db.platform() as tx:
        registration.found_organisation(tx, 107, "Вера")
        people.mark_blocked(tx, 107, clock.now())
    with db.platform() as tx:
        people.find_person(tx, 107)
        assert tx.run("SELECT blocked_at FROM app_user WHERE telegram_id = 107").scalar_one() is None

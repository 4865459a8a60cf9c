"""The stamp of a tenant's figures: once a transaction, with it or not at all, and nobody waits for it."""

import pytest

from app.db.figures import Stamp, has_moved, move_stamp, read_stamp
from app.db.session import Database
from tests.support.worlds import make_tenant


@pytest.fixture
def tenant(db: Database) -> int:
    return make_tenant(db)


def version(db: Database, tenant_id: int) -> int:
    with db.tenant(tenant_id) as tx:
        stamp = read_stamp(tx)
    return 0 if stamp is None else stamp.version


def test_a_transaction_moves_the_stamp_once(db: Database, tenant: int) -> None:
    assert version(db, tenant) == 0
    for times in (1, 2):
        with db.tenant(tenant) as tx:
            move_stamp(tx)
            move_stamp(tx)
        assert version(db, tenant) == times


def move(db: Database, tenant_id: int) -> Stamp:
    with db.tenant(tenant_id) as tx:
        move_stamp(tx)
    with db.tenant(tenant_id) as tx:
        stamp = read_stamp(tx)
    assert stamp is not None
    return stamp


@pytest.mark.parametrize("backup_holds", [0, 1])
def test_an_equal_count_is_not_an_equal_stamp(db: Database, tenant: int, backup_holds: int) -> None:
    """A backup is restored, and then other figures come."""
    early = move(db, tenant) if backup_holds else None
    before = move(db, tenant)
    with db.tenant(tenant) as tx:
        tx.run("DELETE FROM figures_stamp WHERE tenant_id = :tenant_id")
        if early is not None:
            restored = "INSERT INTO figures_stamp (tenant_id, version, moved_at) VALUES (:tenant_id, 1, :at)"
            tx.run(restored, at=early.moved_at)
    after = move(db, tenant)
    assert after.version == before.version
    assert after != before


def test_a_transaction_rolled_back_moves_nothing(db: Database, tenant: int) -> None:
    with db.tenant(tenant) as tx:
        move_stamp(tx)
        tx.session.rollback()
    assert version(db, tenant) == 0


def test_a_savepoint_is_no_commit(db: Database, tenant: int) -> None:
    """Moved in a savepoint that is undone, the stamp moves all the same: once too often does no harm."""
    with db.tenant(tenant) as tx:
        with tx.session.begin_nested():
            move_stamp(tx)
        assert read_stamp(tx) is None
        undone = tx.session.begin_nested()
        move_stamp(tx)
        undone.rollback()
    assert version(db, tenant) == 1


def test_whoever_changes_figures_sees_that_no_stamp_speaks_of_them(db: Database, tenant: int) -> None:
    with db.tenant(tenant) as tx:
        assert not has_moved(tx)
        move_stamp(tx)
        assert has_moved(tx)
    with db.tenant(tenant) as tx:
        assert not has_moved(tx)


def test_two_long_writers_do_not_wait_for_each_other(db: Database, tenant: int) -> None:
    with db.tenant(tenant) as night:
        move_stamp(night)
        with db.tenant(tenant) as person:
            person.run("SET LOCAL lock_timeout = '1s'")
            move_stamp(person)
        assert version(db, tenant) == 1
    assert version(db, tenant) == 2


def test_the_stamp_is_the_tenants_own(db: Database, tenant: int) -> None:
    neighbour = make_tenant(db)
    with db.tenant(tenant) as tx:
        move_stamp(tx)
    assert (version(db, tenant), version(db, neighbour)) == (1, 0)

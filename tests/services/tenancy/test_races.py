"""Two people at once, on two connections: one invite lets one in, an organisation keeps an owner."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from app.core.clock import FixedClock
from app.core.errors import AmbarError, Conflict, NotAllowed
from app.db.session import Database, PlatformTx
from app.services.tenancy.invites import accept_invite, make_invite
from app.services.tenancy.members import change_role, list_members, remove_member
from app.services.tenancy.organisations import found_another, rename_organisation
from app.services.tenancy.people import Person, enrol
from app.services.tenancy.registration import claim_admin, new_admin_code
from tests.support.worlds import make_tenant

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database" \
    " WHERE datname = current_database()) OR NOT granted AND locktype = 'transactionid'"  # fmt: skip
_IDS = iter(range(9_000_001, 9_100_000))


@pytest.fixture
def beside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


def person(db: Database, tenant_id: int, role: str = "owner", name: str = "Кто-то") -> Person:
    with db.platform() as tx:
        return enrol(tx, next(_IDS), name, tenant_id, role)


def owners(db: Database, tenant_id: int) -> int:
    with db.platform() as tx:
        return sum(each.role == "owner" for each in list_members(tx, tenant_id))


def at_once(
    db: Database,
    threads: ThreadPoolExecutor,
    first: Callable[[PlatformTx], Any],
    second: Callable[[PlatformTx], Any],
) -> list[Any]:
    """What the two ended with: the second begins while the first has done its work and not committed yet."""

    def hop(work: Callable[[PlatformTx], Any]) -> Any:
        try:
            with db.platform() as tx:
                return work(tx)
        except AmbarError as refusal:
            return refusal

    with db.platform() as tx:
        done = first(tx)
        other: Future[Any] = threads.submit(hop, second)
        deadline = time.monotonic() + 5
        while not other.done() and not tx.run(WAITING).scalar_one() and time.monotonic() < deadline:
            time.sleep(0.01)
    return [done, other.result(10)]


def test_of_two_people_with_one_link_the_first_gets_in(
    db: Database, clock: FixedClock, beside: ThreadPoolExecutor
) -> None:
    olga = person(db, make_tenant(db))
    with db.platform() as tx:
        code = make_invite(tx, olga, "manager", clock.now()).code
    joined, refused = at_once(
        db,
        beside,
        lambda tx: accept_invite(tx, next(_IDS), "Вера", code, clock.now()),
        lambda tx: accept_invite(tx, next(_IDS), "Вор", code, clock.now()),
    )
    assert joined.person.name == "Вера"
    assert isinstance(refused, Conflict)
    assert olga.tenant_id is not None
    with db.platform() as tx:
        assert {each.name for each in list_members(tx, olga.tenant_id)} == {"Кто-то", "Вера"}
        assert not tx.run("SELECT count(*) FROM app_user WHERE name = 'Вор'").scalar_one()


def test_of_many_people_with_one_link_one_gets_in(
    db: Database, clock: FixedClock, beside: ThreadPoolExecutor
) -> None:
    olga = person(db, make_tenant(db))
    with db.platform() as tx:
        code = make_invite(tx, olga, "manager", clock.now()).code

    def opens(telegram_id: int) -> bool:
        try:
            with db.platform() as tx:
                accept_invite(tx, telegram_id, "Кто-то ещё", code, clock.now())
        except Conflict:
            return False
        return True

    assert sum(beside.map(opens, [next(_IDS) for _ in range(12)])) == 1


def test_one_person_with_two_links_at_once_is_in_once(
    db: Database, clock: FixedClock, beside: ThreadPoolExecutor
) -> None:
    olga, vera = person(db, make_tenant(db)), next(_IDS)
    with db.platform() as tx:
        codes = [make_invite(tx, olga, role, clock.now()).code for role in ("manager", "analyst")]
    first, second = at_once(
        db,
        beside,
        lambda tx: accept_invite(tx, vera, "Вера", codes[0], clock.now()),
        lambda tx: accept_invite(tx, vera, "Вера", codes[1], clock.now()),
    )
    assert (first.was_member, second.was_member) == (False, True)
    assert second.role == "manager"


@pytest.mark.parametrize("deed", ["demote", "remove"])
def test_two_owners_who_put_each_other_out_leave_one(
    db: Database, clock: FixedClock, beside: ThreadPoolExecutor, deed: str
) -> None:
    tenant_id = make_tenant(db)
    olga, boris = person(db, tenant_id), person(db, tenant_id)

    def puts_out(actor: Person, other: Person) -> Callable[[PlatformTx], Any]:
        if deed == "remove":
            return lambda tx: remove_member(tx, actor, other.user_id, clock.now())
        return lambda tx: change_role(tx, actor, other.user_id, "analyst", clock.now())

    _, refused = at_once(db, beside, puts_out(olga, boris), puts_out(boris, olga))
    assert isinstance(refused, NotAllowed), refused
    assert owners(db, tenant_id) == 1


def test_two_owners_who_leave_at_once_leave_one(
    db: Database, clock: FixedClock, beside: ThreadPoolExecutor
) -> None:
    tenant_id = make_tenant(db)
    olga, boris = person(db, tenant_id), person(db, tenant_id)
    _, refused = at_once(
        db,
        beside,
        lambda tx: remove_member(tx, olga, olga.user_id, clock.now()),
        lambda tx: remove_member(tx, boris, boris.user_id, clock.now()),
    )
    assert isinstance(refused, Conflict), refused
    assert owners(db, tenant_id) == 1


def test_whoever_is_put_out_while_they_invite_invites_nobody(
    db: Database, clock: FixedClock, beside: ThreadPoolExecutor
) -> None:
    tenant_id = make_tenant(db)
    olga, boris = person(db, tenant_id), person(db, tenant_id)
    _, refused = at_once(
        db,
        beside,
        lambda tx: remove_member(tx, olga, boris.user_id, clock.now()),
        lambda tx: make_invite(tx, boris, "owner", clock.now()),
    )
    assert isinstance(refused, NotAllowed), refused


def test_work_of_an_organisation_goes_on_while_its_people_change(db: Database, clock: FixedClock) -> None:
    """The lock on the organisation's row does not stop whoever refers to it: jobs, events, cabinets."""
    olga = person(db, make_tenant(db))
    with db.platform() as tx:
        make_invite(tx, olga, "manager", clock.now())
        with db.platform() as other:
            other.run("SET LOCAL lock_timeout = '500ms'")
            other.run(
                "INSERT INTO job (tenant_id, job_type, trace_id) VALUES (:id, 'collect', 't')",
                id=olga.tenant_id,
            )


def test_only_an_owner_renames_though_the_door_was_open(db: Database) -> None:
    tenant_id = make_tenant(db)
    person(db, tenant_id)
    vera = person(db, tenant_id, "manager")
    with pytest.raises(NotAllowed), db.platform() as tx:
        rename_organisation(tx, vera, "Чужое имя")


def test_two_messages_found_one_organisation(db: Database, beside: ThreadPoolExecutor) -> None:
    olga = person(db, make_tenant(db))
    founded, refused = at_once(
        db,
        beside,
        lambda tx: found_another(tx, olga.telegram_id, olga.name, "Лютик"),
        lambda tx: found_another(tx, olga.telegram_id, olga.name, "Лютик"),
    )
    assert founded.organisation == "Лютик"
    assert isinstance(refused, Conflict)


def test_of_two_people_with_one_code_one_administers(
    db: Database, clock: FixedClock, beside: ThreadPoolExecutor
) -> None:
    with db.platform() as tx:
        code = new_admin_code(tx, clock.now())
    admin, refused = at_once(
        db,
        beside,
        lambda tx: claim_admin(tx, next(_IDS), "Яна", code, clock.now()),
        lambda tx: claim_admin(tx, next(_IDS), "Вор", code, clock.now()),
    )
    assert admin.is_admin
    assert isinstance(refused, NotAllowed)

"""The tenant wall at the API: another's token, another's numbers in every field, a role too small."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app.core.config import Settings
from app.db.session import Database
from app.domain.warehouse.movements import Line, Reason
from app.services.tenancy.api_tokens import cut_token, make_token
from app.services.tenancy.members import change_role, remove_member
from app.services.tenancy.people import enrol
from tests.support.shelf import NOON, Shelf
from tests.web.programs import Program, Reply, serving, token

NOBODYS = 9_000_000_000
"""A number that nothing has yet."""


@dataclass(frozen=True, slots=True)
class House:
    """An organisation with goods, and the numbers of what is in it."""

    shelf: Shelf
    secret: str
    ids: Mapping[str, int]

    @property
    def tenant_id(self) -> int:
        return self.shelf.tenant_id


def house(db: Database) -> House:
    """Ten pieces of a lot in a place of two, two of them promised. Both houses call it all alike."""
    shelf = Shelf(db)
    item, place, other = shelf.item("KRS-42"), shelf.place("A-1"), shelf.place("A-2")
    lot = shelf.lot(item, date(2027, 5, 31))
    shelf.do(Reason.RECEIPT, Line(item_id=item, qty=10, location_id=place, lot_id=lot), ref="R-1")
    with db.tenant(shelf.tenant_id) as tx:
        document = tx.run("SELECT id FROM stock_document WHERE tenant_id = :tenant_id").scalar_one()
    made = shelf.do(Reason.RESERVE, Line(item_id=item, qty=2), ref="V-1")
    hold = made.lines[0].entries[0].hold_id
    assert hold is not None
    ids = {
        "item_id": item,
        "location_id": place,
        "to_location_id": other,
        "lot_id": lot,
        "hold_id": hold,
        "document": document,
    }
    return House(shelf, token(db, shelf.tenant_id).secret, ids)


@pytest.fixture(scope="module")
def mine(db: Database) -> House:
    return house(db)


@pytest.fixture(scope="module")
def theirs(db: Database, mine: House) -> House:
    return house(db)


@pytest.fixture
async def program(mine: House, settings: Settings, tmp_path: Path) -> AsyncIterator[Program]:
    async with serving(mine.shelf.db, settings, tmp_path) as client:
        yield Program(client, mine.secret)


FIELDS: Mapping[str, tuple[str, ...]] = {
    "/inbound/receive": ("item_id", "location_id", "lot_id"),
    "/inbound/return": ("item_id", "location_id", "lot_id"),
    "/putaway": ("item_id", "location_id", "to_location_id", "lot_id"),
    "/move": ("item_id", "location_id", "to_location_id", "lot_id"),
    "/reserve": ("item_id", "location_id", "lot_id"),
    "/release": ("hold_id",),
    "/ship": ("hold_id",),
    "/count": ("item_id", "location_id", "lot_id"),
    "/adjust": ("item_id", "location_id", "lot_id"),
    "/write_off": ("item_id", "location_id", "lot_id"),
    "/outbound/commit": ("item_id", "location_id", "lot_id"),
    "/outbound/to_marketplace": ("item_id", "location_id", "lot_id"),
}
"""Every address that moves goods, and every number in one of its lines."""

MORE: Mapping[str, Mapping[str, Any]] = {
    "/outbound/to_marketplace": {"marketplace": "WB", "supply": "9041"},
}
READS = ("/snapshot/inventory", "/stock/query", "/items", "/locations", "/holds", "/orders")


def line(path: str, ids: Mapping[str, int], **other: int) -> dict[str, int]:
    """A line that is right but for ``other``."""
    more = {"qty": 5, "version": 2} if path == "/count" else {"qty": 1}
    return {**{name: ids[name] for name in FIELDS[path]}, **more, **other}


def told(reply: Reply, field: str, number: int) -> str:
    """All that a reply teaches, but for its trace and the number that was asked with in this field."""
    error = {name: value for name, value in reply.body["error"].items() if name != "trace_id"}
    blank = re.sub(rf"('{field}': ){number}\b", r"\1N", str(error))
    return f"{reply.status} {blank}"


@pytest.mark.parametrize("path", FIELDS)
async def test_anothers_number_is_as_good_as_one_that_nothing_has(
    program: Program, mine: House, theirs: House, path: str
) -> None:
    before, ours_before = theirs.shelf.counts(), mine.shelf.counts()
    for field in FIELDS[path]:
        learnt = set()
        for number in (theirs.ids[field], NOBODYS):
            wrong = line(path, mine.ids, **{field: number})
            reply = await program.posts(path, f"X-{path}-{field}", wrong, **MORE.get(path, {}))
            assert reply.status in (404, 409), (field, reply.body)
            learnt.add(told(reply, field, number))
        assert len(learnt) == 1, field
    assert theirs.shelf.counts() == before
    assert mine.shelf.counts() == ours_before


@pytest.mark.parametrize("path", FIELDS)
async def test_the_same_line_with_own_numbers_goes_through(db: Database, program: Program, path: str) -> None:
    """Or the refusals above would prove nothing."""
    own = house(db)
    reply = await Program(program.client, own.secret).posts(
        path, f"G-{path}", line(path, own.ids), **MORE.get(path, {})
    )
    assert (reply.status, reply.body["status"]) == (200, "OK"), reply.body


async def test_anothers_document_is_not_undone(program: Program, theirs: House) -> None:
    before = theirs.shelf.counts()
    replies = [
        await program.posts(f"/documents/{number}/reverse") for number in (theirs.ids["document"], NOBODYS)
    ]
    assert [(each.status, each.code) for each in replies] == [(409, "conflict")] * 2
    assert replies[0].body["error"]["message"] == replies[1].body["error"]["message"]
    assert theirs.shelf.counts() == before


async def test_reads_show_nothing_of_another(program: Program, mine: House, theirs: House) -> None:
    there = Program(program.client, theirs.secret)
    for path in READS:
        ours, others = (await program.gets(path)).body, (await there.gets(path)).body
        for name in ("item_id", "location_id", "hold_id"):
            assert numbers(ours, name).isdisjoint(numbers(others, name)), path
    assert numbers((await program.gets("/stock/query")).body, "item_id") == {mine.ids["item_id"]}
    for query in ({"item_id": theirs.ids["item_id"]}, {"location_id": theirs.ids["location_id"]}):
        assert (await program.gets("/stock/query", empty="true", **query)).body == {"balances": []}
    past = await program.gets("/stock/query", item_id=theirs.ids["item_id"], at="2030-01-01T00:00:00Z")
    assert past.body == {"balances": []}
    assert (await program.gets("/holds", item_id=theirs.ids["item_id"])).body == {"holds": []}


def numbers(body: Any, name: str) -> set[int]:
    """Every number of that name, however deep."""
    if isinstance(body, list):
        return {number for each in body for number in numbers(each, name)}
    if isinstance(body, dict):
        own = {body[name]} if isinstance(body.get(name), int) else set()
        return own | {number for each in body.values() for number in numbers(each, name)}
    return set()


async def test_one_number_of_a_document_is_each_organisations_own(
    program: Program, mine: House, theirs: House
) -> None:
    for one in (mine, theirs):
        there = Program(program.client, one.secret)
        reply = await there.posts("/inbound/receive", "SAME", line("/inbound/receive", one.ids))
        assert reply.body["status"] == "OK"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer amb_",
        f"Bearer amb_{'x' * 43}",
        "Bearer {tail}",
        "{secret}",
    ],
)
async def test_what_is_no_token_in_force_opens_nothing(program: Program, mine: House, header: str) -> None:
    said = header.format(tail=mine.secret[-43:], secret=mine.secret)
    for path in READS:
        reply = await program.asks("GET", path, headers={"Authorization": said})
        assert (reply.status, reply.code) == (401, "unauthorized")
        assert reply.headers["WWW-Authenticate"] == "Bearer"


async def test_a_revoked_token_opens_nothing_from_that_moment(
    db: Database, program: Program, mine: House
) -> None:
    made = token(db, mine.tenant_id, name="Сканер")
    scanner = Program(program.client, made.secret)
    assert (await scanner.gets("/items")).status == 200
    with db.platform() as tx:
        assert cut_token(tx, mine.tenant_id, made.id, NOON) == "Сканер"
    assert (await scanner.gets("/items")).status == 401
    refused = await scanner.posts("/inbound/receive", "R-9", line("/inbound/receive", mine.ids))
    assert refused.status == 401


@pytest.mark.parametrize("leaves", [True, False])
async def test_the_tokens_of_whoever_owns_no_more_die_with_that(
    db: Database, program: Program, leaves: bool
) -> None:
    own = house(db)
    with db.platform() as tx:
        olga = enrol(tx, 5_001, "Ольга", own.tenant_id, "owner")
        boris = enrol(tx, 5_002, "Борис", own.tenant_id, "owner")
        kept, gone = (make_token(tx, who, who.name, "storekeeper", NOON).secret for who in (olga, boris))
    with db.platform() as tx:
        if leaves:
            remove_member(tx, olga, boris.user_id, NOON)
        else:
            change_role(tx, olga, boris.user_id, "analyst", NOON)
    found = [
        (await Program(program.client, each).gets("/stock/query")).status for each in (kept, gone, own.secret)
    ]
    assert found == [200, 401, 200]


MOVERS = frozenset({"owner", "manager", "storekeeper"})
EVERYBODY = MOVERS | {"analyst"}
MAY: Mapping[str, frozenset[str]] = {
    **dict.fromkeys([*FIELDS, "/documents/7/reverse", "/orders"], MOVERS),
    **dict.fromkeys(["/snapshot/inventory", "/stock/query", "/items", "/locations", "/holds"], EVERYBODY),
}
"""Who may ask what, written down by hand: the same as in the chat."""


@pytest.mark.parametrize("role", sorted(EVERYBODY))
async def test_a_role_may_what_it_may_in_the_chat(
    db: Database, program: Program, mine: House, role: str
) -> None:
    one = Program(program.client, token(db, mine.tenant_id, role).secret)
    for path, may in MAY.items():
        reply = await (one.gets(path) if path in READS else one.posts(path))
        # What is let in comes as far as the check of what it brought.
        expected = {200, 409, 422} if role in may else {403}
        assert reply.status in expected, (path, reply.body)

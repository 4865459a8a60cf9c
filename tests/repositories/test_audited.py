"""Every service that writes says under which trace, notes who did it, and notes nothing where nothing was
changed."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.bot.cases import build_cases
from app.core.clock import FixedClock
from app.core.config import Settings
from app.core.crypto import Vault
from app.domain.warehouse.movements import Line, Reason, StockDocument
from app.queue.postgres import PostgresQueue
from app.repositories import audit, catalogue, items, listings, places
from app.services.costs import CostChange, NewCost, SetCostPrice, UndoCost
from app.services.idempotency import Once
from app.services.jobs import CollectOrder, RecalcOrder, RequestCollect, RequestRecalc
from app.services.ledger.posting import PostStock
from app.services.reviews import RecordAnswer, ReviewAnswer
from app.services.tenancy.cabinets import CabinetName, CabinetSwitch, RenameCabinet, SwitchCabinet
from app.services.tenancy.connect import CheckedToken, StoreAccount
from app.services.warehouse.drafts import KeepDraft
from app.services.warehouse.item_making import CardsToItems, MakeItem, MakeItemsOfCards, NewItemOrder
from app.services.warehouse.listings import (
    ConfirmSure,
    DecideLink,
    LinkDecision,
    LinkListing,
    ListingLink,
    SureLinks,
)
from app.services.warehouse.moves import DrawMove
from app.services.warehouse.orders import CloseOrder, OrderRef, PauseOrder, ShipOrder, TakeUpOrder
from tests.repositories.conftest import Org

TOKEN = CheckedToken(
    marketplace="WB",
    seller_key="sid",
    name="Кабинет",
    kind="",
    scopes=(),
    missing_scopes=(),
    expires_at=None,
    notes=(),
    secret="very-secret-token",
)
PERIOD = RecalcOrder(d_from=date(2026, 11, 1), d_to=date(2026, 11, 15))


@dataclass(slots=True)
class House:
    """The cases as the chat has them, for one organisation."""

    org: Org
    cases: Any

    def do(self, case: type, order: Any, trace: str) -> Any:
        with self.org.tx(trace) as tx:
            return self.cases[case](tx, order)

    def noted(self) -> list[audit.Entry]:
        with self.org.tx() as tx:
            return audit.list_entries(tx, 10)


@pytest.fixture
def house(mine: Org, clock: FixedClock, settings: Settings) -> House:
    with mine.tx() as tx:
        catalogue.ensure_sku(tx, mine.account_id, "OZON", ozon_id=5, article="KRS-42")
    return House(mine, build_cases(settings, clock, Vault(bytes(32)), PostgresQueue(clock=clock)))


def cost(house: House) -> Any:
    return house.do(SetCostPrice, NewCost(article="KRS-42", price=Decimal(350)), "before")


def review(house: House) -> ReviewAnswer:
    """One that waits for an answer."""
    with house.org.tx() as tx:
        tx.run(
            "INSERT INTO reviews (tenant_id, account_id, marketplace, review_id, created_at_utc, rating,"
            " has_media, reply_status)"
            " VALUES (:tenant_id, :account, 'WB', 'r-1', '2026-11-01T00:00Z', 5, false, 'new')",
            account=house.org.account_id,
        )
    return ReviewAnswer(account_id=house.org.account_id, review_id="r-1", text="Спасибо!")


def link(house: House, *, decides: bool = False) -> Any:
    """The house's listing, and an item of its article that is scanned as it is."""
    with house.org.tx() as tx:
        sku = catalogue.find_by_article(tx, "KRS-42")[0].id
        item = items.make_items(tx, [items.NewItem(article="KRS-42", barcodes=("460",))])["krs-42"]
        tx.run(
            "INSERT INTO sku_barcode (tenant_id, account_id, barcode, sku_id)"
            " VALUES (:tenant_id, :account, '460', :sku)",
            account=house.org.account_id,
            sku=sku,
        )
        listings.propose_links(tx)
    if decides:
        return LinkDecision(sku_id=sku, item_id=item, is_it=True)
    return ListingLink(sku_id=sku, typed="KRS-42")


def sure(house: House) -> SureLinks:
    link(house)
    return SureLinks()


def order(house: House, *, has_goods: bool = False) -> OrderRef:
    """One that wants a piece; ``has_goods``: it lies there, promised to it."""
    post = PostStock(clock=FixedClock(datetime.now(UTC)), day_zone=ZoneInfo("Europe/Moscow"))
    with house.org.tx() as tx:
        item = items.make_items(tx, [items.NewItem(article="KRS-42")])["krs-42"]
        (place,) = places.ensure_places(tx, ["A-01"]).values()
        made = tx.run(
            "INSERT INTO customer_order (tenant_id, number) VALUES (:tenant_id, 'N-1') RETURNING id"
        )
        number = int(made.scalar_one())
        tx.run(
            "INSERT INTO customer_order_line (tenant_id, order_id, line, item_id, qty)"
            " VALUES (:tenant_id, :number, 1, :item, 1)",
            number=number,
            item=item,
        )
        if has_goods:
            came = [Line(qty=1, item_id=item, location_id=place)]
            post(tx, StockDocument(reason=Reason.RECEIPT, ref="came", lines=came))
            wanted = [Line(qty=1, item_id=item)]
            post(tx, StockDocument(reason=Reason.RESERVE, ref="kept", lines=wanted, order_id=number))
    return OrderRef(order_id=number)


def aside(house: House) -> OrderRef:
    ref = order(house)
    house.do(PauseOrder, ref, "before")
    return ref


DEEDS: dict[type, tuple[str, Callable[[House], Any]]] = {
    MakeItem: ("item.made", lambda house: NewItemOrder(article="KRS-43")),
    MakeItemsOfCards: ("items.made", lambda house: CardsToItems(account_id=house.org.account_id)),
    DecideLink: ("item.linked", lambda house: link(house, decides=True)),
    LinkListing: ("item.linked", link),
    ConfirmSure: ("items.linked", sure),
    SetCostPrice: ("cost.set", lambda house: NewCost(article="KRS-42", price=Decimal("350.50"))),
    UndoCost: ("cost.undone", lambda house: CostChange(change_id=cost(house).change_id)),
    RequestCollect: ("collect.asked", lambda house: CollectOrder()),
    RequestRecalc: ("recalc.asked", lambda house: PERIOD),
    RecordAnswer: ("review.answered", review),
    ShipOrder: ("stock.posted", lambda house: order(house, has_goods=True)),
    PauseOrder: ("order.paused", order),
    TakeUpOrder: ("order.resumed", aside),
    CloseOrder: ("order.closed", order),
    StoreAccount: ("cabinet.connected", lambda house: TOKEN),
    SwitchCabinet: ("cabinet.off", lambda house: CabinetSwitch(account_id=house.org.account_id, on=False)),
    RenameCabinet: (
        "cabinet.renamed",
        lambda house: CabinetName(account_id=house.org.account_id, name="Новое"),
    ),
}

DRAWS = {DrawMove, KeepDraft}
"""What is only shown has changed nothing yet."""


@pytest.mark.parametrize("case", DEEDS)
def test_a_write_is_noted_under_the_trace_that_it_answers_with(house: House, case: type) -> None:
    action, order = DEEDS[case]
    done = house.do(case, order(house), "the-trace")
    entry = house.noted()[0]
    assert done.trace_id == "the-trace"
    assert (entry.action, entry.trace_id, entry.actor, entry.actor_id) == (action, "the-trace", "Ольга", 7)
    assert "secret" not in str(entry)


def test_every_case_of_the_chat_that_writes_is_among_them(house: House) -> None:
    writing = {case: deed for case, deed in house.cases.items() if isinstance(deed, Once)}
    assert writing.keys() == DEEDS.keys() | DRAWS
    for deed in writing.values():
        assert "trace_id" in {each.name for each in fields(deed.answers)}


def test_a_cost_is_noted_with_what_it_was(house: House) -> None:
    cost(house)
    house.do(SetCostPrice, NewCost(article="KRS-42", price=Decimal("360")), "again")
    entry = house.noted()[0]
    assert entry.before == {"price": "350.00", "since": "2026-11-20"}
    assert entry.after == {"price": "360", "since": "2026-11-20"}


def test_a_cost_that_is_so_already_is_no_change(house: House) -> None:
    cost(house)
    same = cost(house)
    assert same.change_id is None
    assert len(house.noted()) == 1
    with house.org.tx() as tx:
        assert tx.run("SELECT count(*) FROM cost_change WHERE tenant_id = :tenant_id").scalar() == 1


@pytest.mark.parametrize(("case", "order"), [(RequestRecalc, PERIOD), (RequestCollect, CollectOrder())])
def test_a_request_that_joins_a_job_is_no_change(house: House, case: type, order: object) -> None:
    first = house.do(case, order, "first")
    second = house.do(case, order, "second")
    assert second.job_id == first.job_id
    assert [entry.trace_id for entry in house.noted()] == ["first"]


def test_a_cost_leads_to_the_figures_it_changed(house: House) -> None:
    """The journal of figures has the trace of the change, not a word for all of them."""
    with house.org.tx() as tx:
        tx.run("SELECT ambar_make_partitions('metrics_daily', '2026-11-20', '2026-11-20')")
        sku = catalogue.find_by_article(tx, "KRS-42")[0].id
        tx.run(
            "INSERT INTO daily_sales (tenant_id, account_id, d, sku_id, warehouse_id, channel, currency, qty,"
            " revenue_gross, src_hash) SELECT :tenant_id, :account, '2026-11-20', :sku, 1, 'FBO', 'RUB', 1,"
            " 1000, ''",
            account=house.org.account_id,
            sku=sku,
        )
        tx.run(
            "INSERT INTO metrics_daily (tenant_id, account_id, d, sku_id, currency, is_preliminary)"
            " SELECT :tenant_id, :account, '2026-11-20', :sku, 'RUB', true",
            account=house.org.account_id,
            sku=sku,
        )
    house.do(
        SetCostPrice, NewCost(article="KRS-42", price=Decimal(350), since=date(2026, 11, 20)), "the-trace"
    )
    with house.org.tx() as tx:
        assert set(tx.run("SELECT trace_id FROM figure_change WHERE tenant_id = :tenant_id").scalars()) == {
            "the-trace"
        }

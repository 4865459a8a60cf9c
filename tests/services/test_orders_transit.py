"""Goods sent to a marketplace are on their way until it has accepted them; nothing is sent twice."""

from datetime import timedelta

import pytest

from app.core.errors import NotFound
from app.db.session import Database
from app.domain.warehouse.movements import Line, Reason, Status
from app.repositories import transit
from app.repositories.transit import AdviceParts, GapNews
from app.services.warehouse.transit import (
    ListSupplies,
    OwnItem,
    OwnQuery,
    OwnStock,
    ShowOwn,
    ShowTrip,
    SuppliesQuery,
    TripQuery,
    supply_note,
)
from tests.support.counter import YESTERDAY, Counter
from tests.support.shelf import TODAY


@pytest.fixture
def counter(db: Database) -> Counter:
    return Counter(db)


@pytest.fixture
def chair(counter: Counter) -> int:
    item = counter.item("KRS-42")
    counter.receive(item, counter.here, 50)
    return item


def own(counter: Counter, article: str = "KRS-42") -> OwnStock:
    with counter.db.tenant(counter.tenant_id) as tx:
        return ShowOwn()(tx, OwnQuery(article=article))


def card(counter: Counter) -> OwnItem:
    (found,) = own(counter).items
    return found


def noticed(counter: Counter, days: int = 0) -> int:
    """A night later by some days looks; how many differences are news."""
    with counter.db.tenant(counter.tenant_id) as tx:
        return transit.note_gaps(tx, YESTERDAY + timedelta(days=days))


def news(counter: Counter, days: int = 0) -> list[GapNews]:
    with counter.db.tenant(counter.tenant_id) as tx:
        return transit.list_gap_news(tx, YESTERDAY + timedelta(days=days))


def parts(counter: Counter, *skus: int) -> AdviceParts:
    with counter.db.tenant(counter.tenant_id) as tx:
        return transit.advice_parts(tx, YESTERDAY, 14, skus, TODAY)


def test_goods_are_on_their_way_until_the_marketplace_has_accepted_them(counter: Counter, chair: int) -> None:
    sku = counter.sku("WB", 1, "KRS-42", chair)
    counter.sends("WB", "900", chair, 20)
    found = card(counter)
    assert (found.on_hand, found.in_transit, [each.is_seen for each in found.moving]) == (30, 20, [False])
    counter.supply("WB", "900", "allowed", (sku, 20, 0))
    assert [(each.qty, each.is_seen) for each in card(counter).moving] == [(20, True)]
    counter.supply("WB", "900", "accepting", (sku, 20, 12))
    assert card(counter).in_transit == 8
    counter.supply("WB", "900", "accepted", (sku, 20, 20))
    assert card(counter).in_transit == 0
    assert noticed(counter) == 0


def test_what_was_lost_on_the_way_is_shown_and_is_news_once(counter: Counter, chair: int) -> None:
    lamp = counter.item("LMP-1")
    counter.receive(lamp, counter.here, 5)
    first, second = counter.sku("OZON", 1, "KRS-42", chair), counter.sku("OZON", 2, "LMP-1", lamp)
    counter.sends("OZON", "2000", chair, 20)
    counter.sends("OZON", "2000", lamp, 5)
    counter.supply("OZON", "2000", "accepting", (first, 20, 3), (second, 5, 5))
    assert noticed(counter) == 0, "they are still counting"
    counter.supply("OZON", "2000", "accepted", (first, 20, 18), (second, 5, 5))
    assert card(counter).in_transit == 0, "nothing is on its way any more"
    assert (noticed(counter), noticed(counter), noticed(counter, 1)) == (1, 0, 0)
    gap = GapNews(marketplace="OZON", number="2000", sent=25, accepted=23)
    assert (news(counter), news(counter, 1)) == ([gap], [])
    with counter.db.tenant(counter.tenant_id) as tx:
        (shown,) = ListSupplies()(tx, SuppliesQuery()).supplies
        lines = ShowTrip()(tx, TripQuery(marketplace="OZON", number="2000")).lines
    assert (shown.sent, shown.accepted, shown.differing) == (25, 23, 1)
    assert [(each.article, each.sent, each.accepted) for each in lines] == [
        ("KRS-42", 20, 18),
        ("LMP-1", 5, 5),
    ]
    counter.supply("OZON", "2000", "accepted", (first, 20, 20))
    assert (noticed(counter, 2), news(counter)) == (0, []), "found again after all"


def test_one_thing_accepted_for_another_is_a_difference_though_the_sums_agree(
    counter: Counter, chair: int
) -> None:
    lamp = counter.item("LMP-1")
    counter.sku("WB", 1, "KRS-42", chair)
    sku = counter.sku("WB", 2, "LMP-1", lamp)
    counter.sends("WB", "900", chair, 3)
    counter.supply("WB", "900", "accepted", (sku, 0, 3))
    assert noticed(counter) == 1
    with counter.db.tenant(counter.tenant_id) as tx:
        (shown,) = ListSupplies()(tx, SuppliesQuery()).supplies
    assert (shown.sent, shown.accepted, shown.differing) == (3, 3, 2)


def test_what_is_accepted_of_an_unknown_listing_is_counted_aloud(counter: Counter, chair: int) -> None:
    counter.sends("WB", "900", chair, 3)
    counter.supply("WB", "900", "accepted", (counter.sku("WB", 1, "KRS-42"), 3, 3))
    with counter.db.tenant(counter.tenant_id) as tx:
        (shown,) = ListSupplies()(tx, SuppliesQuery()).supplies
    assert (shown.sent, shown.accepted, shown.unlinked) == (3, 3, 3)


def test_a_document_that_was_undone_has_sent_nothing(counter: Counter, chair: int) -> None:
    assert counter.sends("WB", "900", chair, 20, ref="sent").status is Status.OK
    ((document,),) = counter.run(
        "SELECT id FROM stock_document WHERE tenant_id = :tenant_id AND ref = 'sent'"
    )
    counter.do(Reason.REVERSAL, reverses=document)
    assert (card(counter).on_hand, card(counter).in_transit) == (50, 0)
    with counter.db.tenant(counter.tenant_id) as tx:
        assert ListSupplies()(tx, SuppliesQuery()).supplies == ()
        with pytest.raises(NotFound, match="поставкой 900"):
            ShowTrip()(tx, TripQuery(marketplace="WB", number="900"))


def test_a_cancelled_delivery_is_on_no_way_and_its_marketplace_matters(counter: Counter, chair: int) -> None:
    """The same number at the other marketplace is another delivery."""
    counter.sku("OZON", 1, "KRS-42", chair)
    counter.sends("WB", "900", chair, 20)
    counter.supply("OZON", "900", "cancelled")
    assert card(counter).in_transit == 20
    counter.supply("WB", "900", "cancelled")
    assert (card(counter).in_transit, noticed(counter)) == (0, 0)


def test_two_organisations_with_one_supply_number_see_their_own(
    db: Database, counter: Counter, chair: int
) -> None:
    other = Counter(db)
    theirs = other.item("KRS-42")
    other.receive(theirs, other.here, 9)
    other.sends("WB", "900", theirs, 9)
    counter.sends("WB", "900", chair, 20)
    counter.supply("WB", "900", "accepted", (counter.sku("WB", 1, "KRS-42", chair), 20, 20))
    assert (card(counter).in_transit, card(other).in_transit) == (0, 9)


def test_a_note_says_which_delivery() -> None:
    assert supply_note(" wb", " 12345 ") == "WB:12345"


def test_an_advice_is_not_sent_twice_and_what_is_here_need_not_be_bought(
    counter: Counter, chair: int
) -> None:
    """30 advised, 12 on their way to Wildberries: 18 to send, 10 of them free on the shelf, 8 to buy."""
    sku = counter.sku("WB", 1, "KRS-42", chair)
    counter.advises(sku, "WB", 30)
    counter.sends("WB", "900", chair, 12)
    counter.do(Reason.RESERVE, Line(item_id=chair, qty=28))
    found = parts(counter, sku)
    (part,) = found.parts
    assert (part.moving, part.need, part.here) == (12, 18, 10)
    assert (found.need, found.here, found.moving, found.linked, found.unlinked) == (18, 10, 12, 1, 0)
    counter.supply("WB", "900", "accepting", (sku, 12, 5))
    assert parts(counter, sku).parts[0].moving == 7, "the accepted are in the marketplace's own figures"


def test_expired_goods_are_not_offered_to_a_marketplace(counter: Counter) -> None:
    milk = counter.item("MLK-1")
    for days, qty in ((-1, 20), (0, 4)):
        counter.receive(milk, counter.here, qty, counter.lot(milk, TODAY + timedelta(days=days)))
    sku = counter.sku("WB", 1, "MLK-1", milk)
    counter.advises(sku, "WB", 30)
    assert parts(counter, sku).parts[0].here == 4


def test_one_shelf_is_not_promised_to_two_listings(counter: Counter, chair: int) -> None:
    """50 on the shelf; the more urgent listing takes 40 of them, the other has 10."""
    calm, urgent = counter.sku("WB", 1, "KRS-42", chair), counter.sku("OZON", 1, "KRS-42", chair)
    counter.advises(calm, "WB", 30, velocity=1, in_transit=9)
    counter.advises(urgent, "OZON", 40, velocity=5)
    found = parts(counter, calm, urgent)
    assert {each.sku_id: each.here for each in found.parts} == {urgent: 40, calm: 10}
    only = parts(counter, calm)
    assert [each.here for each in only.parts] == [10], "whichever page is asked for"
    assert (only.need, only.here) == (70, 50)


def test_ozons_own_count_of_deliveries_on_their_way_is_not_taken_twice(counter: Counter, chair: int) -> None:
    sku = counter.sku("OZON", 1, "KRS-42", chair)
    counter.advises(sku, "OZON", 30, in_transit=15)
    counter.sends("OZON", "2000", chair, 20)
    assert parts(counter, sku).parts[0].moving == 5


def test_a_listing_that_is_nothing_on_the_shelf_is_counted_and_not_guessed(counter: Counter) -> None:
    sku = counter.sku("WB", 1, "KRS-42")
    counter.advises(sku, "WB", 30)
    found = parts(counter, sku)
    assert [(each.need, each.here) for each in found.parts] == [(30, None)]
    assert (found.linked, found.unlinked) == (0, 1)


def test_the_own_shelf_is_found_by_a_listings_article_and_by_its_own(counter: Counter, chair: int) -> None:
    counter.sku("WB", 1, "WB-NAME", chair)
    assert [each.card.article for each in own(counter, "wb-name").items] == ["KRS-42"]
    found = own(counter, "krs-42")
    assert ([each.card.article for each in found.items], found.is_listed) == (["KRS-42"], False)
    nothing = own(counter, "nothing")
    assert (nothing.items, nothing.is_listed, nothing.uses_shelf) == ((), False, True)

"""How an Ozon sku was named: renamed, moved to another card, named twice a day, told late."""

from datetime import date, timedelta

import pytest

from app.db.session import Database
from app.marketplaces.rows import CatalogueRow
from app.repositories import sku_identity
from app.repositories.sku_identity import Named
from tests.support.worlds import Cabinet, make_cabinet

D = date(2026, 11, 19)
DAY = timedelta(days=1)


@pytest.fixture
def cabinet(db: Database) -> Cabinet:
    return make_cabinet(db, "OZON")


def listed(sku: int | None, product: int | None, article: str) -> CatalogueRow:
    return CatalogueRow(None, None, sku, product, article, "", (), "", "", "")


def note(db: Database, cabinet: Cabinet, d: date, *rows: CatalogueRow) -> int:
    with db.tenant(cabinet.tenant_id) as tx:
        return sku_identity.note_names(tx, cabinet.id, rows, d)


def names(db: Database, cabinet: Cabinet, sku: int = 5) -> list[Named]:
    with db.tenant(cabinet.tenant_id) as tx:
        return sku_identity.names_of(tx, cabinet.id, sku)


def test_a_sku_that_is_renamed_and_moved_has_three_names(db: Database, cabinet: Cabinet) -> None:
    first, renamed, moved = listed(5, 1, "KRS-42"), listed(5, 1, "KRS-43"), listed(5, 2, "KRS-43")
    assert note(db, cabinet, D, first, listed(6, 1, "KRS-42")) == 2
    assert note(db, cabinet, D + DAY, first) == 0
    assert note(db, cabinet, D + 3 * DAY, renamed) == 1
    assert note(db, cabinet, D + 5 * DAY, moved) == 1
    assert names(db, cabinet) == [
        Named(1, "KRS-42", D, D + 3 * DAY),
        Named(1, "KRS-43", D + 3 * DAY, D + 5 * DAY),
        Named(2, "KRS-43", D + 5 * DAY, None),
    ]
    assert names(db, cabinet, 6) == [Named(1, "KRS-42", D, None)], "listed no more, it keeps its name"


def test_of_two_readings_of_a_day_the_last_counts(db: Database, cabinet: Cabinet) -> None:
    note(db, cabinet, D, listed(5, 1, "A"))
    assert note(db, cabinet, D, listed(5, 1, "B")) == 1
    assert names(db, cabinet) == [Named(1, "B", D, None)]


def test_an_older_catalogue_says_nothing_of_a_name_that_came_later(db: Database, cabinet: Cabinet) -> None:
    note(db, cabinet, D, listed(5, 1, "A"))
    assert note(db, cabinet, D - DAY, listed(5, 1, "OLD")) == 0
    assert names(db, cabinet) == [Named(1, "A", D, None)]


def test_a_sku_told_twice_in_one_catalogue_is_named_as_last_told(db: Database, cabinet: Cabinet) -> None:
    """An old FBS sku may stand on two cards; what is no Ozon sku is no name at all."""
    assert note(db, cabinet, D, listed(5, 1, "A"), listed(5, 2, "B"), listed(None, 3, "C")) == 1
    assert names(db, cabinet) == [Named(2, "B", D, None)]


def test_two_cabinets_name_one_sku_each_in_its_own_way(db: Database, cabinet: Cabinet) -> None:
    other = make_cabinet(db, "OZON", cabinet.tenant_id, "seller-2")
    note(db, cabinet, D, listed(5, 1, "A"))
    note(db, other, D, listed(5, 1, "B"))
    assert names(db, cabinet) == [Named(1, "A", D, None)]
    assert names(db, other) == [Named(1, "B", D, None)]

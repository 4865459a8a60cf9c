"""An item is found by what a person types or scans, and never another organisation's."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.db.install import Urls
from app.db.session import Database
from app.repositories.shelf import find_items
from app.services.ledger.snapshot import query_inventory_snapshot
from tests.support.databases import superuser
from tests.support.shelf import TODAY, Shelf


@pytest.fixture
def goods(shelf: Shelf) -> dict[str, int]:
    """Items by article."""
    named = {
        "KRS-42": "Кроссовки беговые красные",
        "KRS-43": "Кроссовки беговые синие",
        "ЛН-1": "Платье льняное",
        "4601": "Носки",
        "N-2": "Красное платье",
    }
    made = {}
    with shelf.db.tenant(shelf.tenant_id) as tx:
        for article, name in named.items():
            sql = "INSERT INTO item (tenant_id, article, name) VALUES (:tenant_id, :article, :name)"
            sql += " RETURNING id"
            made[article] = int(tx.run(sql, article=article, name=name).scalar_one())
        sql = "INSERT INTO item_barcode (tenant_id, barcode, item_id) VALUES (:tenant_id, '4601', :item)"
        tx.run(sql, item=made["ЛН-1"])
    return made


def found(shelf: Shelf, words: str, **page: int) -> list[str]:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        return [each.article for each in query_inventory_snapshot(tx, TODAY, words=words, **page)]


def numbers(shelf: Shelf, words: str) -> list[int]:
    """As the search itself answers, before anything is read of the items."""
    with shelf.db.tenant(shelf.tenant_id) as tx:
        return find_items(tx, words, 10)


@pytest.mark.parametrize(
    ("typed", "articles"),
    [
        ("4601", ["ЛН-1", "4601"]),  # the barcode before the article that looks like it
        ("krs-42", ["KRS-42"]),
        ("KRS", ["KRS-42", "KRS-43"]),
        (" лн-1 ", ["ЛН-1"]),
        ("платья", ["N-2", "ЛН-1"]),  # another case of the word
        ("красная", ["KRS-42", "N-2"]),
        ("бег синих", ["KRS-43"]),  # begun only
        ("кроссовки красные", ["KRS-42"]),
        ("кроссовки платье", []),
        ("' | * & !", []),
        ("и", []),  # a word that says nothing
        ("", ["4601", "KRS-42", "KRS-43", "N-2", "ЛН-1"]),
    ],
)
def test_an_item_answers_to_what_was_typed(
    shelf: Shelf, goods: dict[str, int], typed: str, articles: list[str]
) -> None:
    assert found(shelf, typed) == articles


def test_a_search_has_pages(shelf: Shelf, goods: dict[str, int]) -> None:
    assert [found(shelf, "krs", limit=1, offset=n) for n in range(3)] == [["KRS-42"], ["KRS-43"], []]


def test_a_renamed_item_answers_to_its_new_name(shelf: Shelf, goods: dict[str, int]) -> None:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        tx.run("UPDATE item SET name = 'Гольфы' WHERE tenant_id = :tenant_id AND article = '4601'")
    assert (found(shelf, "гольф"), found(shelf, "носок")) == (["4601"], [])


def test_nobody_finds_anothers_goods(db: Database, shelf: Shelf, goods: dict[str, int]) -> None:
    """The function sees over the walls: the tenant is its own to mind."""
    assert [numbers(Shelf(db), typed) for typed in ("4601", "krs-42", "платье")] == [[], [], []]


@pytest.fixture
def trigrams(urls: Urls) -> Iterator[None]:
    """As an administrator may have it, in a schema of its own."""
    with superuser(urls.admin) as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")):
            pytest.skip("НЕТ PG_TRGM: поиск с опечатками не проверен")
        connection.execute(text("CREATE SCHEMA alike"))
        connection.execute(text("GRANT USAGE ON SCHEMA alike TO ambar_owner"))
        connection.execute(text("CREATE EXTENSION pg_trgm SCHEMA alike"))
    yield
    with superuser(urls.admin) as connection:
        connection.execute(text("DROP SCHEMA alike CASCADE"))


def test_a_slip_of_the_finger_is_forgiven_where_trigrams_are(
    db: Database, shelf: Shelf, goods: dict[str, int], trigrams: None
) -> None:
    assert found(shelf, "кросовки") == ["KRS-42", "KRS-43"]
    assert found(shelf, "кроссовки") == ["KRS-42", "KRS-43"]
    assert numbers(Shelf(db), "кросовки") == []


def test_a_slip_finds_nothing_where_they_are_not(shelf: Shelf, goods: dict[str, int]) -> None:
    assert found(shelf, "кросовкт") == []

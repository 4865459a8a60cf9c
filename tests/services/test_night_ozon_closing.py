"""Accruals and the document that closes their month, on a sandbox's night: equal to the kopeck; what does not
agree is seen; a type of accruals that Ozon names anew is told once, and goes where a person puts it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from app.bot.views.closing import closing_line, month_lines
from app.core.clock import SystemClock
from app.core.errors import BadInput, NotFound
from app.core.trace import new_trace
from app.db.install import Urls
from app.db.session import Database, TenantTx
from app.domain.finance.settlement import PnlLine
from app.marketplaces.ozon.realization.rows import POSTINGS_RETURNED, POSTINGS_SOLD
from app.repositories import accrual_types, unknown_values
from app.sandbox.ozon.areas import realization
from app.sandbox.ozon.types import TYPES
from app.sandbox.server import NO_LIMITS, SandboxServer
from app.sandbox.world import World
from app.services.accrual_lines import ACCRUALS, ChosenLine, LinePlaced, PlaceAccrualType, owner_of, read_line
from app.services.analytics.closing import closing
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.analytics.reports import MonthCheck
from app.services.analytics.status import ShowStatus, StatusQuery
from app.services.renormalise import Asked, Renormalise, Renormalised
from app.services.unknown import said
from tests.support.shop import Shop, all_books, content, open_shop, our_books, quiet, versions

DAYS = 37
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
BY_POSTING = "ozon.realization_postings"
OURS = frozenset({"ozon.catalogue", "ozon.accrual_types", "ozon.accruals", "ozon.realization", BY_POSTING})


@pytest.fixture(scope="module")
def only() -> frozenset[str]:
    return OURS


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    """October is whole in it, and its document came the day before yesterday."""
    with SandboxServer(World(seed=3, skus=10, days=DAYS, today=date(2026, 11, 7)), pace=NO_LIMITS) as server:
        yield server


@pytest.fixture(scope="module")
def shop(
    db: Database, urls: Urls, folder: Path, server: SandboxServer, only: frozenset[str]
) -> Iterator[Shop]:
    with open_shop(db, urls, folder, server, only=only, marketplaces=("OZON",)) as shop:
        yield shop


@pytest.fixture(scope="module", autouse=True)
def first_night(shop: Shop) -> None:
    report = shop.night(days=DAYS)
    assert report.errors == {}
    assert {name.replace("_", ".", 1) for name in report.rows} == OURS


@contextmanager
def undone(shop: Shop) -> Iterator[TenantTx]:
    """What is changed here is seen by whoever asks in this transaction, and never happened afterwards."""
    with shop.db.tenant(shop.tenant_id) as tx:
        yield tx
        tx.session.rollback()


def reading(shop: Shop, tx: TenantTx | None) -> AbstractContextManager[TenantTx]:
    return shop.db.tenant(shop.tenant_id) if tx is None else nullcontext(tx)


def months(shop: Shop, tx: TenantTx | None = None) -> dict[date, MonthCheck]:
    with reading(shop, tx) as tx:
        return {each.month: each for each in closing(tx, OCTOBER, shop.d)}


def status_lines(shop: Shop, tx: TenantTx | None = None) -> list[str]:
    told = month_lines(tuple(months(shop, tx).values()), shop.accounts["OZON"])
    return ["".join(map(str, each)) for each in told]


def words(shop: Shop, source: str = "ozon.accrual_types") -> dict[str, tuple[int, Decimal]]:
    with shop.db.tenant(shop.tenant_id) as tx:
        found = [word for word in unknown_values.list_open(tx) if word.source == source]
    return {word.value: (word.rows, word.amount) for word in found}


def storage_lines(shop: Shop) -> dict[str, tuple[int, Decimal]]:
    """What accruals of type 46 are booked on."""
    rows = shop.rows(
        "SELECT line, count(*) AS n, sum(amount) AS amount FROM settlement_line WHERE tenant_id = :tenant_id"
        " AND split_part(part, ':', 3) = '46' GROUP BY line"
    )
    return {row.line: (row.n, row.amount) for row in rows}


def place(shop: Shop, type_id: int, line: PnlLine | None) -> tuple[LinePlaced, Renormalised]:
    account = shop.accounts["OZON"]
    with shop.db.tenant(shop.tenant_id) as tx:
        order = ChosenLine(account_id=account, type_id=type_id, line=line)
        placed = PlaceAccrualType(now=shop.house.clock.now())(tx, order)
    rebuild = Renormalise(
        db=shop.db, settings=shop.house.settings, clock=shop.house.clock, wall_clock=SystemClock()
    )
    asked = Asked(source=ACCRUALS, account_id=account)
    return placed, rebuild(shop.tenant_id, asked, new_trace(), quiet)


def test_our_accruals_are_the_sandboxs_books_of_every_day(shop: Shop) -> None:
    books = all_books(shop.world, shop.d - timedelta(days=DAYS - 1), shop.d)
    assert our_books(shop) == {key: book for key, book in books.items() if key[0] == "OZON"}
    assert len(books) > DAYS
    assert shop.value("SELECT count(*) FROM unplaced_row WHERE tenant_id = :tenant_id") == 0


def test_the_dictionary_is_kept_and_says_nothing_new(shop: Shop) -> None:
    with shop.db.tenant(shop.tenant_id) as tx:
        told = accrual_types.in_force(tx, shop.accounts["OZON"])
    assert {entry.id: (entry.name, entry.title) for entry in told} == TYPES
    assert words(shop) == {}


def test_a_closed_month_agrees_with_its_document_to_the_kopeck(shop: Shop) -> None:
    checks = months(shop)
    assert checks[OCTOBER].residual == (0, 0, 0)
    assert checks[OCTOBER].is_equal
    assert closing_line([checks[OCTOBER]]) == "Сверено с отчётом о реализации Ozon до копейки: октябрь 2026."
    assert "▫️ октябрь 2026: сверено с отчётом о реализации до копейки" in status_lines(shop)
    sums = shop.rows(
        "SELECT sum(retail_amount) FILTER (WHERE period = 'realization') AS sold,"
        " sum(retail_amount) FILTER (WHERE period = 'realization_return') AS back FROM finance_report"
        " WHERE tenant_id = :tenant_id"
    )[0]
    assert sums.sold > sums.back > 0


def test_where_the_document_is_not_to_be_had_the_one_by_posting_speaks(shop: Shop) -> None:
    with undone(shop) as tx:
        gone = "DELETE FROM finance_report WHERE tenant_id = :tenant_id AND period IN (:sold, :back)"
        assert tx.run(gone, sold="realization", back="realization_return").rowcount == 2
        assert months(shop, tx)[OCTOBER].residual == (0, 0, 0)
        assert tx.run(gone, sold=POSTINGS_SOLD, back=POSTINGS_RETURNED).rowcount == 2
        assert months(shop, tx)[OCTOBER].residual is None


def test_an_open_month_is_not_checked_and_says_when_it_will_be(shop: Shop) -> None:
    assert months(shop)[NOVEMBER].residual is None
    with shop.db.tenant(shop.tenant_id) as tx:
        report = ShowPnl(shop.house.clock, shop.house.settings)(tx, PnlQuery(days=3))
    wanted = "Не сверено: отчёта о реализации Ozon за ноябрь 2026 ещё нет, ждём с 06.12.2026."
    assert closing_line(report.months) == wanted
    assert report.control is None, "the documents of Ozon are no reports of Wildberries"


def test_the_status_tells_every_month(shop: Shop) -> None:
    with shop.db.tenant(shop.tenant_id) as tx:
        report = ShowStatus(shop.house.clock, shop.house.settings)(tx, StatusQuery())
    assert [each.month for each in report.months] == [OCTOBER, NOVEMBER]


def test_a_kopeck_that_went_astray_is_seen_where_it_is(shop: Shop) -> None:
    with undone(shop) as tx:
        tx.run(
            "UPDATE settlement_line SET amount = amount - 12.30 WHERE (d, row_id, part) ="
            " (SELECT d, row_id, part FROM settlement_line WHERE tenant_id = :tenant_id AND line = 'sale'"
            " AND d < :november AND d >= :october ORDER BY row_id, part LIMIT 1)",
            october=OCTOBER,
            november=NOVEMBER,
        )
        check, lines = months(shop, tx)[OCTOBER], status_lines(shop, tx)
    assert check.residual == (Decimal("12.30"), 0, 0)
    assert "⚠️ октябрь 2026: расхождение с отчётом о реализации, продажи 12,30\xa0₽" in lines
    said = "Расхождение с отчётом о реализации Ozon за октябрь 2026, подробнее: /status"
    assert closing_line([check]) == said


def test_a_sale_and_a_return_that_hide_each_other_are_both_seen(shop: Shop) -> None:
    with undone(shop) as tx:
        for line in ("sale", "return"):
            tx.run(
                "UPDATE settlement_line SET amount = amount + CASE line WHEN 'sale' THEN 5 ELSE -5 END"
                " WHERE (d, row_id, part) = (SELECT d, row_id, part FROM settlement_line"
                " WHERE tenant_id = :tenant_id AND line = :line AND d < :november AND d >= :october"
                " ORDER BY row_id, part LIMIT 1)",
                line=line,
                october=OCTOBER,
                november=NOVEMBER,
            )
        assert months(shop, tx)[OCTOBER].residual == (-5, -5, 0)


def test_a_month_that_was_not_read_whole_is_not_checked(shop: Shop) -> None:
    with undone(shop) as tx:
        tx.run(
            "DELETE FROM coverage WHERE tenant_id = :tenant_id AND source = 'ozon.accruals' AND d < :d",
            d=OCTOBER + timedelta(days=2),
        )
        check = months(shop, tx)[OCTOBER]
        assert not check.is_whole
        said = "начисления Ozon за октябрь 2026 прочитаны не все, не хватает 2\xa0дня"
        assert any(said in each.replace(" дня", "\xa0дня") for each in status_lines(shop, tx))


def test_a_second_night_changes_no_row(story: Shop) -> None:
    before = versions(story)
    assert story.night(days=10).written == 0, "of this month and the end of the one that is closed"
    assert versions(story) == before


def test_a_month_too_large_for_a_reply_comes_as_a_file(story: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> list[tuple[object, ...]]:
        return [
            tuple(row)
            for row in story.rows(
                "SELECT period, retail_amount, deduction, payout FROM finance_report"
                " WHERE tenant_id = :tenant_id ORDER BY period"
            )
        ]

    before = told()
    monkeypatch.setattr(realization, "LARGEST_BY_POSTING", 3)
    story.heard()
    assert story.night(days=DAYS, only={BY_POSTING}.__contains__).errors == {}
    assert [path.rsplit("/", 2)[-2:] for path in story.heard("posting/create")] == [["posting", "create"]]
    assert told() == before
    assert len(before) == 4


def test_a_type_named_anew_is_told_with_its_money_until_somebody_places_it(
    story: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TYPES, 46, ("WarehouseRent", "Аренда места"))
    monkeypatch.setitem(TYPES, 900, ("Moonlight", "Лунный свет"))
    story.advance()
    assert story.night(days=2).errors == {}
    kept = storage_lines(story)
    assert kept.keys() == {"storage"}, "it is told, not taken away"
    told = {"46 WarehouseRent: Аренда места": kept["storage"], "900 Moonlight: Лунный свет": (0, Decimal(0))}
    assert words(story) == told
    with story.db.tenant(story.tenant_id) as tx:
        (word,) = (each for each in unknown_values.list_untold(tx) if each.value.startswith("46"))
    assert said(word).startswith("Новый или переименованный вид начислений Ozon: «46 WarehouseRent")

    everything = content(story, ("settlement_line", "sale_event"))
    placed, rebuilt = place(story, 46, PnlLine.LOGISTICS)
    assert (placed.before, placed.after) == (PnlLine.STORAGE, PnlLine.LOGISTICS)
    assert storage_lines(story) == {"logistics": kept["storage"]}
    assert rebuilt.count.changed == kept["storage"][0]
    assert (rebuilt.count.inserted, rebuilt.count.deleted) == (0, 0)
    after = content(story, ("settlement_line", "sale_event"))
    assert after["sale_event"] == everything["sale_event"]
    assert len(after["settlement_line"] - everything["settlement_line"]) == kept["storage"][0]
    assert set(words(story)) == {"900 Moonlight: Лунный свет"}

    story.advance()
    assert story.night(days=1).errors == {}
    after_a_day = storage_lines(story)
    assert after_a_day.keys() == {"logistics"}, "new days are booked where the person said"
    assert after_a_day["logistics"][0] == kept["storage"][0] + 1

    monkeypatch.undo()
    story.advance()
    assert story.night(days=1).errors == {}
    with story.db.tenant(story.tenant_id) as tx:
        entry = accrual_types.find_type(tx, story.accounts["OZON"], 46)
    assert entry == (46, "Placements", TYPES[46][1], None), "what was chosen for one name holds for it alone"
    assert words(story).keys() == {"900 Moonlight: Лунный свет"}, (
        "what Ozon has dropped may have brought money"
    )

    with undone(story) as tx:
        PlaceAccrualType(now=story.house.clock.now())(
            tx, ChosenLine(account_id=story.accounts["OZON"], type_id=46, line=PnlLine.LOGISTICS)
        )
        back = PlaceAccrualType(now=story.house.clock.now())(
            tx, ChosenLine(account_id=story.accounts["OZON"], type_id=46, line=None)
        )
        assert (back.before, back.after) == (PnlLine.LOGISTICS, PnlLine.STORAGE)


def test_who_places_what_is_not_there_is_told_so(shop: Shop) -> None:
    with shop.db.tenant(shop.tenant_id) as tx:
        for account, type_id in ((shop.accounts["OZON"], 31_000), (shop.accounts["OZON"] + 99, 46)):
            with pytest.raises(NotFound):
                PlaceAccrualType(now=shop.house.clock.now())(
                    tx, ChosenLine(account_id=account, type_id=type_id, line=PnlLine.ADS)
                )
    assert owner_of(shop.db, [shop.tenant_id], shop.accounts["OZON"]) == shop.tenant_id
    with pytest.raises(NotFound):
        owner_of(shop.db, [shop.tenant_id], shop.accounts["OZON"] + 99)


def test_a_line_is_named_in_russian() -> None:
    assert read_line(" Обратная  логистика") is PnlLine.RETURN_LOGISTICS
    assert read_line("Приемка") is PnlLine.ACCEPTANCE
    assert read_line("по таблице") is None
    for word in ("выручка", "sale", ""):
        with pytest.raises(BadInput, match="Есть: комиссия"):
            read_line(word)

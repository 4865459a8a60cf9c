"""A kept answer is never stale and never another's: whatever has changed, it is what would be computed."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, pool, text

import app
from app.core.config import Settings
from app.core.errors import BadInput
from app.db.install import Urls
from app.db.session import Database
from app.marketplaces.rows import CatalogueRow
from app.repositories import accounts, catalogue
from app.services.analytics.pnl import PnlQuery, ShowPnl
from app.services.costs import CostChange, NewCost, SetCostPrice, UndoCost
from app.services.recalc_metrics import recalc_metrics
from app.services.report_cache import SETTINGS_THAT_MATTER, Cached
from app.services.tenancy.cabinets import CabinetSwitch, SwitchCabinet
from tests.support.asking import QUESTIONS, Asker, Drawer, differences
from tests.support.shop import CORE, Shop, connect, open_shop, sandbox

DAYS = 9

READ_BY_REPORTS = frozenset(
    {
        *("advice_supply", "cost_price_history", "coverage", "daily_sales", "daily_stock", "ingest_run"),
        *("marketplace_account", "metrics_daily", "settlement_line", "sku", "sku_barcode", "unplaced_row"),
        *("account_balance", "cashflows", "finance_report", "shared_cost_daily", "warehouse"),
    }
)
"""Besides figures_stamp itself, and tenant, whose row is part of what an answer is kept under."""


@pytest.fixture(scope="module")
def shop(db: Database, urls: Urls, folder: Path) -> Iterator[Shop]:
    """A shop whose every write is watched by the database itself."""
    _watch(urls)
    with sandbox(skus=14, days=DAYS) as server, open_shop(db, urls, folder, server) as shop:
        yield shop


@pytest.fixture(scope="module")
def neighbour(db: Database, urls: Urls, folder: Path, shop: Shop) -> Iterator[Shop]:
    """Another organisation with another assortment."""
    with (
        sandbox(skus=7, days=DAYS, seed=8) as server,
        open_shop(db, urls, folder, server, only=CORE) as other,
    ):
        assert other.night(days=DAYS).errors == {}
        yield other


@pytest.fixture(scope="module")
def asker(shop: Shop) -> Asker:
    assert shop.night(days=DAYS).errors == {}
    article = shop.value("SELECT min(article) FROM sku WHERE tenant_id = :tenant_id AND article <> ''")
    return Asker(shop.db, shop.house.clock, shop.house.settings, (article, article.lower()))


def the_stories(shop: Shop, article: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every way in which a tenant's reports can come to say something else."""
    house, tenant_id = shop.house, shop.tenant_id
    asked = (house.clock, house.settings)
    changes: list[int] = []

    def in_tx(deed: Callable[[Any], Any]) -> Any:
        with house.db.tenant(tenant_id) as tx:
            return deed(tx)

    def set_cost() -> None:
        order = NewCost(article=article, price=Decimal("123.45"), since=shop.d - timedelta(days=5))
        changes.append(in_tx(lambda tx: SetCostPrice(*asked)(tx, order)).change_id)

    def rename(tx: Any) -> None:
        tx.run("UPDATE tenant SET name = 'ИП Переименован' WHERE id = :id", id=tenant_id)

    def retitle(tx: Any) -> None:
        row = tx.run(
            "SELECT account_id, nm_id, chrt_id, size FROM sku WHERE tenant_id = :tenant_id"
            " AND marketplace = 'WB' AND article = :article LIMIT 1",
            article=article,
        ).one()
        told = CatalogueRow(row.nm_id, row.chrt_id, None, None, article, row.size, (), "Б", "К", "Новое имя")
        catalogue.merge_catalogue(tx, row.account_id, "WB", [told])

    def recompute(tx: Any) -> None:
        """A day whose metrics are gone: the merge kernel alone has to tell of it."""
        tx.run("DELETE FROM metrics_daily WHERE tenant_id = :tenant_id AND d = :d", d=shop.d)
        recalc_metrics(tx, shop.d, shop.d, trace_id="t")

    def platform(deed: Callable[[Any], Any]) -> None:
        with house.db.platform() as tx:
            deed(tx)

    def switch(on: bool) -> Callable[[], Any]:
        order = CabinetSwitch(account_id=shop.accounts["OZON"], on=on)
        return lambda: in_tx(lambda tx: SwitchCabinet()(tx, order))

    def name_a_warehouse(tx: Any) -> None:
        for each in catalogue.list_warehouses(tx):
            catalogue.name_warehouse(tx, each.id, f"{each.name} (новый)")

    yield "a cost is given", set_cost
    yield (
        "a cost is taken back",
        lambda: in_tx(lambda tx: UndoCost(*asked)(tx, CostChange(change_id=changes[0]))),
    )
    yield "the same night once more", shop.night
    yield "a business day begins", shop.advance
    yield "its night", shop.night
    yield "a longer past is brought", lambda: shop.night(days=DAYS + 2)
    yield "a day is recomputed", lambda: in_tx(recompute)
    yield "a card gets another name", lambda: in_tx(retitle)
    yield "warehouses are renamed", lambda: in_tx(name_a_warehouse)
    yield "the organisation is renamed", lambda: platform(rename)
    yield (
        "a token is refused",
        lambda: in_tx(lambda tx: accounts.mark_token(tx, shop.accounts["WB"], "refused")),
    )
    yield "a cabinet is switched off", switch(on=False)
    yield "a cabinet is switched on", switch(on=True)
    yield "a new cabinet", lambda: connect(house, tenant_id, "WB", "another-seller", "token")


def test_a_kept_answer_is_what_would_be_computed_whatever_changes(shop: Shop, asker: Asker) -> None:
    drawer = Drawer()
    before = asker.ask(shop.tenant_id, drawer)
    changed = set()
    for story, happens in the_stories(shop, asker.articles[0]):
        drawer.hits = 0
        assert list(differences(tuple(before), tuple(asker.ask(shop.tenant_id, drawer)))) == []
        assert drawer.hits == len(before), f"before {story!r}: unchanged, yet something was computed"
        happens()
        computed = asker.ask(shop.tenant_id)
        assert list(differences(tuple(asker.ask(shop.tenant_id, drawer)), tuple(computed))) == [], story
        if computed != before:
            changed.add(story)
        before = computed
    # the other stories change what nobody sees here; that they are told by the stamp costs a computation
    assert changed >= {
        *("a cost is given", "a cost is taken back", "the same night once more", "a business day begins"),
        *("its night", "a card gets another name", "the organisation is renamed"),
        *("warehouses are renamed", "a new cabinet"),
    }


def test_every_transaction_that_writes_what_reports_read_moves_the_stamp(
    shop: Shop, asker: Asker, urls: Urls
) -> None:
    """The database itself has watched the stories (whichever of them were told by now)."""
    set_back = shop.value("SELECT min(article) FROM sku WHERE tenant_id = :tenant_id AND article <> ''")
    with shop.db.tenant(shop.tenant_id) as tx:
        SetCostPrice(shop.house.clock, shop.house.settings)(tx, NewCost(article=set_back, price=Decimal(7)))
    with _admin(urls) as connection:
        wrote = connection.execute(text("SELECT count(DISTINCT tbl) FROM seen_write")).scalar_one()
        silent = connection.execute(
            text(
                "SELECT DISTINCT tbl FROM seen_write w WHERE NOT EXISTS (SELECT FROM seen_write s"
                " WHERE s.tbl = 'figures_stamp' AND s.tx = w.tx)"
            )
        ).scalars()
        assert list(silent) == []
    assert wrote > len(READ_BY_REPORTS) - 3


def test_the_reports_read_what_we_think(shop: Shop, asker: Asker) -> None:
    """The locks of a transaction that asks everything are the tables it has read."""
    with shop.db.tenant(shop.tenant_id) as tx:
        for kind, query in QUESTIONS:
            kind(shop.house.clock, shop.house.settings)(tx, query)
        Asker(shop.db, shop.house.clock, shop.house.settings)
        catalogue.find_by_article(tx, asker.articles[0])
        read = tx.run(
            "SELECT DISTINCT coalesce(pg_partition_root(c.oid), c.oid)::regclass::text FROM pg_locks l"
            " JOIN pg_class c ON c.oid = l.relation WHERE l.pid = pg_backend_pid()"
            " AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        ).scalars()
        assert set(read) == READ_BY_REPORTS | {"tenant"}


def test_an_answer_depends_on_no_other_setting(shop: Shop, asker: Asker) -> None:
    asked: set[str] = set()

    class Watched:
        def __getattr__(self, name: str) -> Any:
            asked.add(name)
            return getattr(shop.house.settings, name)

    Asker(shop.db, shop.house.clock, Watched(), asker.articles).ask(shop.tenant_id)  # type: ignore[arg-type]
    assert asked
    assert asked <= set(SETTINGS_THAT_MATTER)


def test_other_settings_are_another_answer(shop: Shop, asker: Asker) -> None:
    drawer = Drawer()
    asker.ask(shop.tenant_id, drawer)
    drawer.hits = 0
    others = Settings(_env_file=None, day_timezone="Asia/Vladivostok")  # type: ignore[call-arg]
    replace(asker, settings=others).ask(shop.tenant_id, drawer)
    assert drawer.hits == 0


class Heap(Drawer):
    """One drawer for everybody: the name alone must tell answers apart."""

    def get(self, tenant_id: int, name: str, /) -> bytes | None:
        return super().get(0, name)

    def put(self, tenant_id: int, name: str, value: bytes, /) -> None:
        super().put(0, name, value)


@pytest.mark.parametrize("cache", [Drawer, Heap])
def test_nobody_gets_the_answer_of_another(
    shop: Shop, asker: Asker, neighbour: Shop, cache: type[Drawer]
) -> None:
    """Both have the same stamp and the same name, and ask the same on the same day."""
    with shop.db.platform() as tx:
        tx.run("UPDATE tenant SET name = 'ИП Тёзка'")
    for tenant_id in (shop.tenant_id, neighbour.tenant_id):
        with shop.db.tenant(tenant_id) as tx:
            tx.run(
                "UPDATE figures_stamp SET version = 7, moved_at = '2026-01-01Z' WHERE tenant_id = :tenant_id"
            )
    alike = Asker(shop.db, shop.house.clock, shop.house.settings)
    drawer = cache()
    ours, theirs = alike.ask(shop.tenant_id, drawer), alike.ask(neighbour.tenant_id, drawer)
    assert drawer.hits == 0
    assert list(differences(tuple(theirs), tuple(alike.ask(neighbour.tenant_id)))) == []
    assert ours != theirs


def test_a_cache_that_mixes_everything_up_is_not_believed(shop: Shop, asker: Asker, neighbour: Shop) -> None:
    class Muddle(Drawer):
        def get(self, tenant_id: int, name: str, /) -> bytes | None:
            return next(iter(self.kept.values()), None)

    muddle = Muddle()
    alike = Asker(shop.db, shop.house.clock, shop.house.settings)
    alike.ask(neighbour.tenant_id, muddle)
    got = alike.ask(shop.tenant_id, muddle)
    assert list(differences(tuple(got), tuple(alike.ask(shop.tenant_id)))) == []


@pytest.mark.parametrize("value", [b"", b"{", b"\n{}", b"\xff\xfe"])
def test_rubbish_is_computed_anew(shop: Shop, asker: Asker, value: bytes) -> None:
    drawer = Drawer()
    asker.ask(shop.tenant_id, drawer)
    drawer.kept = {key: kept.partition(b"\n")[0] + b"\n" + value for key, kept in drawer.kept.items()}
    got = asker.ask(shop.tenant_id, drawer)
    assert list(differences(tuple(got), tuple(asker.ask(shop.tenant_id)))) == []


def test_whoever_has_just_written_is_told_what_they_wrote(shop: Shop, asker: Asker) -> None:
    drawer = Drawer()
    question = Cached(ShowPnl(shop.house.clock, shop.house.settings), drawer)
    with shop.db.tenant(shop.tenant_id) as tx:
        question(tx, PnlQuery(days=30))
    kept = dict(drawer.kept)
    with shop.db.tenant(shop.tenant_id) as tx:
        order = NewCost(article=asker.articles[0], price=Decimal("3.21"))
        SetCostPrice(shop.house.clock, shop.house.settings)(tx, order)
        question(tx, PnlQuery(days=30))
        assert drawer.hits == 0
    assert drawer.kept == kept


def test_a_refusal_is_not_kept(shop: Shop, asker: Asker) -> None:
    drawer = Drawer()
    question = Cached(ShowPnl(shop.house.clock, shop.house.settings), drawer)
    for _ in range(2):
        with pytest.raises(BadInput), shop.db.tenant(shop.tenant_id) as tx:
            question(tx, PnlQuery(days=0))
    assert drawer.kept == {}


def test_a_day_later_yesterday_is_another_day(shop: Shop, asker: Asker) -> None:
    drawer = Drawer()
    asker.ask(shop.tenant_id, drawer)
    drawer.hits = 0
    clock = type(shop.wall)(shop.world, shop.wall.skipped + timedelta(days=1))
    replace(asker, clock=clock).ask(shop.tenant_id, drawer)
    assert drawer.hits == 0


# -- whoever writes what reports read must say so ------------------------------------------------------

WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM|MERGE INTO)\s+(\w+)")

SAY_NOTHING = {
    # ingest_run counts once it is complete; the rest of a unit is written in the transaction of finish_run
    **dict.fromkeys(("runs._OPEN", "runs.keep_page", "runs.fail_run"), "not complete yet"),
    "refusals.note_refused": "of a run that failed",
    **dict.fromkeys(("runs.cover", "runs.keep_unplaced"), "of a unit"),
    **dict.fromkeys(("catalogue.restate_first_sales", "catalogue.ensure_sku"), "of a unit"),
    **dict.fromkeys(("catalogue.ensure_warehouse", "staging.Staging", "sku_refs._MAKE"), "of a unit"),
    "catalogue._MERGE": "merge_catalogue says it",
    "accounts.rename": "no report of figures names cabinets",
    "accounts.keep_info": "nor their sellers",
    "seals.put_seal": "what is sealed is shown nowhere",
}


def test_whoever_writes_what_reports_read_moves_the_stamp_or_says_why_not() -> None:
    home = Path(app.__file__).parent
    silent = set()
    for folder in ("repositories", "services", "bot", "cli", "scheduler", "db"):
        for file in (home / folder).rglob("*.py"):
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                said = " ".join(
                    each.value
                    for each in ast.walk(node)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                )
                names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                if set(WRITES.findall(said)) & READ_BY_REPORTS and "move_stamp" not in names:
                    name = getattr(node, "name", None) or ast.unparse(getattr(node, "targets", [node])[0])
                    silent.add(f"{file.stem}.{name}")
    assert silent == set(SAY_NOTHING)


# -- the watch -------------------------------------------------------------------------------------------


def _admin(urls: Urls) -> Any:
    return create_engine(urls.admin, poolclass=pool.NullPool, isolation_level="AUTOCOMMIT").connect()


def _watch(urls: Urls) -> None:
    """Every statement that wrote a row of these tables leaves its transaction's number."""
    with _admin(urls) as connection:
        connection.execute(
            text(
                "CREATE TABLE seen_write (tx xid8, tbl text);"
                "CREATE FUNCTION saw_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN"
                " IF TG_TABLE_NAME = 'ingest_run' THEN"
                "  IF EXISTS (SELECT FROM told WHERE to_jsonb(told) ->> 'state' = 'complete') THEN"
                "   INSERT INTO public.seen_write VALUES (pg_current_xact_id(), TG_TABLE_NAME); END IF;"
                " ELSIF EXISTS (SELECT FROM told) THEN"
                "  INSERT INTO public.seen_write VALUES (pg_current_xact_id(), TG_TABLE_NAME);"
                " END IF; RETURN NULL; END $$"
            )
        )
        for table in [*READ_BY_REPORTS, "figures_stamp"]:
            for deed, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
                connection.execute(
                    text(
                        f"CREATE TRIGGER saw_{deed.lower()} AFTER {deed} ON {table} REFERENCING {rows} TABLE"
                        " AS told FOR EACH STATEMENT EXECUTE FUNCTION saw_write()"
                    )
                )

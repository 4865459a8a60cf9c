"""``ambar ledger`` as an operator types it: what is there, goods that go out, periods, the keeping."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner, Result

from app.cli import ledger
from app.core.config import Settings
from app.db.install import Urls
from app.domain.warehouse.movements import Line, Reason
from tests.support.shelf import Shelf

Run = Callable[..., Result]


@pytest.fixture
def run(shelf: Shelf, urls: Urls, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command of this organisation, under these settings."""

    def invoke(*words: str, **set_to: object) -> Result:
        settings = Settings(_env_file=None, database_url=urls.app, admin_database_url=urls.admin, **set_to)  # type: ignore[call-arg, arg-type]
        for module in ("ledger", "shelf"):
            monkeypatch.setattr(f"app.cli.{module}.get_settings", lambda: settings)
        cli = typer.Typer()
        ledger.register(cli)
        return CliRunner().invoke(cli, ["ledger", *words, "--org", str(shelf.tenant_id)])

    return invoke


@pytest.fixture
def two(shelf: Shelf) -> tuple[int, int]:
    """Five of KRS-42 and one of KRS-43."""
    place, items = shelf.place("A-01"), (shelf.item("KRS-42"), shelf.item("KRS-43"))
    for item, qty in zip(items, (5, 1), strict=True):
        shelf.receive(item, place, qty)
    return items


def test_outbound_atomic_decides_whether_the_rest_goes_without_a_short_line(
    shelf: Shelf, two: tuple[int, int], run: Run
) -> None:
    goods = ("krs-42=2", "KRS-43=3")
    whole = run("outbound", "--ref", "SO-1", *goods, outbound_atomic=True)
    assert whole.exit_code == 1
    assert whole.output.splitlines() == [
        "krs-42, 2 шт.: не отпущено вместе со всем документом",
        "KRS-43, 3 шт.: не хватает 2",
    ]
    assert shelf.entries("SO-1") == []
    lines = run("outbound", "--ref", "SO-1", *goods)
    assert (lines.exit_code, "krs-42, 2 шт.: отпущено" in lines.output) == (1, True)
    assert shelf.entries("SO-1") == [(-2, 0, 3)]
    again = run("outbound", "--ref", "SO-1", "KRS-42=2")
    assert (again.exit_code, again.output) == (0, "KRS-42, 2 шт.: уже отпущено раньше\n")


def test_goods_go_from_the_place_that_is_named(shelf: Shelf, two: tuple[int, int], run: Run) -> None:
    empty = shelf.place("B-01")
    refused = run("outbound", "--ref", "SO-2", "--place", "B-01", "KRS-42=1")
    assert (refused.exit_code, "не хватает 1" in refused.output) == (1, True)
    assert run("outbound", "--ref", "SO-2", "--place", "A-01", "KRS-42=1").exit_code == 0
    assert shelf.on_hand(two[0], empty) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("KRS-42",), "нужно АРТИКУЛ=КОЛИЧЕСТВО"),
        (("KRS-42=-1",), "нужно АРТИКУЛ=КОЛИЧЕСТВО"),
        (("XX=1",), "Нет таких товаров: XX"),
        (("KRS-42=1", "--place", "Z"), "Места Z"),
    ],
)
def test_what_cannot_be_read_is_said(
    two: tuple[int, int], run: Run, words: tuple[str, ...], said: str
) -> None:
    failed = run("outbound", "--ref", "SO-3", *words)
    assert said in str(failed.exception)


def test_the_shelf_is_shown_now_and_then(shelf: Shelf, two: tuple[int, int], run: Run) -> None:
    shelf.do(Reason.RESERVE, Line(item_id=two[0], qty=2))
    shown = run("stock", "krs")
    assert shown.output.splitlines() == [
        "KRS-42  : 5, доступно 3; A-01 5",
        "KRS-43  : 1, доступно 1; A-01 1",
    ]
    assert "KRS-42  : 0" in run("stock", "KRS-42", "--at", "2026-01-01").output
    assert "KRS-42  : 5" in run("stock", "KRS-42", "--at", "2100-01-01", "--by", "occurred").output
    assert "Ничего не нашлось" in run("stock", "шляпа").output


def test_near_expiry_days_says_what_is_near(shelf: Shelf, run: Run) -> None:
    item = shelf.item("MLK")
    shelf.receive(item, shelf.place(), 1, shelf.lot(item, (datetime.now(UTC) + timedelta(days=20)).date()))
    assert "— скоро" in run("stock", "mlk").output
    assert "— скоро" not in run("stock", "mlk", near_expiry_days=10).output


def test_periods_and_the_keeping_by_hand(shelf: Shelf, two: tuple[int, int], run: Run) -> None:
    assert "закрыто всё раньше 01.11.2026" in run("close", "2026-11-01").output
    assert "ничего не изменилось" in run("close", "2026-10-01").output
    assert "открыто всё с 01.10.2026" in run("open", "2026-10-01").output
    assert "открыты все периоды" in run("open").output
    kept = run("keep")
    assert (kept.exit_code, "снято резервов 0, опечатано дней 0, сходится" in kept.output) == (0, True)

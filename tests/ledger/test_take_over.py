"""An old ledger is taken over once, with its clashes put right, and sequences past their tables."""

from pathlib import Path

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner, Result

from app.cli import ledger
from app.core.config import Settings
from app.core.errors import BadInput
from app.db.install import Urls
from app.domain.warehouse.movements import Line, Reason, Status
from app.services.ledger.take_over import take_over
from app.services.ledger.verify import verify_ledger
from tests.support.databases import superuser
from tests.support.shelf import Shelf

HEAD = "article,place,lot,expires_on,reason,ref,ref_line,delta,occurred_at\n"
OLD = HEAD + (
    "KRS-1,A,,,INBOUND,IN-1,1,10,2025-03-01T10:00:00\n"
    "KRS-1,A,,,PUTAWAY,PW-1,1,-4,2025-03-02T10:00:00\n"
    "krs-1,B,,,PUTAWAY,PW-1,1,4,2025-03-02T10:00:00\n"
    "KRS-2,A,L1,2027-01-01,INBOUND,IN-1,2,5,2025-03-01T10:00:00\n"
    "KRS-1,A,,,INBOUND,IN-1,1,3,2025-03-03T10:00:00\n"  # the same number on the same balance again
    "KRS-1,A,,,ПЕРЕСОРТ,X-1,7,-1,2025-03-04T10:00:00+03:00\n"
    "KRS-1,B,,,SHIP,SO-1,1,-2,2025-03-05T10:00:00\n"
)


def taken(shelf: Shelf, content: str) -> int:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        return take_over(tx, content.encode(), "main")


def on_hand(shelf: Shelf) -> dict[tuple[str, str, str], int]:
    with shelf.db.tenant(shelf.tenant_id) as tx:
        rows = tx.run(
            "SELECT i.article, l.code AS place, t.code AS lot, s.on_hand FROM stock s"
            " JOIN item i ON i.id = s.item_id JOIN location l ON l.id = s.location_id"
            " JOIN lot t ON t.id = s.lot_id AND t.tenant_id = s.tenant_id WHERE s.tenant_id = :tenant_id"
        )
        return {(row.article.lower(), row.place, row.lot): row.on_hand for row in rows}


def test_an_old_ledger_is_taken_over_once(shelf: Shelf) -> None:
    assert [taken(shelf, OLD), taken(shelf, OLD)] == [7, 0]
    assert on_hand(shelf) == {("krs-1", "A", ""): 8, ("krs-1", "B", ""): 2, ("krs-2", "A", "L1"): 5}
    assert verify_ledger(shelf.db, shelf.tenant_id).faults == ()
    with shelf.db.tenant(shelf.tenant_id) as tx:
        rows = tx.run(
            "SELECT reason, ref, ref_line, delta FROM stock_ledger WHERE tenant_id = :tenant_id"
            " AND ref IN ('IN-1', 'X-1', 'SO-1') ORDER BY ref, ref_line"
        ).all()
    assert [tuple(row) for row in rows] == [
        ("RECEIPT", "IN-1", 1, 10),
        ("RECEIPT", "IN-1", 2, 5),
        ("RECEIPT", "IN-1", 3, 3),
        ("OUTBOUND", "SO-1", 1, -2),
        ("ADJUST", "X-1", 7, -1),
    ]


def test_what_was_taken_over_is_known_when_it_comes_again(shelf: Shelf) -> None:
    taken(shelf, OLD)
    with shelf.db.tenant(shelf.tenant_id) as tx:
        item = tx.run("SELECT id FROM item WHERE tenant_id = :tenant_id AND article = 'KRS-1'").scalar_one()
        place = tx.run("SELECT id FROM location WHERE tenant_id = :tenant_id AND code = 'B'").scalar_one()
    line = Line(item_id=item, qty=2, location_id=place)
    assert shelf.do(Reason.OUTBOUND, line, ref="SO-1").status is Status.IDEMPOTENT
    assert shelf.do(Reason.OUTBOUND, line, ref="SO-9").status is Status.OK


def test_a_line_that_takes_more_than_there_was_is_named_and_nothing_is_loaded(shelf: Shelf) -> None:
    before = shelf.counts()
    with pytest.raises(BadInput, match="Строка 3"):
        taken(shelf, HEAD + "K,A,,,INBOUND,I,1,1,2025-01-01\nK,A,,,SHIP,S,1,-2,2025-01-02\n")
    for bad in ("K,A,,,INBOUND,I,один,1,2025-01-01\n", "K,A,,,INBOUND,I,1,0,2025-01-01\n", "K\n"):
        with pytest.raises(BadInput, match="Строка 2"):
            taken(shelf, HEAD + bad)
    assert shelf.counts() == before


def test_ids_go_on_past_every_row_in_empty_tables_too(shelf: Shelf, urls: Urls) -> None:
    with superuser(urls.admin) as connection:  # rows put in with ids of their own, as old copies are
        connection.execute(
            text("INSERT INTO item (tenant_id, id, article) VALUES (:t, 5000, 'old')"), {"t": shelf.tenant_id}
        )
    taken(shelf, OLD.replace("SO-1", "SO-2"))
    assert shelf.item() > 5000
    with superuser(urls.admin) as connection:
        assert connection.scalar(text("SELECT nextval('customer_id_seq')")) >= 1


def test_the_command_line_loads_proves_and_rebuilds(
    shelf: Shelf, urls: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(_env_file=None, database_url=urls.app, admin_database_url=urls.admin)  # type: ignore[call-arg]
    monkeypatch.setattr("app.cli.ledger.get_settings", lambda: settings)
    cli = typer.Typer()
    ledger.register(cli)

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, ["ledger", *words, "--org", str(shelf.tenant_id)])

    file = tmp_path / "old.csv"
    file.write_text(OLD, encoding="utf-8")
    assert "Загружено движений: 7" in run("import", str(file)).output
    assert "уже загружен" in run("import", str(file)).output
    sound = run("verify")
    assert (sound.exit_code, "движений 7, сходится" in sound.output) == (0, True)
    with superuser(urls.admin) as connection:
        connection.execute(text(f"UPDATE stock SET on_hand = 99 WHERE tenant_id = {shelf.tenant_id}"))
    broken = run("verify")
    assert (broken.exit_code, "balances" in broken.output) == (1, True)
    assert "исправлено строк 3" in run("rebuild").output
    assert run("verify").exit_code == 0
    assert "опечатано дней 0" in run("keep").output

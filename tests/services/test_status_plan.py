"""/status says what a base token does not give, and when a collection that waits will be finished."""

from datetime import UTC, datetime

from app.bot import views
from app.core.clock import FixedClock
from app.core.config import Settings
from app.core.document import to_json
from app.db.session import Database
from app.marketplaces.wb.closed import closed_to
from app.services.analytics.status import ShowStatus, StatusQuery
from tests.support.worlds import make_cabinet


def test_what_the_type_of_a_token_keeps_back_is_a_sentence() -> None:
    assert len(closed_to("базовый")) == 2
    assert "не сверены" in closed_to("базовый")[0]
    assert closed_to("неизвестного типа") == closed_to("базовый")
    assert closed_to("персональный") == closed_to("сервисный") == closed_to("") == ()


def test_status_says_both(db: Database) -> None:
    cabinet = make_cabinet(db, "WB")
    stage = "Ждём площадку: лимит запросов. Закончит около 05:40"
    with db.tenant(cabinet.tenant_id) as tx:
        tx.run("UPDATE marketplace_account SET token_kind = 'базовый' WHERE tenant_id = :tenant_id")
    with db.platform() as tx:
        tx.run(
            "INSERT INTO job (tenant_id, job_type, state, payload, progress, trace_id, run_at, max_attempt)"
            " VALUES (:tenant, 'collect', 'todo', '{}', CAST(:progress AS jsonb), 't', now(), 5)",
            tenant=cabinet.tenant_id,
            progress=to_json({"stage": stage, "done": 0, "total": 0}),
        )
    with db.tenant(cabinet.tenant_id) as tx:
        report = ShowStatus(FixedClock(datetime(2026, 11, 20, 5, tzinfo=UTC)), Settings(_env_file=None))(
            tx, StatusQuery()
        )
    assert report.waits == stage
    drawn = repr(views.status(report))
    assert stage in drawn
    assert "не сверены" in drawn

"""One trace from a person's message to the SQL and to the marketplace, through every process it touches."""

import asyncio

import httpx
import structlog
from sqlalchemy import create_engine, event, pool, text
from structlog.testing import capture_logs

from app.bot.routers import house
from app.core.crypto import Vault
from app.queue.outbox import PostgresOutbox
from app.queue.worker import Worker
from app.sandbox.server import SandboxServer
from app.sandbox.world import World
from app.services.ingestion.gateway import Gateway
from app.services.night import Night
from app.services.tell import Teller
from app.services.tenancy.connect import CheckedToken
from app.services.work import handlers

WITH_CONTEXT = (structlog.contextvars.merge_contextvars,)


class Watched:
    """Under which name the server saw the sessions that ran statements with these words."""

    def __init__(self, db, urls, *words):
        self.seen = {word: set() for word in words}
        self._engine = db.engine
        self._server = create_engine(urls.admin, poolclass=pool.NullPool).connect()
        self._server.execution_options(isolation_level="AUTOCOMMIT")

    def __enter__(self):
        event.listen(self._engine, "after_cursor_execute", self._look)
        return self

    def __exit__(self, *_):
        event.remove(self._engine, "after_cursor_execute", self._look)
        self._server.close()

    def _look(self, connection, _cursor, statement, *_):
        for word in self.seen:
            if word in statement and len(self.seen[word]) < 3:
                session = connection.connection.dbapi_connection.info.backend_pid
                asked = text("SELECT application_name FROM pg_stat_activity WHERE pid = :pid")
                self.seen[word].add(self._server.scalar(asked, {"pid": session}))


async def test_a_pasted_token_leaves_one_trace_to_the_marketplace_and_the_server(
    chat, urls, clock, vault, monkeypatch
):
    monkeypatch.setattr(house, "LOOK_EVERY", 60)  # nobody looks how the job goes
    olga = chat.person()
    with SandboxServer(World(seed=3, skus=6, days=3, today=clock.now().date())) as marketplace:
        settings = chat.deps.settings.model_copy(
            update={"wb_api_url": marketplace.wb_api_url, "api_pace": 1_000_000.0}
        )
        token = marketplace_token(marketplace)
        chat.checker.answer = lambda place, pasted: CheckedToken(
            marketplace="WB",
            seller_key="sid",
            name="ИП",
            kind="",
            scopes=(),
            missing_scopes=(),
            expires_at=None,
            notes=(),
            secret=pasted,
        )
        watched = ("INSERT INTO job", "raw_payload", "INSERT INTO marketplace_account")
        with capture_logs(processors=WITH_CONTEXT) as logs, Watched(chat.db, urls, *watched) as sessions:
            busy, chat.api.busy = chat.api.busy, None
            await olga.says(f"/connect {token}")
            chat.api.busy = busy
            await asyncio.to_thread(hands(chat, settings, vault, clock).run_until_idle)
    traces = {entry["trace_id"] for entry in logs if entry["event"] == "update_received"}
    assert len(traces) == 1
    (trace,) = traces
    told = {entry["event"] for entry in logs if entry.get("trace_id") == trace}
    assert told >= {
        "update_received",  # the edge
        "job_asked",  # the service
        "update_handled",
        "job_started",  # the worker
        "marketplace_called",  # the outgoing call
        "night_finished",
        "job_finished",
    }
    untraced = {entry["event"] for entry in logs if "trace_id" not in entry}
    assert not untraced & told
    with chat.db.platform() as tx:
        assert tx.run("SELECT trace_id FROM job").scalars().all() == [trace]
        assert set(tx.run("SELECT trace_id FROM outbox_event").scalars()) <= {trace}
    with chat.db.tenant(olga.tenant_id) as tx:
        assert set(tx.run("SELECT trace_id FROM ingest_run WHERE tenant_id = :tenant_id").scalars()) == {
            trace
        }
    assert sessions.seen == {word: {f"ambar {trace}"} for word in watched}


async def test_two_people_at_once_have_a_trace_each(chat):
    people = [chat.person("Ольга"), chat.person("Пётр")]
    with capture_logs(processors=WITH_CONTEXT) as logs:
        await asyncio.gather(*(each.says("/status") for each in people))
    for name in ("update_received", "update_handled"):
        assert len({entry["trace_id"] for entry in logs if entry["event"] == name}) == 2


def hands(chat, settings, vault: Vault, clock) -> Worker:
    gateway = Gateway(db=chat.db, settings=settings, vault=vault, clock=clock)
    night = Night(db=chat.db, settings=settings, clock=clock, gateway=gateway)
    teller = Teller(db=chat.db, outbox=PostgresOutbox(clock=clock))
    return Worker(chat.db, handlers(night, teller), clock)


def marketplace_token(marketplace: SandboxServer) -> str:
    return httpx.get(f"{marketplace.base_url}/sandbox/state").json()["wb_token"]

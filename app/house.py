"""The composition root: from settings to a running house, for every process and command alike.

Nothing is built at import. Whoever needs the database and the services opens a house and closes it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.clock import Clock, SystemClock
from app.core.config import Settings
from app.core.crypto import Vault, open_vault
from app.core.metrics import UNMEASURED, Metrics
from app.core.paths import cluster_dir, data_dir, master_key_file, old_key_file
from app.db.embedded import EmbeddedServer
from app.db.install import Urls, check_day_timezone, embedded_urls, migrate
from app.db.session import Database
from app.queue.outbox import PostgresOutbox
from app.queue.port import Wakeups
from app.queue.postgres import PostgresQueue
from app.services.ingestion.gateway import Gateway
from app.services.night import Night
from app.services.report_cache import ReportCache
from app.services.tell import Teller

if TYPE_CHECKING:
    from app.cache.redis_reports import RedisReports
    from app.queue.redis_wakeups import RedisWakeups


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything a process works with. ``clock`` is the business's, the queue runs on the machine's."""

    settings: Settings
    clock: Clock
    urls: Urls
    data: Path
    db: Database
    vault: Vault
    queue: PostgresQueue
    outbox: PostgresOutbox
    gateway: Gateway
    night: Night
    teller: Teller
    metrics: Metrics = UNMEASURED
    wakeups: Wakeups | None = None
    reports: ReportCache | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """The database and the queue in it, for a process that needs neither keys nor marketplaces."""

    urls: Urls
    data: Path
    db: Database
    queue: PostgresQueue
    wakeups: Wakeups | None = None
    reports: ReportCache | None = None


@contextmanager
def open_door(settings: Settings, *, data: Path | None = None, embedded: bool = False) -> Iterator[Door]:
    """Start or attach what the settings name. A server is not asked anything yet: it may be away.

    ``data``: another data folder than the settings' (the demo's). ``embedded``: ignore DATABASE_URL and
    Redis.
    """
    folder = data or data_dir(settings.ambar_data)
    with ExitStack() as stack:
        if settings.database_url and not embedded:
            urls = Urls(app=settings.database_url, admin=settings.admin_database_url or settings.database_url)
        else:
            server = stack.enter_context(EmbeddedServer(cluster_dir(folder)))
            urls = embedded_urls(server)
            migrate(urls.admin)
        db = Database(
            urls.app,
            pool_size=settings.db_pool_size,
            statement_timeout_ms=settings.db_statement_timeout_ms,
        )
        stack.callback(db.close)
        wakeups, reports = (None, None) if embedded else _redis(settings, stack)
        queue = PostgresQueue(clock=SystemClock(), wakeups=wakeups)
        yield Door(urls=urls, data=folder, db=db, queue=queue, wakeups=wakeups, reports=reports)


@contextmanager
def open_house(
    settings: Settings,
    *,
    data: Path | None = None,
    clock: Clock | None = None,
    embedded: bool = False,
    on_new_key: Callable[[Path], None] | None = None,
    metrics: Metrics = UNMEASURED,
) -> Iterator[House]:
    """All of it, see ``open_door``. An embedded database is migrated on the way; a server's is not: that
    is ``ambar migrate``'s work.

    ``on_new_key`` is told where the master key lies that was made just now. ``metrics`` counts what
    the house does.
    """
    clock = clock or SystemClock()
    with ExitStack() as stack:
        door = stack.enter_context(open_door(settings, data=data, embedded=embedded))
        folder, urls, db = door.data, door.urls, door.db
        check_day_timezone(urls.app, settings)
        folder.mkdir(parents=True, exist_ok=True)
        key_file = master_key_file(settings.master_key_file, folder)
        vault, is_new = open_vault(key_file, old_key_file(settings.master_key_old_file, key_file))
        if is_new and on_new_key is not None:
            on_new_key(key_file)
        gateway = Gateway(db=db, settings=settings, vault=vault, clock=clock, metrics=metrics)
        outbox = PostgresOutbox(clock=SystemClock())
        yield House(
            settings=settings,
            clock=clock,
            urls=urls,
            data=folder,
            db=db,
            vault=vault,
            queue=door.queue,
            outbox=outbox,
            gateway=gateway,
            night=Night(db=db, settings=settings, clock=clock, gateway=gateway),
            teller=Teller(db=db, outbox=outbox),
            metrics=metrics,
            wakeups=door.wakeups,
            reports=door.reports,
        )


def _redis(settings: Settings, stack: ExitStack) -> tuple["RedisWakeups | None", "RedisReports | None"]:
    """What Redis is for, where there is one. It is not asked anything yet, and need never answer."""
    if settings.redis_dsn is None:
        return None, None
    from app.cache.redis_reports import RedisReports  # its client is as long to import as the database's
    from app.queue.redis_wakeups import RedisWakeups

    dsn, name = settings.redis_dsn.get_secret_value(), settings.queue_name_job
    stack.callback((reports := RedisReports(dsn, name)).close)
    if settings.queue_backend != "redis":
        return None, reports
    stack.callback((wakeups := RedisWakeups(dsn, name)).close)
    return wakeups, reports

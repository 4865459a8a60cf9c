"""The composition root: from settings to a running house, for every process and command alike.

Nothing is built at import. Whoever needs the database and the services opens a house and closes it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.core.clock import Clock, SystemClock
from app.core.config import Settings
from app.core.crypto import Vault, open_vault
from app.core.paths import cluster_dir, data_dir, master_key_file
from app.db.embedded import EmbeddedServer
from app.db.install import Urls, check_day_timezone, embedded_urls, migrate
from app.db.session import Database
from app.queue.outbox import PostgresOutbox
from app.queue.postgres import PostgresQueue
from app.services.ingestion.gateway import Gateway
from app.services.night import Night
from app.services.tell import Teller


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


@contextmanager
def open_house(
    settings: Settings,
    *,
    data: Path | None = None,
    clock: Clock | None = None,
    embedded: bool = False,
    on_new_key: Callable[[Path], None] | None = None,
) -> Iterator[House]:
    """Start or attach what the settings name. An embedded database is migrated on the way; a server's
    is not: that is ``ambar migrate``'s work.

    ``data``: another data folder than the settings' (the demo's). ``embedded``: ignore DATABASE_URL.
    ``on_new_key`` is told where the master key lies that was made just now.
    """
    folder = data or data_dir(settings.ambar_data)
    clock = clock or SystemClock()
    with ExitStack() as stack:
        if settings.database_url and not embedded:
            urls = Urls(app=settings.database_url, admin=settings.admin_database_url or settings.database_url)
        else:
            server = stack.enter_context(EmbeddedServer(cluster_dir(folder)))
            urls = embedded_urls(server)
            migrate(urls.admin)
        check_day_timezone(urls.app, settings)
        db = Database(
            urls.app,
            pool_size=settings.db_pool_size,
            statement_timeout_ms=settings.db_statement_timeout_ms,
        )
        stack.callback(db.close)
        folder.mkdir(parents=True, exist_ok=True)
        vault, is_new = open_vault(key_file := master_key_file(settings.master_key_file, folder))
        if is_new and on_new_key is not None:
            on_new_key(key_file)
        gateway = Gateway(db=db, settings=settings, vault=vault, clock=clock)
        outbox = PostgresOutbox(clock=SystemClock())
        yield House(
            settings=settings,
            clock=clock,
            urls=urls,
            data=folder,
            db=db,
            vault=vault,
            queue=PostgresQueue(clock=SystemClock()),
            outbox=outbox,
            gateway=gateway,
            night=Night(db=db, settings=settings, clock=clock, gateway=gateway),
            teller=Teller(db=db, outbox=outbox),
        )

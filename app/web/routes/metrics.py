"""``/metrics`` in Prometheus's format: what the database knows now, and what each process has counted.

Labels are types, states, marketplaces and methods: nothing that grows with the number of sellers.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from app.core.clock import Clock
from app.core.exposition import read_files
from app.db.session import Database
from app.services.vitals import Freshness, Vitals, take_freshness, take_vitals
from app.web.shared import Shared

log = structlog.get_logger(__name__)

PATIENCE = 8.0
"""Under Prometheus's usual ten seconds."""

FRESHNESS_TTL = 60.0
"""It asks every organisation, and changes once a night."""


def add_to(app: web.Application, db: Database, clock: Clock, day_timezone: str, folder: Path) -> None:
    vitals = Shared(partial(take_vitals, db, clock), ttl=2.0, patience=PATIENCE)
    freshness = Shared(partial(take_freshness, db, clock, day_timezone), ttl=FRESHNESS_TTL, patience=PATIENCE)

    async def metrics(_request: web.Request) -> web.Response:
        seen, fresh = await _if_any(vitals), await _if_any(freshness)
        families: list[Metric] = [
            _gauge("ambar_database_up", "Did the database answer?", [((), float(seen is not None))])
        ]
        families += [] if seen is None else list(_of_vitals(seen))
        families += [] if fresh is None else list(_of_freshness(fresh))
        families += read_files(folder)
        registry = CollectorRegistry()
        registry.register(_Told(families))
        return web.Response(
            body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    app.router.add_get("/metrics", metrics)


async def _if_any(look: Shared[Any]) -> Any:
    """Without a database the processes' own counters are worth all the more."""
    try:
        return await look()
    except SQLAlchemyError as error:
        log.warning("metrics_without_database", error=type(error).__name__)
        return None


def _of_vitals(seen: Vitals) -> Iterator[Metric]:
    def age(since: Any) -> float:
        return 0.0 if since is None else max(0.0, (seen.now - since).total_seconds())

    yield _gauge(
        "ambar_jobs",
        "Jobs by type and state.",
        [((each.job_type, each.state), each.count) for each in seen.jobs],
        "job_type",
        "state",
    )
    due = {each.job_type: each for each in seen.due}
    types = sorted({each.job_type for each in seen.jobs})
    yield _gauge(
        "ambar_jobs_due",
        "Jobs that could run now and wait for a hand.",
        [((name,), due[name].count if name in due else 0) for name in types],
        "job_type",
    )
    yield _gauge(
        "ambar_job_lag_seconds",
        "For how long the oldest due job has waited.",
        [((name,), age(due[name].since) if name in due else 0) for name in types],
        "job_type",
    )
    yield _gauge(
        "ambar_dead_letters_open",
        "Jobs given up that nobody has dealt with.",
        [((name,), seen.dead_letters.get(name, 0)) for name in sorted({*types, *seen.dead_letters})],
        "job_type",
    )
    topics = [((each.topic,), each) for each in seen.outbox]
    yield _gauge(
        "ambar_outbox_waiting",
        "Events not delivered yet.",
        [(key, each.waiting) for key, each in topics],
        "topic",
    )
    yield _gauge(
        "ambar_outbox_lag_seconds",
        "Age of the oldest event not delivered yet.",
        [(key, age(each.since)) for key, each in topics],
        "topic",
    )
    yield _gauge(
        "ambar_outbox_given_up",
        "Events given up after all their tries.",
        [(key, each.given_up) for key, each in topics],
        "topic",
    )
    closed = [((each.marketplace, each.method), each) for each in seen.closed]
    yield _gauge(
        "ambar_marketplace_closed_sellers",
        "Sellers whose method a marketplace has closed for now.",
        [(key, each.sellers) for key, each in closed],
        "marketplace",
        "method",
    )
    yield _gauge(
        "ambar_marketplace_closed_seconds",
        "For how long the last of them still has to wait.",
        [(key, (each.until - seen.now).total_seconds()) for key, each in closed],
        "marketplace",
        "method",
    )
    yield _gauge(
        "ambar_last_firing_timestamp_seconds",
        "When a scheduled job fired last.",
        [((name,), at.timestamp()) for name, at in seen.firings.items()],
        "job",
    )


def _of_freshness(fresh: Freshness) -> Iterator[Metric]:
    yield _gauge(
        "ambar_freshness_lag_days",
        "From the last complete day of a source to yesterday, the cabinet furthest behind.",
        [((source.partition(".")[0], source), days) for source, days in sorted(fresh.lag.items())],
        "marketplace",
        "source",
    )
    yield _gauge(
        "ambar_cabinets",
        "Cabinets by marketplace and state.",
        [(key, count) for key, count in sorted(fresh.cabinets.items())],
        "marketplace",
        "state",
    )
    yield _gauge(
        "ambar_cabinets_without_data",
        "Cabinets at work that have no complete day yet.",
        [((name,), count) for name, count in sorted(fresh.empty.items())],
        "marketplace",
    )


def _gauge(
    name: str, words: str, values: Iterable[tuple[tuple[str, ...], float]], *labels: str
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for key, value in values:
        family.add_metric(key, value)
    return family


class _Told(Collector):
    """What has been found out, to the library."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families

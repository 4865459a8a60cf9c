"""The same work through procrastinate: its own SQL and worker API, as many connections, the same server.

Its worker would run tasks by itself; what is timed here is what it asks of the database for each job:
``defer_job``, ``fetch_job``, ``finish_job``. No locks and no fairness between tenants: it has none.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import procrastinate
from procrastinate.jobs import Job, Status
from sqlalchemy import make_url

from benchmarks.harness import Bench

DATABASE = "procrastinate"


class ProcrastinateQueue:
    """Its tables, in a database of their own on the same server."""

    def __init__(self, bench: Bench, hands: int) -> None:
        self._hands = hands
        bench.execute(f"CREATE DATABASE {DATABASE}")
        url = make_url(bench.urls.admin).set(drivername="postgresql", database=DATABASE)
        self._dsn = url.render_as_string(hide_password=False)
        self._run(lambda app: app.schema_manager.apply_schema_async())

    def clear(self) -> None:
        """No jobs."""

        async def clear(app: procrastinate.App) -> None:
            for sql in ("TRUNCATE procrastinate_jobs CASCADE", "ANALYZE procrastinate_jobs"):
                await app.connector.execute_query_async(sql)

        self._run(clear)

    def enqueue(self, jobs: int, tenants: int) -> list[float]:
        """Ask for so many jobs, each in a transaction; the seconds that each took."""
        numbers = iter(range(jobs))
        taken: list[float] = []

        async def work(app: procrastinate.App) -> None:
            for number in numbers:
                job = Job(
                    queue="bench",
                    task_name="work",
                    lock=None,
                    queueing_lock=f"job-{number}",
                    task_kwargs={"tenant": 1 + number % tenants},
                )
                started = time.perf_counter()
                await app.job_manager.defer_job_async(job)
                taken.append(time.perf_counter() - started)

        self._all_hands(work)
        return taken

    def work_off(self) -> tuple[list[float], list[float]]:
        """Fetch and finish until nothing is left; the seconds of each fetch and of each finish."""
        fetched: list[float] = []
        finished: list[float] = []

        async def work(app: procrastinate.App) -> None:
            worker = await app.job_manager.register_worker()
            while True:
                started = time.perf_counter()
                job = await app.job_manager.fetch_job(queues=["bench"], worker_id=worker)
                if job is None:
                    return
                fetched.append(time.perf_counter() - started)
                started = time.perf_counter()
                await app.job_manager.finish_job(job, Status.SUCCEEDED, delete_job=False)
                finished.append(time.perf_counter() - started)

        self._all_hands(work)
        return fetched, finished

    def _all_hands(self, work: Callable[[procrastinate.App], Awaitable[None]]) -> None:
        async def together(app: procrastinate.App) -> None:
            await asyncio.gather(*(work(app) for _ in range(self._hands)))

        self._run(together)

    def _run(self, work: Callable[[procrastinate.App], Awaitable[None]]) -> None:
        async def run() -> None:
            connector = procrastinate.PsycopgConnector(
                conninfo=self._dsn, min_size=self._hands, max_size=self._hands
            )
            app = procrastinate.App(connector=connector)
            async with app.open_async():
                await work(app)

        asyncio.run(run())

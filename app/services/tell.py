"""Who is told what after a night: the digest to the organisation, alerts to the administrators.

Events go to the outbox as facts (which tenant, which day); words are made where they are sent.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import product
from statistics import median

from app.core.document import Document
from app.db.session import Database, PlatformTx
from app.queue.port import ClaimedJob, Outbox
from app.queue.states import State
from app.repositories import accounts, runs, unknown_values
from app.repositories.unknown_values import UnknownWord
from app.services.expiry import ExpiryWarning, expiry_warning
from app.services.names import source_name
from app.services.night import NightReport
from app.services.unknown import said

TELEGRAM = "telegram"
NIGHTS_COMPARED = 14
NORMAL = (0.3, 3.0)
"""A source's rows outside this share of the median of recent nights are worth a look."""

READERS = ("owner", "manager", "analyst")
"""Who gets the digest: everybody of the organisation but storekeepers."""

OWNERS = ("owner", "manager")
"""Who can connect a cabinet anew, and so is told when its token is refused."""

LOOKS_AWAY = timedelta(minutes=1)
"""How long somebody who asked for work watches its message: an edit makes no sound."""

MORNING = time(5, tzinfo=UTC)
"""Eight in Moscow: the digest waits until then for a marketplace that asked for patience, no longer."""

STILL_WAITS = "Площадка так и не отдала данные: лимит запросов или неготовый отчёт. Возьмём следующей ночью."


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Writes what a night has to tell into the outbox; a repeated night tells nothing twice."""

    db: Database
    outbox: Outbox

    def night(self, report: NightReport, *, comes_back: bool = False) -> None:
        """The digest of the day, and one alert for each source that failed or looks odd.

        ``comes_back``: the night goes on later. Until then its digest is held (not past the morning)
        and nobody is alarmed about what may yet come.
        """
        alerts = {} if comes_back else {**self._odd(report), **_late(report)}
        alerts |= {
            name: done.error
            for name, done in report.sources.items()
            if done.error and not (comes_back and done.is_down)
        }
        warnings, news = self._inside(report)
        with self.db.platform() as tx:
            if report.sources and not (comes_back and _before_morning(report)):
                for chat in _readers(tx, report.tenant_id, READERS):
                    self._append(tx, report, chat, "digest", "")
            organisation = tx.run("SELECT name FROM tenant WHERE id = :id", id=report.tenant_id).scalar_one()
            for warning, chat in product(warnings, _readers(tx, report.tenant_id, OWNERS)):
                self._append(tx, report, chat, "token", warning.words, uniq=warning.name)
            for word, chat in product(news, _administrators(tx)):
                # The house's own event: the programme has to learn a word once, whoever met it.
                uniq = f"{word.source}:{word.kind}:{word.value}"
                self._append(tx, report, chat, "alert", said(word), uniq=uniq, of_house=True)
            for source, error in alerts.items():
                words = f"{organisation}, {report.d:%d.%m}: {source_name(source)}. {error}"
                concerned = set(_administrators(tx))
                if source in report.sources and report.sources[source].is_refused:
                    concerned |= set(_readers(tx, report.tenant_id, OWNERS))
                for chat in sorted(concerned):
                    self._append(tx, report, chat, "alert", words, about=source)
        with self.db.tenant(report.tenant_id) as inside:
            unknown_values.mark_told(inside, [word.id for word in news])

    def _inside(self, report: NightReport) -> tuple[list[ExpiryWarning], list[UnknownWord]]:
        """What only the organisation's own wall shows: tokens that run out, words nobody was told of."""
        today = report.d + timedelta(days=1)
        with self.db.tenant(report.tenant_id) as tx:
            due = [expiry_warning(account, today) for account in accounts.list_accounts(tx)]
            return [warning for warning in due if warning], unknown_values.list_untold(tx)

    def job_failed(self, tx: PlatformTx, job: ClaimedJob, sentence: str) -> None:
        """Whoever asked for it is told, else the administrators; with the failure's own transaction."""
        chat = _asker(tx, job)
        for concerned in _administrators(tx) if chat is None else [chat]:
            self._append_job(tx, job, concerned, State.FAILED, sentence)

    def job_done(self, tx: PlatformTx, job: ClaimedJob, result: Document | None, age: timedelta) -> None:
        """Whoever asked and may have looked away by now is told. ``age``: since they asked."""
        chat = _asker(tx, job) if age >= LOOKS_AWAY else None
        if chat is not None:
            self._append_job(tx, job, chat, State.DONE, str((result or {}).get("summary", "")))

    def _append_job(self, tx: PlatformTx, job: ClaimedJob, chat: int, state: State, sentence: str) -> None:
        organisation = tx.run("SELECT name FROM tenant WHERE id = :id", id=job.tenant_id).scalar()
        self.outbox.append(
            tx,
            TELEGRAM,
            f"chat:{chat}",
            {
                "kind": "job",
                "chat": chat,
                "tenant_id": job.tenant_id or 0,
                "organisation": organisation or "",
                "job_id": job.id,
                "job_type": job.job_type,
                "state": state.value,
                "words": sentence,
            },
            trace_id=job.trace_id,
            tenant_id=job.tenant_id,
        )

    def _append(
        self,
        tx: PlatformTx,
        report: NightReport,
        chat: int,
        kind: str,
        words: str,
        about: str = "",
        uniq: str = "",
        of_house: bool = False,
    ) -> None:
        """Once a day and source, or once under ``uniq``."""

        self.outbox.append(
            tx,
            TELEGRAM,
            f"chat:{chat}",
            {
                "kind": kind,
                "chat": chat,
                "tenant_id": report.tenant_id,
                "d": report.d.isoformat(),
                "words": words,
            },
            trace_id=report.trace_id,
            uniq=f"{kind}:{chat}:{uniq or f'{report.tenant_id}:{report.d}:{about}'}",
            tenant_id=None if of_house else report.tenant_id,
        )

    def _odd(self, report: NightReport) -> dict[str, str]:
        """Sources whose rows are far from the median of recent nights."""
        odd: dict[str, str] = {}
        with self.db.tenant(report.tenant_id) as tx:
            for account in accounts.list_accounts(tx):
                for name, done in report.sources.items():
                    source, _, suffix = name.partition("#")
                    ours = suffix in ("", str(account.id)) and source.startswith(account.marketplace.lower())
                    if not ours or done.error or done.wait_until:
                        continue
                    told = runs.rows_of(tx, account.id, source, report.trace_id)
                    past = runs.rows_before(tx, account.id, source, report.trace_id, NIGHTS_COMPARED)
                    sentence = unusual(told.rows, past) if told.news else None
                    if sentence:
                        odd[name] = sentence
        return odd


def _asker(tx: PlatformTx, job: ClaimedJob) -> int | None:
    """The chat of the person who asked for a job; None for the house's own, and for who blocked us."""
    if job.asked_by is None:
        return None
    asker = "SELECT telegram_id FROM app_user WHERE id = :id AND blocked_at IS NULL"
    chat: int | None = tx.run(asker, id=job.asked_by).scalar()
    return chat


def may_hear(tx: PlatformTx, chat: int, tenant_id: int, kind: str) -> bool:
    """Is there still somebody in this chat to be told of the organisation's affairs?

    Asked when an event is delivered: hours may have passed, and people block the bot, leave, or are
    made storekeepers. Administrators hear alerts of organisations that are not theirs.
    """
    found = tx.run(
        "SELECT u.is_admin, m.role FROM app_user u LEFT JOIN membership m"
        " ON m.user_id = u.id AND m.tenant_id = :tenant_id"
        " WHERE u.telegram_id = :chat AND u.blocked_at IS NULL",
        chat=chat,
        tenant_id=tenant_id,
    ).one_or_none()
    if found is None:
        return False
    if kind == "digest":
        return found.role in READERS
    return found.is_admin or found.role is not None


def unusual(rows: int, past: list[int]) -> str | None:
    """The sentence for a count outside 0.3–3 times the median of past nights, else None."""
    if len(past) < NIGHTS_COMPARED:
        return None
    usual = median(past)
    if NORMAL[0] * usual <= rows <= NORMAL[1] * usual:
        return None
    return f"Пришло строк: {rows}, обычно около {usual:.0f}. Проверьте, всё ли на месте."


def _late(report: NightReport) -> dict[str, str]:
    """What a marketplace made us wait for longer than the night lasts."""
    return {
        name: STILL_WAITS for name, done in report.sources.items() if done.wait_until and not done.is_busy
    }


def _before_morning(report: NightReport) -> bool:
    """Will it be known before the digest is due? A marketplace that is down is asked again soon."""
    until = report.wait_until
    return until is None or until <= datetime.combine(report.d + timedelta(days=1), MORNING)


def _readers(tx: PlatformTx, tenant_id: int, roles: tuple[str, ...]) -> list[int]:
    """Chats of the organisation's people with these roles."""
    rows = tx.run(
        "SELECT u.telegram_id FROM membership m JOIN app_user u ON u.id = m.user_id "
        "WHERE m.tenant_id = :tenant_id AND m.role = ANY(:roles) AND u.blocked_at IS NULL ORDER BY 1",
        tenant_id=tenant_id,
        roles=list(roles),
    )
    return [row.telegram_id for row in rows]


def _administrators(tx: PlatformTx) -> list[int]:
    rows = tx.run("SELECT telegram_id FROM app_user WHERE is_admin AND blocked_at IS NULL ORDER BY 1")
    return [row.telegram_id for row in rows]

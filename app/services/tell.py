"""Who is told what after a night: the digest to the organisation, alerts to the administrators.

Events go to the outbox as facts (which tenant, which day); words are made where they are sent.
"""

from dataclasses import dataclass
from statistics import median

from app.db.session import Database, PlatformTx
from app.queue.port import Outbox
from app.repositories import accounts, runs
from app.services.names import source_name
from app.services.night import NightReport

TELEGRAM = "telegram"
NIGHTS_COMPARED = 14
NORMAL = (0.3, 3.0)
"""A source's rows outside this share of the median of recent nights are worth a look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Writes what a night has to tell into the outbox; a repeated night tells nothing twice."""

    db: Database
    outbox: Outbox

    def night(self, report: NightReport, trace_id: str) -> None:
        """The digest of the day, and one alert for each source that failed or looks odd."""
        odd = self._odd(report)
        with self.db.platform() as tx:
            for chat in _readers(tx, report.tenant_id):
                self._append(tx, report, chat, "digest", "", trace_id)
            organisation = tx.run("SELECT name FROM tenant WHERE id = :id", id=report.tenant_id).scalar_one()
            for source, error in {**odd, **report.errors}.items():
                words = f"{organisation}, {report.d:%d.%m}: {source_name(source)}. {error}"
                for chat in _administrators(tx):
                    self._append(tx, report, chat, "alert", words, trace_id, about=source)

    def _append(
        self,
        tx: PlatformTx,
        report: NightReport,
        chat: int,
        kind: str,
        words: str,
        trace_id: str,
        about: str = "",
    ) -> None:
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
            trace_id=trace_id,
            uniq=f"{kind}:{chat}:{report.tenant_id}:{report.d}:{about}",
            tenant_id=report.tenant_id,
        )

    def _odd(self, report: NightReport) -> dict[str, str]:
        """Sources whose rows are far from the median of recent nights."""
        odd: dict[str, str] = {}
        with self.db.tenant(report.tenant_id) as tx:
            for account in accounts.list_accounts(tx):
                for name, done in report.sources.items():
                    source, _, suffix = name.partition("#")
                    ours = suffix in ("", str(account.id)) and source.startswith(account.marketplace.lower())
                    if not ours or done.error or not done.rows:
                        continue
                    past = runs.recent_counts(tx, account.id, source, NIGHTS_COMPARED + 1)[1:]
                    sentence = unusual(done.rows, [rows for rows in past if rows])
                    if sentence:
                        odd[name] = sentence
        return odd


def unusual(rows: int, past: list[int]) -> str | None:
    """The sentence for a count outside 0.3–3 times the median of past nights, else None."""
    if len(past) < NIGHTS_COMPARED:
        return None
    usual = median(past)
    if NORMAL[0] * usual <= rows <= NORMAL[1] * usual:
        return None
    return f"Пришло строк: {rows}, обычно около {usual:.0f}. Проверьте, всё ли на месте."


def _readers(tx: PlatformTx, tenant_id: int) -> list[int]:
    """Chats that get the digest: everybody of the organisation but storekeepers."""
    rows = tx.run(
        "SELECT u.telegram_id FROM membership m JOIN app_user u ON u.id = m.user_id "
        "WHERE m.tenant_id = :tenant_id AND m.role <> 'storekeeper' AND u.blocked_at IS NULL ORDER BY 1",
        tenant_id=tenant_id,
    )
    return [row.telegram_id for row in rows]


def _administrators(tx: PlatformTx) -> list[int]:
    rows = tx.run("SELECT telegram_id FROM app_user WHERE is_admin AND blocked_at IS NULL ORDER BY 1")
    return [row.telegram_id for row in rows]

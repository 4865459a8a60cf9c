"""How things stand: cabinets, freshness of each source, what is missing, what is unmapped."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.db.session import TenantTx
from app.marketplaces.wb.closed import closed_to
from app.marketplaces.wb.token import REQUIRED, SCOPE_NAMES
from app.repositories import accounts, ad_figures, closed_sources, runs
from app.repositories import freshness as wholeness
from app.repositories.accounts import StoredAccount
from app.services.analytics.balance import balance_checks
from app.services.analytics.closing import closing
from app.services.analytics.common import Question, freshness
from app.services.analytics.control import control
from app.services.analytics.reports import AccountStatus, AdsCheck, SourceStatus, StatusReport
from app.services.ingestion.forecast import FINISHES
from app.services.tenancy.connect import WITH_ADS
from app.services.tenancy.token_check import OZON_METHOD_WORDS

EXPECTED = {
    "WB": ("wb.cards", "wb.sales", "wb.stock", "wb.finance"),
    "OZON": ("ozon.catalogue", "ozon.accruals", "ozon.stock"),
}
"""What a night brings of each marketplace."""

NO_ADS = "реклама не разносится по товарам: нет ключа Performance API, пришлите его в /connect"
"""The money of advertising is in the accruals all the same."""

GAPS_LOOKED_BACK_DAYS = 35
SNAPSHOTS = frozenset({"wb.cards", "wb.stock", "ozon.catalogue", "ozon.stock"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusQuery:
    """Everything."""


class ShowStatus(Question):
    """The state of the tenant's data."""

    def __call__(self, tx: TenantTx, query: StatusQuery) -> StatusReport:  # noqa: ARG002
        cabinets = accounts.list_accounts(tx)
        closed = {each.id: _closed(tx, each) for each in cabinets}
        since = self.yesterday() - timedelta(days=GAPS_LOOKED_BACK_DAYS - 1)
        return StatusReport(
            organisation=tx.run("SELECT name FROM tenant WHERE id = :tenant_id").scalar_one(),
            accounts=tuple(_account(each, self._ads(tx, each, since)) for each in cabinets),
            sources=tuple(
                self._source(tx, account, source, since, closed[account.id].get(source, ""))
                for account in cabinets
                for source in dict.fromkeys((*EXPECTED[account.marketplace], *closed[account.id]))
            ),
            skus=tx.run("SELECT count(*) FROM sku WHERE tenant_id = :tenant_id").scalar_one(),
            skus_without_cost=wholeness.skus_without_cost(tx),
            unmapped=_unmapped(tx),
            unplaced_rows=wholeness.unplaced_count(tx),
            control=control(tx, since, self.yesterday()),
            months=closing(tx, since, self.yesterday()),
            jobs_waiting=tx.run(
                "SELECT count(*) FROM job WHERE tenant_id = :tenant_id AND state IN ('todo', 'doing')"
            ).scalar_one(),
            freshness=freshness(tx),
            waits=_waits(tx),
            ties=balance_checks(tx, since, self.yesterday()),
        )

    def _source(
        self, tx: TenantTx, account: StoredAccount, source: str, since: date, closed: str
    ) -> SourceStatus:
        last = tx.run(
            "SELECT finished_at, error FROM ingest_run WHERE tenant_id = :tenant_id "
            "AND account_id = :account AND source = :source ORDER BY id DESC LIMIT 1",
            account=account.id,
            source=source,
        ).first()
        return SourceStatus(
            account_id=account.id,
            marketplace=account.marketplace,
            source=source,
            complete_to=runs.complete_to(tx, account.id, source),
            last_run_at=last.finished_at if last else None,
            last_error=last.error if last and not closed else None,
            # Days of what is not offered are not awaited either.
            missing_days=() if closed or source in SNAPSHOTS else self._gaps(tx, account.id, source, since),
            closed=closed,
        )

    def _ads(self, tx: TenantTx, account: StoredAccount, since: date) -> tuple[AdsCheck, ...]:
        if account.marketplace != "OZON":
            return ()
        return tuple(
            AdsCheck(
                per_order=each.per_order,
                d_from=each.d_from,
                d_to=each.d_to,
                spent=each.spent,
                bonus=each.bonus,
                residual=each.spent - each.booked,
            )
            for each in ad_figures.ads_sums(tx, account.id, since, self.yesterday())
        )

    def _gaps(self, tx: TenantTx, account_id: int, source: str, since: date) -> tuple[date, ...]:
        """Days between the first complete one and yesterday that are not complete."""
        rows = tx.run(
            "SELECT CAST(g AS date) AS d FROM generate_series(greatest(CAST(:since AS date), (SELECT min(d)"
            " FROM coverage WHERE tenant_id = :tenant_id AND account_id = :account AND source = :source)),"
            " CAST(:last AS date), interval '1 day') g WHERE NOT EXISTS (SELECT FROM coverage c"
            " WHERE c.tenant_id = :tenant_id AND c.account_id = :account AND c.source = :source"
            " AND c.d = CAST(g AS date)) ORDER BY g",
            since=since,
            last=self.yesterday(),
            account=account_id,
            source=source,
        )
        return tuple(row.d for row in rows)


def _closed(tx: TenantTx, account: StoredAccount) -> dict[str, str]:
    """Source → why the marketplace does not offer it to this seller now."""
    return {each.source: each.why for each in closed_sources.list_closed(tx, account.id)}


def _account(account: StoredAccount, ads: tuple[AdsCheck, ...]) -> AccountStatus:
    return AccountStatus(
        account_id=account.id,
        name=account.name,
        marketplace=account.marketplace,
        token_tail=account.token_tail,
        token_expires_at=account.expires_at,
        token_kind=account.token_kind,
        missing_scopes=_missing_scopes(account),
        state=account.state,
        closed=_not_given(account),
        ads=ads,
        subscription=account.subscription,
    )


def _not_given(account: StoredAccount) -> tuple[str, ...]:
    """What the kind of the key does not give, in sentences."""
    if account.marketplace == "WB":
        return closed_to(account.token_kind)
    return () if account.token_kind == WITH_ADS else (NO_ADS,)


def _missing_scopes(account: StoredAccount) -> tuple[str, ...]:
    """What the stored token lacks, in words; an Ozon key, by what it was told of its roles last night."""
    if account.marketplace == "OZON":
        return tuple(dict.fromkeys(OZON_METHOD_WORDS.get(path, path) for path in account.missing))
    if not account.scopes:
        return ()
    return tuple(SCOPE_NAMES[scope] for scope in sorted(REQUIRED) if SCOPE_NAMES[scope] not in account.scopes)


def _waits(tx: TenantTx) -> str:
    """What the collection that waits for its marketplace says: when it will be finished."""
    found = tx.run(
        "SELECT progress ->> 'stage' FROM job WHERE tenant_id = :tenant_id AND job_type = 'collect'"
        " AND state = 'todo' AND strpos(progress ->> 'stage', :finishes) > 0 ORDER BY id DESC LIMIT 1",
        finishes=FINISHES,
    ).scalar()
    return str(found or "")


def _unmapped(tx: TenantTx) -> tuple[tuple[str, Decimal], ...]:
    rows = tx.run(
        "SELECT operation, sum(amount) AS amount FROM settlement_line WHERE tenant_id = :tenant_id "
        "AND line = 'unmapped' GROUP BY operation ORDER BY abs(sum(amount)) DESC LIMIT 10"
    )
    return tuple((row.operation, row.amount) for row in rows)

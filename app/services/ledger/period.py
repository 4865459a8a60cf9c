"""Closing the books: facts of a closed period are not posted any more, until somebody opens it again."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.exc import DBAPIError

from app.core.errors import BadInput
from app.db.session import TenantTx
from app.repositories import ledger_proof

_NOT_OVER = "22023"


def close_period(tx: TenantTx, day: date, day_zone: ZoneInfo) -> bool:
    """Facts from before ``day`` began in ``day_zone`` are refused from now on; False where they were already.

    Raises BadInput where that day is yet to begin.
    """
    try:
        with tx.session.begin_nested():
            return ledger_proof.close_period(tx, _begins(day, day_zone), day.isoformat())
    except DBAPIError as error:
        if getattr(error.orig, "pgcode", None) != _NOT_OVER:
            raise
        raise BadInput(f"{day:%d.%m.%Y} ещё не наступило: закрыть можно только то, что прошло.") from error


def open_period(tx: TenantTx, day: date | None, day_zone: ZoneInfo) -> bool:
    """Facts of ``day`` and later (None: of any day) are taken again; False where they were already."""
    if day is None:
        return ledger_proof.open_period(tx, None, "")
    return ledger_proof.open_period(tx, _begins(day, day_zone), day.isoformat())


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)

"""Unknown words of the marketplaces: noticed when they come, told once, listed for administrators."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.db.session import Database
from app.domain.finance.settlement import PnlLine
from app.marketplaces.ozon.lines import AccrualType, to_be_told
from app.marketplaces.source import Normalised, Unplaced
from app.repositories import unknown_values
from app.repositories.unknown_values import UnknownWord
from app.services.names import source_name

KIND_NAMES = {"operation": "операция", "status": "статус", "warehouse": "склад", "type": "вид"}

UNKNOWN = "неизвестный "
"""How a normaliser begins its reason where a row was set aside for a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantsUnknown:
    """An organisation's unknown words."""

    tenant_id: int
    organisation: str
    words: tuple[UnknownWord, ...]


def has_unknown(rows: Normalised, unplaced: Iterable[Unplaced]) -> bool:
    """Did a unit bring a word without a meaning?"""
    entries = (AccrualType(row.type_id, row.name, row.title) for row in rows.accrual_types)
    return (
        any(row.line is PnlLine.UNMAPPED for row in rows.settlement)
        or any(row.reason.startswith(UNKNOWN) for row in unplaced)
        or bool(to_be_told(entries))
    )


def list_unknown(db: Database) -> list[TenantsUnknown]:
    """Of every organisation that has any."""
    with db.platform() as tx:
        tenants = tx.run("SELECT id, name FROM tenant ORDER BY id").all()
    found = []
    for tenant in tenants:
        with db.tenant(tenant.id) as tx_inside:
            words = tuple(unknown_values.list_open(tx_inside))
        if words:
            found.append(TenantsUnknown(tenant_id=tenant.id, organisation=tenant.name, words=words))
    return found


def said(word: UnknownWord) -> str:
    """«Новое слово площадки: операция «Сдвиг» (финансовый отчёт WB), строк 3, 1200.00 RUB.»"""
    money = f", {word.amount} {word.currency}".rstrip() if word.amount else ""
    if word.source == unknown_values.DICTIONARY:
        return (
            f"Новый или переименованный вид начислений Ozon: «{word.value}», строк {word.rows}{money}. "
            "Строку прибыли ему даёт ./ambar unknown --help"
        )
    return (
        f"Новое слово площадки: {KIND_NAMES[word.kind]} «{word.value}» ({source_name(word.source)}), "
        f"строк {word.rows}{money}. Эти деньги — в «не разнесено». Список: ./ambar unknown"
    )

"""Whether Ozon's balance is what we booked, in the status of its cabinet."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from app.bot import formats
from app.bot.screen import Line, line
from app.services.analytics.reports import BalanceCheck


def balance_lines(checks: Sequence[BalanceCheck], account_id: int) -> list[Line]:
    """Of one cabinet: «начисления за 06.10–19.11 сходятся с балансом до копейки», or where they do not."""
    lines = []
    for check in checks:
        if check.account_id != account_id:
            continue
        if check.residuals:
            told = _days(check.residuals, check.currency)
            lines.append(line(f"⚠️ баланс и начисления расходятся на {told}"))
        if check.gaps:
            told = _days(check.gaps, check.currency)
            lines.append(line(f"⚠️ баланс Ozon не складывается из его же сумм на {told}"))
        if not check.residuals and not check.gaps:
            days = formats.span(check.d_from, check.d_to)
            lines.append(line(f"▫️ начисления за {days} сходятся с балансом до копейки"))
    return lines


def _days(told: Sequence[tuple[date, Decimal]], currency: str) -> str:
    """«12,30 ₽: 14.11»; of sizes, so that days of either sign do not hide each other."""
    amount = sum((abs(rubles) for _, rubles in told), Decimal(0))
    return f"{formats.money(amount, currency, exact=True)}: {formats.spans([d for d, _ in told])}"

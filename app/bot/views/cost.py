"""Answers to a cost price given or taken back."""

from app.bot import formats
from app.bot.callbacks import CostUndoCall, PnlCall
from app.bot.screen import Screen, fact, facts, key, text
from app.services.analytics.reports import CostSet


def cost_set(done: CostSet) -> Screen:
    if done.change_id is None or done.previous == done.price:
        return Screen(
            head=f"{done.article}: {formats.price(done.price)} с {formats.full_day(done.since)}",
            body=(text("Такая себестоимость уже стоит, ничего не изменилось."),),
        )
    rows = [
        fact("Было", formats.price(done.previous) if done.previous is not None else "нет себестоимости"),
        fact("Стало", formats.price(done.price)),
    ]
    if done.skus > 1:
        rows.append(fact("Размеров", formats.number(done.skus)))
    rows.append(fact("Пересчитано", _restated(done.days_touched)))
    return Screen(
        head=f"{done.article}: {formats.price(done.price)} с {formats.full_day(done.since)}",
        body=(facts(rows),),
        keys=((key("Отменить", CostUndoCall(change=done.change_id)), key("Прибыль", PnlCall(days=1))),),
    )


def cost_undone(done: CostSet) -> Screen:
    """After an undo ``previous`` is what was taken back and ``price`` what holds again (None: nothing)."""
    known = done.price is not None
    holds = f"Снова действует {formats.price(done.price)}." if known else "Себестоимости снова нет."
    return Screen(
        head=f"{done.article}: изменение отменено",
        body=(text(holds, f"Пересчитано: {_restated(done.days_touched)}."),),
        keys=((key("Прибыль", PnlCall(days=1)),),),
    )


def _restated(days: int) -> str:
    return formats.days(days) if days else "прошлые дни не меняются"

"""A row that a model refuses, with what of it can be read all the same."""

from app.marketplaces.source import Unplaced
from app.marketplaces.wire import payload, readable_day, readable_money


def set_aside(raw: object, reason: str, *key: str, amount: str, day: str = "") -> Unplaced:
    """For «не разнесено». ``key``, ``amount`` and ``day`` name fields: of its own key, of the rubles it
    tells (with the sign that they are told with), of its day ("" where it has none)."""
    told = raw if isinstance(raw, dict) else {}
    return Unplaced(
        row_key=":".join(str(told.get(name, "")) for name in key),
        reason=reason,
        payload=payload(raw),
        amount=readable_money(told, amount) if told else None,
        currency="RUB",
        d=readable_day(told, day) if day else None,
    )


def set_cost_aside(raw: object, reason: str, *key: str, amount: str, day: str = "") -> Unplaced:
    """The same of a charge, which is told positive and booked negative."""
    told = set_aside(raw, reason, *key, amount=amount, day=day)
    return told if told.amount is None else told._replace(amount=-told.amount)

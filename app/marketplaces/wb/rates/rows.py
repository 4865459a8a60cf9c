"""Rates as plain rows: what holds on a day."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.marketplaces.rows import CommissionRow, TariffRow
from app.marketplaces.source import Normalised, Page, Unplaced
from app.marketplaces.wb.rates.wire import SCHEMES, TERMS, Fee, parse_term
from app.marketplaces.wire import clean, parse_rows, payload, read_rows

METHOD = "wb.tariffs"


def normalise_commission(bodies: Sequence[bytes], d: date) -> Normalised:
    """All categories as one rule: ``{"subjects": {"6461": {"name": …, "fbw": "15.5", …}}}``, percent.

    A category that cannot be read is set aside; a list that names none is no rule at all.
    """
    out = Normalised()
    subjects: dict[str, dict[str, str]] = {}

    def refuse(raw: Any, reason: str) -> None:
        key = str(raw.get("subjectID", "")) if isinstance(raw, dict) else ""
        out.unplaced.append(Unplaced(key, reason, payload(raw), None, "", d))

    for body in bodies:
        for _, fee in read_rows(parse_rows(body, "wb.commission", "report"), Fee, refuse):
            told = {scheme: getattr(fee, scheme) for scheme in SCHEMES}
            known = {scheme: _text(rate) for scheme, rate in told.items() if rate is not None}
            subjects[str(fee.subject_id)] = {"name": fee.subject, **known}
    if subjects:
        rule = json.dumps({"subjects": subjects}, ensure_ascii=False, sort_keys=True)
        out.commissions.append(CommissionRow(dt_from=d, rule_json=rule))
    return out


def normalise_tariffs(pages: Sequence[Page], d: date) -> Normalised:
    """A row per kind and warehouse; a term that is not told is not there."""
    out = Normalised()
    for page in pages:
        kind = page.key.path.rsplit("/", 1)[-1]
        for raw in parse_rows(page.body, METHOD, "response", "data", "warehouseList"):
            try:
                out.tariffs.append(_tariff(raw, kind, d))
            except ValueError as error:
                place = str(raw.get("warehouseName", "")) if isinstance(raw, dict) else ""
                out.unplaced.append(Unplaced(f"{kind}:{place}", str(error), payload(raw), None, "", d))
    return out


def _tariff(raw: Any, kind: str, d: date) -> TariffRow:
    """Raises ValueError with the reason."""
    place = clean(str(raw.get("warehouseName") or "")) if isinstance(raw, dict) else ""
    if not place or kind not in TERMS:
        raise ValueError("не читается: warehouseName")
    terms, unread = {}, []
    for field, name in TERMS[kind].items():
        try:
            term = parse_term(raw.get(field))
        except ValueError:
            unread.append(field)
            continue
        if term is not None:
            terms[name] = _text(term)
    if unread:
        raise ValueError(f"не читается: {', '.join(unread)}")
    return TariffRow(d=d, kind=kind, place=place, terms=json.dumps(terms, sort_keys=True))


def _text(number: Decimal) -> str:
    """15.50 and 15.5 are one rate."""
    return f"{number.normalize():f}"

"""Goods that go out at once, with no promise before them."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.warehouse.movements import Line, Posted, Reason, StockDocument
from app.services.ledger.posting import StockDesk


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitOutbound:
    """Post an OUTBOUND. ``atomic`` is the setting OUTBOUND_ATOMIC: where a line is short, nothing goes."""

    desk: StockDesk
    atomic: bool

    def __call__(self, tenant_id: int, ref: str, lines: Sequence[Line], note: str = "") -> Posted:
        """See ``StockDesk``. What was posted stays so where the setting changes before a repeat."""
        document = StockDocument(reason=Reason.OUTBOUND, ref=ref, lines=lines, atomic=self.atomic, note=note)
        return self.desk(tenant_id, document)

"""Goods that are no more: broken, spoilt, past their last day."""

from app.domain.warehouse.movements import Line, Reason
from app.services.warehouse.drawing import Drawing, Drawn, document
from app.services.warehouse.said import Said, Told
from app.services.warehouse.taking import Wording, take_of_one

WORDING = Wording(
    nothing=": списывать нечего",
    doing="списываем",
    source="С какого места списываем?",
    kept="обещанное не списывают, пока резерв не снят: /holds",
)


def draw_write_off(at: Drawing, said: Said) -> Drawn:
    """Item, place, lot and pieces: of exactly what lies there, whether its last day is over or not."""
    said, card = at.item(said, "Какой товар списываем? Пришлите штрихкод или артикул.")
    said, row, qty = take_of_one(at, said, at.lying(said, card, WORDING.nothing), WORDING)
    line = Line(item_id=card.id, qty=qty, location_id=row.location_id, lot_id=row.lot_id)
    told = Told(
        kind=said.kind, article=card.article, name=card.name, qty=qty, place=row.code,
        expires=row.expires_on, before=row.on_hand,
    )  # fmt: skip
    return Drawn(said=said, document=document(Reason.WRITE_OFF, [line]), told=told)

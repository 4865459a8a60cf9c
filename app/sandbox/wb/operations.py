"""The kinds of rows of a WB finance report: their document, their operation, their fixed words."""

from dataclasses import dataclass

from app.sandbox.wb import lumps


@dataclass(frozen=True, slots=True)
class Operation:
    """``doc`` docTypeName, ``name`` sellerOperName, ``bonus`` bonusTypeName, ``field`` the money field."""

    doc: str
    name: str
    bonus: str
    field: str
    quantity: int


SALE = Operation("Продажа", "Продажа", "", "sale", 1)
RETURN = Operation("Возврат", "Возврат", "", "sale", 1)
STORNO = Operation("Возврат", "Сторно продаж", "", "sale", 1)
TO_BUYER = Operation("", "Логистика", "К клиенту при продаже", "deliveryService", 1)
TO_BUYER_CANCELLED = Operation("", "Логистика", "К клиенту при отмене", "deliveryService", 1)
BACK_CANCELLED = Operation("", "Логистика", "От клиента при отмене", "deliveryService", 1)
BACK_RETURNED = Operation("", "Логистика", "От клиента при возврате", "deliveryService", 1)

LUMPS: dict[str, Operation] = {
    lumps.STORAGE: Operation("", "Хранение", "", "paidStorage", 0),
    lumps.ACCEPTANCE: Operation("", "Операции на приёмке", "", "paidAcceptance", 1),
    lumps.FINE: Operation("", "Штраф", "", "penalty", 1),
    lumps.ADS: Operation("", "Удержание", "", "deduction", 1),
    lumps.REVIEWS: Operation("", "Удержание", "", "deduction", 1),
    lumps.COMPENSATION: Operation("Продажа", "Компенсация ущерба", "", "forPay", 1),
    lumps.FEE_CORRECTION: Operation("", "Удержание", "", "additionalPayment", 1),
    lumps.LOGISTICS_CORRECTION: Operation("", "Коррекция логистики", "", "deliveryService", 1),
    lumps.REBILL: Operation(
        "", "Возмещение издержек по перевозке/по складским операциям с товаром", "", "rebillLogisticCost", 2
    ),
    lumps.PICKUP_REWARD: Operation("", "Возмещение за выдачу и возврат товаров на ПВЗ", "", "ppvzReward", 1),
}
ACCOUNT_LEVEL = frozenset({lumps.STORAGE, lumps.ACCEPTANCE, lumps.ADS, lumps.REBILL, lumps.REVIEWS})
"""Rows with nmId 0. A charge for a review names its product in the text only."""

"""The accrual dictionary: the type ids that this seller meets, and some that it never does.

A subset of the live dictionary of September 2026 (132 entries), ids and names as there.
"""

TYPES: dict[int, tuple[str, str]] = {
    1: ("Acquiring", "Эквайринг"),
    6: ("Cancellation", "Обработка отменённых и невостребованных товаров"),
    9: ("ClientReturn", "Обработка возвратов"),
    10: ("Compensation", "Компенсация"),
    12: ("CrossDock", "Кросс-докинг"),
    14: ("DefectRate", "Обработка операционных ошибок продавца"),
    15: ("Disposal", "Утилизация"),
    16: ("Drop-Off", "Обработка отправления Drop-off"),
    18: ("EarlyPayment", "Досрочная выплата"),
    21: ("Fulfillment", "Сборка заказа"),
    28: ("LastMile", "Последняя миля"),
    29: ("LastMileCourier", "Доставка до места выдачи"),
    32: ("Logistic", "Логистика"),
    38: ("PackageCost", "Обеспечение материалами для упаковки товара"),
    41: ("PayPerClick", "Оплата за клик"),
    46: ("Placements", "Размещение товаров на складах Ozon"),
    47: ("PointsForReviews", "Баллы за отзывы"),
    51: ("PremiumMembership", "Подписка Premium Pro (процент)"),
    52: ("PremiumSubscription", "Подписка Premium"),
    54: ("Promotion", "Продвижение товара"),
    57: ("RealizationReportCorrection", "Корректировка стоимости услуг"),
    59: ("ReturnFlowLogistic", "Обратная логистика"),
    69: ("SaleCommission", "Вознаграждение за продажу"),
    74: ("StarsMembership", "Звёздные товары"),
    75: ("Stencil", "Трафареты"),
    79: ("TemporaryPlacementsAgent", "Временное размещение товара партнерами"),
    96: ("AcceleratedReviewCollection", "Ускоренный сбор отзывов"),
}

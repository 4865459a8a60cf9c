"""What sources and jobs are called by people."""

PLACES = {"WB": "Wildberries", "OZON": "Ozon"}
"""The marketplaces, in full."""

SOURCE_NAMES = {
    "wb.connect": "кабинет WB",
    "wb.cards": "карточки WB",
    "wb.sales": "продажи WB",
    "wb.stock": "остатки WB",
    "wb.finance": "финансовый отчёт WB",
    "wb.orders": "заказы WB",
    "wb.order_feed": "лента заказов WB",
    "wb.own_stock": "свой склад WB",
    "wb.stock_history": "история остатков WB",
    "wb.balance": "баланс WB",
    "wb.reports": "отчёты WB",
    "wb.ad_money": "списания за рекламу WB",
    "wb.ads": "реклама WB",
    "wb.storage": "платное хранение WB",
    "wb.acceptance": "приёмка WB",
    "wb.deductions": "удержания за подмены WB",
    "wb.measurements": "штрафы за габариты WB",
    "wb.self_buyouts": "самовыкупы WB",
    "wb.item_returns": "возвраты продавцу WB",
    "wb.prices": "цены WB",
    "wb.supplies": "поставки WB",
    "wb.reviews": "отзывы WB",
    "wb.commission": "комиссии WB",
    "wb.tariffs": "тарифы WB",
    "wb.token": "токен WB",
    "wb.turn": "очередь к кабинету WB",
    "ozon.access": "права ключа Ozon",
    "ozon.catalogue": "товары Ozon",
    "ozon.prices": "цены Ozon",
    "ozon.own_stock": "свой склад Ozon",
    "ozon.accruals": "начисления Ozon",
    "ozon.accrual_types": "виды начислений Ozon",
    "ozon.realization": "отчёт о реализации Ozon",
    "ozon.realization_postings": "реализация Ozon по отправлениям",
    "ozon.stock": "остатки Ozon",
    "ozon.fbo": "заказы FBO Ozon",
    "ozon.fbs": "заказы FBS и rFBS Ozon",
    "ozon.returns": "возвраты Ozon",
    "ozon.rfbs_returns": "возвраты rFBS Ozon",
    "ozon.supplies": "поставки Ozon",
    "ozon.reviews": "отзывы Ozon",
    "ozon.clusters": "кластеры Ozon",
    "ozon.balance": "баланс Ozon",
    "ozon.cashflows": "выплаты Ozon",
    "ozon.placement": "стоимость размещения Ozon",
    "ozon.compensations": "компенсации Ozon",
    "ozon.ad_money": "расходы на рекламу Ozon",
    "ozon.ads": "реклама Ozon",
    "ozon.token": "ключ Ozon",
    "ozon.turn": "очередь к кабинету Ozon",
}

JOB_NAMES = {
    "collect": "сбор данных",
    "recalc": "пересчёт",
    "housekeeping": "уборка",
    "ledger": "складская книга",
    "orders": "заказы к отгрузке",
    "dw": "свод для аналитики",
}


def job_name(job_type: str) -> str:
    """«сбор данных» for "collect"; a type that has no name is called by itself."""
    return JOB_NAMES.get(job_type, job_type)


def source_name(source: str) -> str:
    """«продажи WB» for "wb.sales"; what is no source stays as it is."""
    name, _, account = source.partition("#")
    called = SOURCE_NAMES.get(name, name)
    return f"{called} (кабинет {account})" if account else called

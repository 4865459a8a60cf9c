"""The wire's columns of a finance row: names, order and types of the spec of 24 Oct 2026."""

import polars as pl

from app.sandbox.world import World

CONSTANTS: dict[str, object] = {
    "currency": "RUB", "dlvPrc": 1, "fixTariffDateFrom": "2026-09-28", "fixTariffDateTo": "2026-12-28",
    "salePercent": 0, "giBoxTypeName": "Монопаллета", "productDiscountForReport": 0, "sellerPromo": 0,
    "supRatingUp": 0, "isKgvpV2": 0, "ppvzOfficeName": "Москва Очаковское шоссе 6к2",
    "ppvzOfficeId": 105383, "ppvzSupplierName": "", "ppvzSupplierInn": "", "declarationNumber": "",
    "stickerId": "0", "country": "Россия", "srvDbs": False, "rebillLogisticOrg": "", "orderId": 0,
    "kiz": "", "isB2b": False, "trbxId": "", "installmentCofinancingAmount": "0",
    "wibesDiscountPercent": 0, "cashbackAmount": "0", "cashbackDiscount": "0",
    "cashbackCommissionChange": "0", "paymentSchedule": "0", "sellerPromoId": 0, "sellerPromoDiscount": 0,
    "loyaltyId": 0, "loyaltyDiscount": 0, "uuidPromocode": "", "salePricePromocodeDiscountPrc": 0,
    "articleSubstitution": "", "salePriceAffiliatedDiscountPrc": 0, "agencyVat": 0,
    "salePriceWholesaleDiscountPrc": 0, "b2bCustomerTin": "", "paidWithSocialCertificate": False,
    "buyerTaxRegistrationReasonCode": "", "utdUcdNumber": "",
}  # fmt: skip
"""Fields that are the same in every row of this seller: no loyalty programme, no promo codes, no B2B."""

ORDER = (
    "reportId", "dateFrom", "dateTo", "createDate", "currency", "reportType", "rrdId", "giId", "dlvPrc",
    "fixTariffDateFrom", "fixTariffDateTo", "subjectName", "nmId", "brandName", "vendorCode", "title",
    "techSize", "sku", "docTypeName", "quantity", "retailPrice", "retailAmount", "salePercent",
    "commissionPercent", "officeName", "sellerOperName", "orderDt", "saleDt", "rrDate", "shkId",
    "retailPriceWithDisc", "deliveryAmount", "returnAmount", "deliveryService", "giBoxTypeName",
    "productDiscountForReport", "sellerPromo", "spp", "kvwBase", "kvw", "supRatingUp", "isKgvpV2",
    "ppvzSalesCommission", "forPay", "ppvzReward", "acquiringFee", "acquiringPercent",
    "paymentProcessing", "acquiringBank", "vw", "vwNds", "ppvzOfficeName", "ppvzOfficeId",
    "ppvzSupplierName", "ppvzSupplierInn", "declarationNumber", "bonusTypeName", "stickerId", "country",
    "srvDbs", "penalty", "additionalPayment", "rebillLogisticCost", "rebillLogisticOrg", "paidStorage",
    "deduction", "paidAcceptance", "orderId", "kiz", "isB2b", "trbxId", "installmentCofinancingAmount",
    "wibesDiscountPercent", "cashbackAmount", "cashbackDiscount", "cashbackCommissionChange",
    "paymentSchedule", "deliveryMethod", "sellerPromoId", "sellerPromoDiscount", "loyaltyId",
    "loyaltyDiscount", "uuidPromocode", "salePricePromocodeDiscountPrc", "articleSubstitution",
    "salePriceAffiliatedDiscountPrc", "agencyVat", "salePriceWholesaleDiscountPrc", "b2bCustomerTin",
    "paidWithSocialCertificate", "warehouseLogisticsCoeff", "buyerTaxRegistrationReasonCode",
    "utdUcdNumber", "utdUcdDate", "orderUid", "srid",
)  # fmt: skip

STRINGS = frozenset({
    "retailPrice", "retailAmount", "retailPriceWithDisc", "deliveryService", "ppvzSalesCommission", "forPay",
    "ppvzReward", "acquiringFee", "vw", "vwNds", "penalty", "additionalPayment", "rebillLogisticCost",
    "paidStorage", "deduction", "paidAcceptance",
})  # fmt: skip
"""Money: kopecks inside, a string on the wire."""


def dress(rows: pl.DataFrame, world: World, wanted: list[str]) -> pl.DataFrame:
    """Turn inner rows into wire rows with the columns ``wanted``, in that order."""
    expressions = _expressions(world)
    return rows.select([_column(name, expressions).alias(name) for name in wanted])


def rubles(column: str) -> pl.Expr:
    """Kopecks as WB writes them: ``376.99``, ``0``, ``1249``; no trailing zeros."""
    k = pl.col(column)
    whole, rest = k.abs() // 100, k.abs() % 100
    text = (
        pl.when(rest == 0)
        .then(whole.cast(pl.String))
        .when(rest % 10 == 0)
        .then(pl.concat_str(whole, pl.lit("."), rest // 10))
        .otherwise(pl.concat_str(whole, pl.lit("."), rest.cast(pl.String).str.zfill(2)))
    )
    return pl.when(k < 0).then(pl.concat_str(pl.lit("-"), text)).otherwise(text)


def _column(name: str, expressions: dict[str, pl.Expr]) -> pl.Expr:
    if name in STRINGS:
        return rubles(name)
    if name in CONSTANTS:
        return pl.lit(CONSTANTS[name])
    return expressions.get(name, pl.col(name))


def _expressions(world: World) -> dict[str, pl.Expr]:
    shelf = world.wb.shelf
    sku = pl.when(pl.col("sku_no") < 0).then(len(shelf)).otherwise(pl.col("sku_no"))

    def text(values: list[str]) -> pl.Expr:
        return pl.lit(pl.Series([*values, ""])).gather(sku)

    def number(values: list[int]) -> pl.Expr:
        return pl.lit(pl.Series([*values, 0], dtype=pl.Int64)).gather(sku)

    kvv = number(shelf.commission.tolist()) / 100
    sale = pl.col("is_sale")
    return {
        "giId": pl.when(sale).then(30_000_000 + pl.col("day_no")).otherwise(0),
        "subjectName": text(shelf.subject),
        "nmId": number(shelf.card_id.tolist()),
        "brandName": text(shelf.brand),
        "vendorCode": text(shelf.article),
        "title": text(shelf.title),
        "techSize": text(shelf.size),
        "sku": text(shelf.barcode),
        "commissionPercent": pl.when(sale).then(kvv).otherwise(0.0),
        "kvwBase": pl.when(sale).then((kvv / 1.22).round(2)).otherwise(0.0),
        "kvw": pl.when(sale).then(((kvv - pl.col("spp_bp") / 100) / 1.22).round(2)).otherwise(0.0),
        "spp": pl.col("spp_bp") / 100,
        "acquiringPercent": pl.col("acq_bp") / 100,
        "officeName": _if_goods("Склад WB"),
        "orderDt": _midnight("day_no", world),
        "saleDt": _midnight("sold_no", world),
        "shkId": pl.when(pl.col("is_line")).then(20_000_000_000 + pl.col("srid_no") % 10**10).otherwise(0),
        "paymentProcessing": _if_sale("Комиссия за организацию платежа с НДС"),
        "acquiringBank": _if_sale("Вайлдберриз Банк"),
        "deliveryMethod": _if_goods("FBW, (МГТ)"),
        "warehouseLogisticsCoeff": pl.when(pl.col("is_line")).then(pl.col("place") * 0.15 + 1).otherwise(0.0),
        "utdUcdDate": pl.col("rrDate"),
        "srid": _if_line(pl.concat_str(pl.col("srid_no"), pl.lit(".0.0"))),
        "orderUid": _if_line(pl.concat_str(pl.lit("id"), pl.col("srid_no") * 11 + 7)),
    }


def _if_sale(text: str) -> pl.Expr:
    return pl.when(pl.col("is_sale")).then(pl.lit(text)).otherwise(pl.lit(""))


def _if_goods(text: str) -> pl.Expr:
    return pl.when(pl.col("sku_no") < 0).then(pl.lit("")).otherwise(pl.lit(text))


def _if_line(value: pl.Expr) -> pl.Expr:
    return pl.when(pl.col("is_line")).then(value).otherwise(pl.lit(""))


def _midnight(column: str, world: World) -> pl.Expr:
    """``2026-11-19T00:00:00Z``: a Moscow date in the clothes of an instant."""
    day = pl.lit(world.origin) + pl.duration(days=pl.col(column))
    return day.dt.to_string("%Y-%m-%dT00:00:00Z")

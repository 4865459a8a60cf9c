"""Every kind of reply against the published specifications, where they are at hand."""

from typing import Any

import jsonschema
import pytest

from app.sandbox.wb.columns import ORDER
from tests.sandbox.conftest import CARDS, FINANCE, REMAINS, STATISTICS, Shop
from tests.sandbox.specs import OZON, WB, _wb_file, ozon_reply, wb_reply

pytestmark = [
    pytest.mark.needs_shared,
    pytest.mark.skipif(not (WB.exists() and OZON.exists()), reason="the specs are not beside the repository"),
]


def _valid(value: Any, schema: dict[str, Any]) -> None:
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(value))
    assert not errors, errors[0]


def test_finance_rows(shop: Shop):
    schema = wb_reply("finances", "post", "/api/finance/v1/sales-reports/detailed")
    for period in ("daily", "weekly"):
        rows = shop.finance("2026-11-01", "2026-11-19", period=period)
        assert len(rows) > 300
        _valid(rows, schema)


def test_finance_columns_are_those_of_the_newest_spec():
    model = _wb_file("finances")["components"]["schemas"]["SalesReportsDetailedRes"]
    assert list(ORDER) == list(model["properties"])


def test_report_headers(shop: Shop):
    body = {"dateFrom": "2026-11-01", "dateTo": "2026-11-19", "period": "daily"}
    headers = shop.http.post(f"{FINANCE}/list", headers=shop.wb, json=body).json()
    _valid(headers, wb_reply("finances", "post", "/api/finance/v1/sales-reports/list"))


@pytest.mark.parametrize("which", ["sales", "orders"])
def test_statistics(shop: Shop, which: str):
    rows = shop.statistics(which, "2026-11-10")
    assert len(rows) > 50
    _valid(rows, wb_reply("reports", "get", f"/api/v1/supplier/{which}"))


def test_cards(shop: Shop):
    page = shop.http.post(CARDS, headers=shop.wb, json={"settings": {"cursor": {"limit": 100}}}).json()
    assert page["cards"]
    _valid(page, wb_reply("items", "post", "/content/v2/get/cards/list"))


def test_remains(shop: Shop):
    path = "/api/v1/warehouse_remains"
    groups = {f"groupBy{name}": "true" for name in ("Nm", "Barcode", "Size", "Sa", "Brand", "Subject")}
    made = shop.http.get(REMAINS, headers=shop.wb, params=groups).json()
    _valid(made, wb_reply("reports", "get", path))
    task = f"{REMAINS}/tasks/{made['data']['taskId']}"
    _valid(
        shop.http.get(f"{task}/status", headers=shop.wb).json(),
        wb_reply("reports", "get", f"{path}/tasks/{{task_id}}/status"),
    )
    rows = shop.http.get(f"{task}/download", headers=shop.wb).json()
    assert len(rows) == 40
    _valid(rows, wb_reply("reports", "get", f"{path}/tasks/{{task_id}}/download"))


def test_seller_info_and_refusals(shop: Shop):
    path = "/wb/common-api/api/v1/seller-info"
    _valid(shop.http.get(path, headers=shop.wb).json(), wb_reply("general", "get", "/api/v1/seller-info"))
    refused = shop.http.get(f"{STATISTICS}/sales", headers={}).json()
    _valid(refused, wb_reply("reports", "get", "/api/v1/supplier/sales", 401))
    bad = shop.http.post(f"{FINANCE}/detailed", headers=shop.wb, json={}).json()
    _valid(bad, wb_reply("finances", "post", "/api/finance/v1/sales-reports/detailed", 400))


def test_accruals(shop: Shop):
    schema = ozon_reply("/v1/finance/accrual/by-day")
    for day in list(shop.books())[-10:]:
        _valid({"accruals": shop.accruals(day), "last_id": ""}, schema)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v3/product/list", {"filter": {"visibility": "ALL"}, "limit": 10}),
        ("/v1/finance/accrual/types", {}),
        ("/v1/roles", {}),
        ("/v1/seller/info", {}),
        ("/v1/warehouse/ozon/list", {}),
    ],
)
def test_ozon_methods(shop: Shop, path: str, body: dict[str, Any]):
    _valid(shop.post_ozon(path, body).json(), ozon_reply(path))


def test_ozon_products_and_stocks(shop: Shop):
    skus = [str(n) for n in shop.world.ozon.shelf.item_id.tolist()]
    for path, body in (("/v3/product/info/list", {"sku": skus}), ("/v1/analytics/stocks", {"skus": skus})):
        reply = shop.post_ozon(path, body).json()
        assert len(reply["items"]) >= len(skus)
        _valid(reply, ozon_reply(path))

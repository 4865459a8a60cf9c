"""A large page read row by row says the same as one read at once, damage included."""

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

import httpx
import pytest

from app.marketplaces import streaming
from app.marketplaces.errors import Garbled
from app.marketplaces.streaming import stream_rows
from app.marketplaces.transport import bodies
from app.marketplaces.transport.bodies import read_body
from app.marketplaces.wb.money.rows import normalise_finance
from app.marketplaces.wire import parse_rows

ROW = {
    "reportId": 7,
    "rrDate": "2026-11-10",
    "docTypeName": "Продажа",
    "sellerOperName": "Продажа",
    "nmId": 11,
    "quantity": 1,
    "currency": "RUB",
}


def page(rows: int) -> bytes:
    """Money as a string and as a number, as Wildberries drifts between the two."""
    told = [
        {**ROW, "rrdId": n, "retailPriceWithDisc": f"{n}.15", "forPay": n + 0.07, "srid": f"ё{n}"}
        for n in range(1, rows + 1)
    ]
    return json.dumps(told, ensure_ascii=False).encode()


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is large, and every window cuts a row."""
    monkeypatch.setattr(streaming, "SMALL", 0)
    monkeypatch.setattr(streaming, "_CHUNK", 7)


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    "body",
    [
        page(40),
        b"[]",
        b" [ ] \n",
        b"null",
        b'[1, 22, -3.50, 1e5, 99999999999999999999.01, null, true, "\\ud800", "]"]',
        b'\n[{"a": [1, {"b": "],["}]} ,\t{} ]\r\n',
        '["' + "ы" * 100 + '"]',
    ],
)
def test_rows_are_those_of_the_whole_page(body: bytes | str) -> None:
    told = body.encode() if isinstance(body, str) else body
    assert list(stream_rows(told, "wb.finance")) == parse_rows(told, "wb.finance")


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    "body",
    [
        *(page(3)[:cut] for cut in (1, 40, 200, len(page(3)) - 1)),
        *(b"{}", b'"text"', b"[1 2]", b"[1,]", b"[,1]", b"[1]]", b"[1] x", b"[NaN]", b"[-Infinity]"),
        *(b'["\xff"]', b"[" * 100_000, b"[{'a': 1}]", b"nothing"),
    ],
)
def test_damage_is_the_pages_error(body: bytes) -> None:
    with pytest.raises(Garbled):
        list(stream_rows(body, "wb.finance"))
    with pytest.raises(Garbled):
        parse_rows(body, "wb.finance")


def test_money_is_exact_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = normalise_finance([page(300)], "daily").settlement
    monkeypatch.setattr(streaming, "SMALL", 0)
    streamed = normalise_finance([page(300)], "daily").settlement
    assert streamed == whole
    assert sum(row.amount for row in whole) == sum(Decimal(n) + Decimal("0.07") for n in range(1, 301))
    assert len({id(row.sku) for row in streamed}) == len({id(row.operation) for row in streamed}) == 1


def test_a_large_page_is_never_a_list_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "SMALL", 1 << 20)
    body = page(6_000)
    assert len(body) > streaming.SMALL

    def peak(rows: Callable[[], Iterable[object]]) -> int:
        tracemalloc.start()
        for _ in rows():
            pass
        told = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return told

    assert peak(lambda: stream_rows(body, "wb.finance")) < 2_500_000
    assert peak(lambda: parse_rows(body, "wb.finance")) > 5_000_000


@pytest.mark.parametrize("size", [0, 10, 3_000])
def test_a_body_that_goes_by_a_file_is_the_same(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(bodies, "LARGE", 1_000)
    body = bytes(range(250)) * 12
    packed = gzip.compress(body[:size])

    def pieces() -> Iterator[bytes]:
        yield from (packed[at : at + 100] for at in range(0, len(packed), 100))

    response = httpx.Response(200, headers={"content-encoding": "gzip"}, content=pieces())
    assert read_body(response) == body[:size]


def test_a_packed_body_that_is_broken_is_an_error() -> None:
    response = httpx.Response(200, headers={"content-encoding": "gzip"}, content=iter([b"not gzip at all"]))
    with pytest.raises(httpx.DecodingError):
        read_body(response)

"""Reports of Ozon: ordered, looked after, taken from another address without the seller's papers."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.marketplaces.errors import Garbled, MarketplaceDown, NotReady, Refused
from app.marketplaces.ozon import compensations, placement
from app.marketplaces.ozon.report_tasks import last_file
from app.marketplaces.source import Page, Source
from app.sandbox.xlsx import workbook
from tests.http.server import Answer, Stage
from tests.marketplaces.ozon.reading import body_asked, opened, refused, told

D = date(2026, 11, 20)
CREATE, INFO = "/v1/report/placement/by-products/create", "/v1/report/info"
FILE = workbook([("Дата", "SKU", "Начисленная стоимость размещения"), (D, 7, 5)])
ORDERED = told({"code": "REPORT_placement_1_a-b"})
MADE_LATER = told({"result": {"code": "x", "status": "processing", "file": ""}})
TAKEN = Answer(200, FILE)
TOO_OLD = Answer(403, b"<Error><Code>AccessDenied</Code><Message>signature is too old</Message></Error>")


def made(stage: Stage, path: str = "/files/a.xlsx?signature=s3cret") -> Answer:
    return told({"result": {"status": "success", "file": stage.address + path, "error": ""}})


@contextmanager
def scripted(
    script: Callable[[Stage], list[Answer]], area: Any = placement, name: str = "ozon.placement"
) -> Iterator[tuple[Stage, Source]]:
    """A source on a server that knows its own address."""
    with opened(area.sources, told({})) as (stage, sources):
        stage.script[:] = script(stage)
        yield stage, sources[name]


def fetched(source: Source, cursor: str = "") -> list[Page]:
    (unit,) = source.units(D, D)
    return list(source.fetch(unit, cursor))


def paths(stage: Stage) -> list[str]:
    return [path for _, path, _ in stage.seen]


def test_the_order_s_code_is_the_cursor_and_the_file_is_the_last_page() -> None:
    with scripted(lambda stage: [ORDERED, MADE_LATER, made(stage), TAKEN]) as (stage, source):
        order, file = fetched(source)
    assert (order.cursor, order.is_receipt) == ("REPORT_placement_1_a-b", True)
    assert (file.cursor, file.is_receipt, file.body) == ("", False, FILE)
    assert body_asked(order) == {"date_from": "2026-11-20", "date_to": "2026-11-20"}
    assert paths(stage) == [CREATE, INFO, INFO, "/files/a.xlsx?signature=s3cret"]


def test_the_storage_is_shown_no_papers_and_its_signature_is_kept_nowhere() -> None:
    with scripted(lambda stage: [ORDERED, made(stage), TAKEN]) as (stage, source):
        pages = fetched(source)
    with_papers = [{"client-id", "api-key"} & headers.keys() for _, _, headers in stage.seen]
    assert with_papers == [{"client-id", "api-key"}, {"client-id", "api-key"}, set()]
    assert (pages[-1].key.host, pages[-1].key.path) == ("ozon-files", "/files/a.xlsx")
    assert "s3cret" not in json.dumps([page.key for page in pages])


def test_a_night_that_was_cut_off_goes_on_with_its_report() -> None:
    with scripted(lambda stage: [made(stage), TAKEN]) as (stage, source):
        (file,) = fetched(source, "REPORT_1")
        assert (file.body, paths(stage)[0]) == (FILE, INFO)


@pytest.mark.parametrize("gone", [refused("report not found", 404, 5), refused("invalid code")])
def test_a_report_that_went_away_is_ordered_anew(gone: Answer) -> None:
    with scripted(lambda stage: [gone, ORDERED, made(stage), TAKEN]) as (stage, source):
        pages = fetched(source, "REPORT_1")
    assert [page.is_receipt for page in pages] == [True, False]
    assert paths(stage)[:2] == [INFO, CREATE]


def test_a_report_that_takes_long_is_left_for_later() -> None:
    with scripted(lambda _: [ORDERED, MADE_LATER]) as (stage, source):
        pages = source.fetch(source.units(D, D)[0], "")
        assert next(pages).cursor == "REPORT_placement_1_a-b"
        with pytest.raises(NotReady) as caught:
            next(pages)
    assert caught.value.until == datetime(2026, 11, 21, 2, 15, tzinfo=UTC)
    assert paths(stage).count(INFO) == 6


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (told({"result": {"status": "failed", "error": "нет данных"}}), "отчёт не сделан: нет данных"),
        (told({"result": {"status": "failed"}}), "причина не названа"),
        (told({"result": {"status": "success", "file": ""}}), "нет ссылки на файл"),
        (told({"result": {"status": "success", "file": None}}), "нет ссылки на файл"),
        (told({"result": {}}), "нет поля status"),
        (told([]), "нет поля status"),
    ],
)
def test_a_report_that_was_not_made_is_not_taken_for_an_empty_one(answer: Answer, why: str) -> None:
    with scripted(lambda _: [ORDERED, answer]) as (_, source), pytest.raises(Garbled, match=why):
        fetched(source)


def test_a_report_told_one_object_deeper_is_read_too() -> None:
    def script(stage: Stage) -> list[Answer]:
        inner = {"report": {"status": "success", "file": f"{stage.address}/files/a.xlsx"}}
        return [ORDERED, told({"result": inner}), TAKEN]

    with scripted(script) as (_, source):
        assert fetched(source)[-1].body == FILE


def test_a_link_that_is_too_old_says_nothing_of_the_seller_s_key() -> None:
    with (
        scripted(lambda stage: [ORDERED, made(stage), TOO_OLD]) as (_, source),
        pytest.raises(Garbled, match="файл по ссылке не отдают"),
    ):
        fetched(source)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
        "https://cdn1.ozone.ru/report.xlsx",  # our API is unencrypted here: nothing else is
        "ftp://files.ozone.ru/a.xlsx",
        "//files/a.xlsx",
        "http://[::1",
        "not a link",
    ],
)
def test_a_link_elsewhere_is_not_followed(address: str) -> None:
    answer = told({"result": {"status": "success", "file": address}})
    with (
        scripted(lambda _: [ORDERED, answer]) as (stage, source),
        pytest.raises(Garbled, match="ссылка на файл ведёт не туда"),
    ):
        fetched(source)
    assert len(stage.seen) == 2


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("https://cdn1.ozone.ru/s3/report.xlsx?sign=1", True),
        ("https://storage.example.net/report.xlsx", True),
        ("https://api-seller.ozon.ru/report.xlsx", True),
        ("http://cdn1.ozone.ru/report.xlsx", False),
        ("https://10.0.0.1/report.xlsx", False),
        ("https://[::1]/report.xlsx", False),
        ("https://localhost/report.xlsx", False),
        ("https://cdn1.ozone.ru:8443/report.xlsx", False),
        ("https://user@cdn1.ozone.ru/report.xlsx", False),
    ],
)
def test_in_life_files_come_from_whoever_has_a_name_and_a_certificate(address: str, may: bool) -> None:
    with opened(placement.sources, told({})) as (_, sources):
        transport = sources["ozon.placement"].client.transport  # type: ignore[attr-defined]
        transport.address = "https://api-seller.ozon.ru"
        assert transport._may_be_fetched(address) is may


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": 7}, {"code": "a b"}, {"result": None}, []])
def test_an_order_without_a_code_is_garbled(body: Any) -> None:
    with scripted(lambda _: [told(body)]) as (_, source), pytest.raises(Garbled, match="нет поля code"):
        fetched(source)


def test_a_storage_that_is_down_is_a_marketplace_that_is_down() -> None:
    with (
        scripted(lambda stage: [ORDERED, made(stage), Answer(503, b"")]) as (_, source),
        pytest.raises(MarketplaceDown),
    ):
        fetched(source)


def test_an_empty_file_is_no_empty_report() -> None:
    with (
        scripted(lambda stage: [ORDERED, made(stage), Answer(200, b"")]) as (_, source),
        pytest.raises(Garbled, match="файл пуст"),
    ):
        fetched(source)


MONTH = (date(2026, 10, 1), date(2026, 10, 31))
GIVEN = told({"result": {"code": "GIVEN"}})
NO_DOCUMENT = refused("document not found", 404, 5)


def of_a_month(source: Source, cursor: str = "") -> list[Page]:
    (unit,) = source.units(*MONTH)
    return list(source.fetch(unit, cursor))


def test_both_reports_of_a_month_are_one_unit() -> None:
    def script(stage: Stage) -> list[Answer]:
        return [GIVEN, made(stage), TAKEN, NO_DOCUMENT]

    with scripted(script, compensations, "ozon.compensations") as (stage, source):
        pages = of_a_month(source)
        assert [page.cursor for page in pages] == ["given:GIVEN", "taken:", ""]
        assert body_asked(pages[0]) == {"date": "2026-10", "language": "RU"}
        assert [page.body for page in pages[1:]] == [FILE, b""]
        stage.script[:] = [NO_DOCUMENT]
        assert [page.body for page in of_a_month(source, "taken:")] == [b""], "the first one is there already"
        stage.script[:] = script(stage)[1:]
        assert [page.cursor for page in of_a_month(source, "given:GIVEN")] == ["taken:", ""]


def test_only_a_document_may_be_absent() -> None:
    def none(message: str) -> Callable[[Stage], list[Answer]]:
        return lambda _: [refused(message, 404, 5)]

    with (
        scripted(none("404 page not found"), compensations, "ozon.compensations") as (_, source),
        pytest.raises(Refused),
    ):
        of_a_month(source)
    with scripted(none("document not found")) as (_, source), pytest.raises(Refused):
        fetched(source)


def test_a_month_is_asked_for_when_it_is_over() -> None:
    with opened(compensations.sources, told({})) as (_, sources):
        units = sources["ozon.compensations"].units(D - timedelta(days=61), D)
        assert [unit.name for unit in units] == ["2026-09-01..2026-09-30", "2026-10-01..2026-10-31"]
        assert [unit.name for unit in sources["ozon.compensations"].units(D, date(2026, 11, 30))] == [
            "2026-11-01..2026-11-30"
        ]


def test_the_last_file_counts_and_receipts_say_nothing() -> None:
    def page(body: bytes, *, is_receipt: bool = False) -> Page:
        return Page(None, body, "", is_receipt)  # type: ignore[arg-type]

    assert last_file([page(b"order", is_receipt=True), page(b"a"), page(b"again", is_receipt=True)]) == b"a"
    assert last_file([page(b"a"), page(b"b")]) == b"b"
    assert last_file([]) == b""

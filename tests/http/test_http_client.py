"""What the transport does with a marketplace that fails, and that it never tells a secret."""

import traceback
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from app.core.clock import FixedClock
from app.marketplaces.errors import Garbled, MarketplaceDown, Refused, ScopeMissing, TokenRefused
from app.marketplaces.transport import Transport
from app.marketplaces.transport.request import CallReport
from app.marketplaces.wb.client import WbClient
from app.marketplaces.wb.policy import WbPolicy
from app.marketplaces.wb.sources import WbSales
from tests.http.conftest import SALES, SECRET, START
from tests.http.server import Answer, serving

Open = Callable[..., Transport]


def test_a_good_answer_comes_back_whole_with_its_request(open_transport: Open) -> None:
    with serving(Answer(body=b'[{"a": 1}]', headers={"X-Ratelimit-Remaining": "1"})) as stage:
        reply = open_transport(stage).call(SALES, params={"flag": "0", "dateFrom": "2026-11-20"})
    assert (reply.status, reply.body) == (200, b'[{"a": 1}]')
    assert reply.headers["x-ratelimit-remaining"] == "1"
    assert reply.request == (
        "GET",
        "statistics-api",
        "/api/v1/supplier/sales",
        '{"query":{"dateFrom":"2026-11-20","flag":"0"}}',
    )
    assert stage.seen[0][1].startswith("/wb/statistics-api/api/v1/supplier/sales?")
    assert stage.seen[0][2]["authorization"] == SECRET


def test_a_passing_500_is_asked_again_and_nobody_notices(open_transport: Open, slept: list[float]) -> None:
    with serving(Answer(500), Answer(503), Answer(body=b"[1]")) as stage:
        assert open_transport(stage).call(SALES).body == b"[1]"
    assert len(stage.seen) == 3
    assert len(slept) == 2


def test_500s_that_do_not_pass_end_after_three_attempts(open_transport: Open) -> None:
    with serving(Answer(500, b"oops")) as stage, pytest.raises(MarketplaceDown, match="код 500"):
        open_transport(stage).call(SALES)
    assert len(stage.seen) == 3


def test_a_reset_connection_is_asked_again(open_transport: Open) -> None:
    with serving(Answer(reset=True), Answer(body=b"[2]")) as stage:
        assert open_transport(stage).call(SALES).body == b"[2]"


def test_half_a_body_is_a_broken_connection_not_data(open_transport: Open) -> None:
    half = Answer(body=b'[{"saleID": "S1"}, {"saleID": "S2"}]', cut=12)
    with serving(half) as stage, pytest.raises(MarketplaceDown, match="соединение оборвалось"):
        open_transport(stage).call(SALES)


def test_a_silent_server_is_left_after_the_time_out(open_transport: Open) -> None:
    with serving(Answer(silent=True)) as stage, pytest.raises(MarketplaceDown, match="не дождались"):
        open_transport(stage, timeout=0.15).call(SALES)


@pytest.mark.parametrize("body", [b'[{"saleID": "S1"', b"<html>busy</html>", b"", b'{"a": NaN}', b"\xff\xfe"])
def test_an_answer_that_is_not_json_is_garbled(open_transport: Open, body: bytes) -> None:
    with serving(Answer(body=body)) as stage:
        source = WbSales(WbClient(open_transport(stage)), WbPolicy())
        (unit,) = source.units(START.date(), START.date())
        with pytest.raises(Garbled):
            list(source.fetch(unit, ""))


def test_an_object_where_a_list_was_due_is_garbled(open_transport: Open) -> None:
    with serving(Answer(body=b'{"errors": "later"}')) as stage:
        source = WbSales(WbClient(open_transport(stage)), WbPolicy())
        (unit,) = source.units(START.date(), START.date())
        with pytest.raises(Garbled, match="ожидался список"):
            list(source.fetch(unit, ""))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b'{"detail": "token is malformed"}', TokenRefused),
        (404, b'{"code": 5, "message": "Invalid Api-Key, please contact support"}', TokenRefused),
        (403, b'{"code": 7, "message": "Api-key is deactivated"}', TokenRefused),
        (403, b'{"detail": "base token is not allowed"}', ScopeMissing),
        (403, b'{"message": "Api-Key is missing a required role for a method"}', ScopeMissing),
        (402, b'{"title": "insufficient funds"}', Refused),
        (404, b'{"detail": "This method is temporarily disabled"}', Refused),
        (400, b'{"errors": ["bad date", "bad flag"]}', Refused),
        (302, b"", Refused),
    ],
)
def test_a_refusal_is_told_as_what_it_is_and_not_repeated(
    open_transport: Open, status: int, body: bytes, error: type[Exception]
) -> None:
    with serving(Answer(status, body)) as stage, pytest.raises(error) as caught:
        open_transport(stage).call(SALES)
    assert len(stage.seen) == 1
    assert type(caught.value) is error


def test_the_servers_reason_is_shown_to_the_person(open_transport: Open) -> None:
    body = b'{"detail": "base token is not allowed"}'
    with serving(Answer(403, body)) as stage, pytest.raises(ScopeMissing, match="base token is not allowed"):
        open_transport(stage).call(SALES)


def test_no_secret_reaches_a_log_a_traceback_or_a_repr(open_transport: Open) -> None:
    echo = f'{{"detail": "bad token {SECRET} at https://x.ru/a?token=tttt&b=1"}}'.encode()
    told: list[str] = []
    reports: list[CallReport] = []
    with serving(Answer(500), Answer(reset=True), Answer(400, echo)) as stage, capture_logs() as logs:
        transport = open_transport(stage, on_call=reports.append)
        try:
            transport.call(SALES, params={"dateFrom": "2026-11-20"})
        except Refused as error:
            told += [str(error), repr(error), *traceback.format_exception(error)]
        told += [repr(transport), repr(transport.auth), repr(logs), repr(reports)]
    text = "\n".join(told)
    assert "bad token" in text, "the reason itself is told"
    assert SECRET not in text
    assert SECRET.split(".")[1] not in text
    assert "tttt" not in text
    assert [report.status for report in reports] == [500, 0, 400]


def test_a_retry_that_the_budget_does_not_allow_is_an_outage_not_a_limit(
    open_transport: Open, clock: FixedClock
) -> None:
    from app.marketplaces.transport import Limit, MemoryRateBudget

    budget = MemoryRateBudget(clock, {"wb.sales": Limit(7200, 1)})
    with serving(Answer(500)) as stage, pytest.raises(MarketplaceDown, match="код 500"):
        open_transport(stage, budget=budget).call(SALES)
    assert len(stage.seen) == 1, "two hours are not waited for, and the limit is not broken"

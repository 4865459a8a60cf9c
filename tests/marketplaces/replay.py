"""Replaying recorded replies: no network, nothing recorded, each reply given once.

``with replay("wb_sales", "wb_stock"): …`` — names of files in cassettes/. With ``strict`` a request
must match its recording to the query and the body, otherwise by verb, host and path only.
"""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import vcr
import yaml
from vcr.request import Request

from app.core.clock import FixedClock
from app.core.redact import SECRET_HEADERS
from app.marketplaces.ozon.client import OzonClient, open_ozon
from app.marketplaces.ozon.key import OzonKey
from app.marketplaces.ozon.limits import ozon_limits
from app.marketplaces.transport import Breakers, MemoryRateBudget
from app.marketplaces.wb.client import WbClient, open_wb
from app.marketplaces.wb.limits import wb_limits
from app.marketplaces.wb.token import TokenType

CASSETTES = Path(__file__).resolve().parents[2] / "cassettes"
NIGHT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def _same_body(asked: Request, recorded: Request) -> None:
    assert _body(asked) == _body(recorded), "another body was recorded"


def _body(request: Request) -> Any:
    return json.loads(request.body) if request.body else None


@contextmanager
def replay(*names: str, strict: bool = True) -> Iterator[vcr.cassette.Cassette]:
    """The recordings of ``names`` as one cassette; a request without a recording fails."""
    interactions: list[Any] = []
    for name in names:
        interactions += yaml.safe_load((CASSETTES / f"{name}.yaml").read_text("utf-8"))["interactions"]
    recorder = vcr.VCR(record_mode="none", filter_headers=sorted(SECRET_HEADERS))
    recorder.register_matcher("json_body", _same_body)
    match_on = ["method", "scheme", "host", "path", *(["query", "json_body"] if strict else [])]
    with tempfile.TemporaryDirectory() as folder:
        merged = Path(folder) / "merged.yaml"
        merged.write_text(yaml.safe_dump({"version": 1, "interactions": interactions}), "utf-8")
        with recorder.use_cassette(str(merged), match_on=match_on) as cassette:
            yield cassette


def wb_client(token_type: TokenType = TokenType.BASE) -> WbClient:
    """A client of the real addresses whose waiting takes no time. Close ``.transport``."""
    clock = FixedClock(NIGHT)
    client = open_wb(
        "not-a-token",
        address="https://{host}.wildberries.ru",
        budget=MemoryRateBudget(clock, wb_limits(token_type)),
        clock=clock,
        breakers=Breakers(clock),
    )
    client.transport.sleep = lambda _seconds: None
    return client


def ozon_client() -> OzonClient:
    """As ``wb_client``, for Ozon."""
    clock = FixedClock(NIGHT)
    client = open_ozon(
        OzonKey("1", "not-a-key"),
        address="https://api-seller.ozon.ru",
        budget=MemoryRateBudget(clock, ozon_limits()),
        clock=clock,
        breakers=Breakers(clock),
    )
    client.transport.sleep = lambda _seconds: None
    return client

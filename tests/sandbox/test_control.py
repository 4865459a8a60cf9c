"""The sandbox's own calls: its day, its memory, its faults, the supplier's price list."""

import json
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from app.sandbox.state import StateFile, WrongState
from app.sandbox.world import World
from tests.sandbox.conftest import FINANCE, STATISTICS, TODAY, Shop, open_shop

SALES = f"{STATISTICS}/sales?dateFrom=2026-11-17"
BODY = {"dateFrom": "2026-11-19", "dateTo": "2026-11-19", "period": "daily"}


def _break(shop: Shop, kind: str, path: str = "supplier/sales", times: int = 1) -> None:
    reply = shop.http.post("/sandbox/fault", json={"path": path, "kind": kind, "times": times})
    assert reply.status_code == 200


def test_a_fault_strikes_so_many_times_and_only_its_path(fresh_shop: Shop):
    shop = fresh_shop
    _break(shop, "500", times=2)
    orders = SALES.replace("sales", "orders")
    assert shop.http.get(orders, headers=shop.wb).status_code == 200
    assert [shop.http.get(SALES, headers=shop.wb).status_code for _ in range(3)] == [500, 500, 200]
    _break(shop, "500", times=99)
    shop.http.delete("/sandbox/fault")
    assert shop.http.get(SALES, headers=shop.wb).status_code == 200


def test_garbage_half_a_page_and_nothing_are_no_json(fresh_shop: Shop):
    shop = fresh_shop
    whole = shop.http.get(SALES, headers=shop.wb).content
    for kind in ("garbage", "half_page", "empty"):
        _break(shop, kind)
        reply = shop.http.get(SALES, headers=shop.wb)
        assert reply.status_code == 200
        assert len(reply.content) < len(whole)
        with pytest.raises(json.JSONDecodeError):
            reply.json()


def test_a_new_field_and_another_type(fresh_shop: Shop):
    shop = fresh_shop
    honest = shop.http.post(f"{FINANCE}/detailed", headers=shop.wb, json=BODY).json()
    _break(shop, "new_field", "detailed")
    richer = shop.http.post(f"{FINANCE}/detailed", headers=shop.wb, json=BODY).json()
    assert set(richer[0]) > set(honest[0])
    assert all(richer[0][name] == value for name, value in honest[0].items())
    _break(shop, "wrong_type", "detailed")
    drifted = shop.http.post(f"{FINANCE}/detailed", headers=shop.wb, json=BODY).json()
    assert isinstance(drifted[0]["nmId"], str)
    row = next(i for i, r in enumerate(honest) if "." in r["forPay"])
    assert drifted[row]["forPay"] == float(honest[row]["forPay"])


def test_a_429_a_reset_and_a_silence(fresh_shop: Shop):
    shop = fresh_shop
    _break(shop, "429")
    assert shop.http.get(SALES, headers=shop.wb).headers["X-Ratelimit-Retry"] == "1"
    _break(shop, "reset")
    with pytest.raises(httpx.TransportError):
        shop.http.get(SALES, headers=shop.wb)
    _break(shop, "timeout")
    with pytest.raises(httpx.ReadTimeout):
        shop.http.get(SALES, headers=shop.wb, timeout=0.2)
    assert shop.http.get(SALES, headers=shop.wb).status_code == 200


def test_an_unknown_fault_is_refused(fresh_shop: Shop):
    for body in ({"path": "x", "kind": "meteor"}, {"path": "(", "kind": "500"}, {"kind": "500", "times": 0}):
        assert fresh_shop.http.post("/sandbox/fault", json=body).status_code == 400


def test_the_sandbox_tells_what_was_asked(fresh_shop: Shop):
    fresh_shop.http.get(SALES, headers=fresh_shop.wb)
    told = fresh_shop.http.get("/sandbox/requests", params={"clear": 1}).json()
    assert told == [{"method": "GET", "path": f"{STATISTICS}/sales", "status": 200}]
    assert fresh_shop.http.get("/sandbox/requests").json() == []


def test_the_price_list_lacks_a_few_articles(shop: Shop):
    rows = shop.http.get("/sandbox/costs").json()
    articles = {("wb", a) for a in shop.world.wb.shelf.article} | {
        ("ozon", a) for a in shop.world.ozon.shelf.article
    }
    listed = [(row["marketplace"], row["article"]) for row in rows]
    assert len(set(listed)) == len(listed)
    assert set(listed) < articles
    assert len(listed) > 0.85 * len(articles)
    assert all(Decimal(row["cost"]) > 0 for row in rows)


def test_the_day_is_remembered(tmp_path: Path):
    file = tmp_path / "sandbox" / "state.json"
    world = StateFile(file).open(3, 20, 5, TODAY)
    for shop in open_shop(world, state=StateFile(file)):
        shop.advance(2)
        books = shop.books()
    again = StateFile(file).open(None, None, None, None)
    assert (again.today.isoformat(), again.first_day) == ("2026-11-22", world.first_day)
    for shop in open_shop(again):
        assert shop.books() == books


def test_another_world_in_the_file_is_refused(tmp_path: Path):
    file = tmp_path / "state.json"
    StateFile(file).open(3, 20, 5, TODAY)
    with pytest.raises(WrongState, match="skus=20, а просят 300"):
        StateFile(file).open(3, 300, 5, TODAY)
    file.write_text("{")
    with pytest.raises(WrongState, match="испорчен"):
        StateFile(file).open(None, None, None, None)


def test_advance_and_books_refuse_nonsense(fresh_shop: Shop):
    for days in (-1, 401, "two", True):
        assert fresh_shop.http.post("/sandbox/advance", json={"days": days}).status_code == 400
    assert fresh_shop.http.get("/sandbox/books", params={"from": "soon"}).status_code == 400
    assert fresh_shop.http.get("/sandbox/token", params={"scopes": "everything"}).status_code == 400


def test_a_world_of_nonsense_is_refused():
    for wrong in ({"skus": 1}, {"days": 0}, {"born": TODAY.replace(year=2027)}):
        with pytest.raises(ValueError, match="a world has"):
            World(1, **({"skus": 10, "days": 2, "today": TODAY} | wrong))


def test_it_runs_as_a_process_and_stops_when_told(tmp_path: Path):
    command = [
        sys.executable,
        "-m",
        "app.sandbox",
        "--state",
        str(tmp_path / "s.json"),
        "--skus",
        "10",
        "--days",
        "3",
    ]
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        papers = httpx.get(f"{line.removeprefix('listening on ').strip()}/sandbox/state").json()
        assert papers["today"] == "2026-11-20"
        started = time.monotonic()
        process.terminate()
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - started < 5
    finally:
        process.kill()
        process.wait()
        process.stdout.close()

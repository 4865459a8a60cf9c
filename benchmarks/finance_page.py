"""Peak memory and CPU seconds of one finance page of 100,000 rows: read row by row against read at once.

Each way runs in a process of its own and ends with the same rows; the page (some 100 MB of JSON, the fields
that we ask for) is made once and lies in a file.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from app.marketplaces import streaming
from app.marketplaces.wb.money.rows import normalise_finance
from app.marketplaces.wb.wire import FINANCE_FIELDS
from benchmarks.harness import arguments, row, title
from benchmarks.memory import peak_mb

CHILD = "--child"
WAYS = ("read only", "streamed", "at once")
"""``read only``: the body in memory and nothing done with it, which both of the others stand on."""


def main(rows: int = 100_000) -> None:
    """Print what each way took."""
    with tempfile.TemporaryDirectory(prefix="ambar-bench-") as folder:
        page = Path(folder) / "page.json"
        make_page(page, rows)
        title(f"A finance page: {rows:,} rows, {page.stat().st_size / 1e6:.0f} MB of JSON")
        told = {way: measure(way, page) for way in WAYS}
    if told["streamed"]["digest"] != told["at once"]["digest"]:
        raise AssertionError("the two ways disagree")
    floor, streamed, whole = (told[way] for way in WAYS)
    row("peak RSS with the page's bytes alone", f"{floor['peak_mb']:,.0f} MB")
    for way in WAYS[1:]:
        over = told[way]["peak_mb"] - floor["peak_mb"]
        row(
            f"{way}: peak RSS, settlement rows included",
            f"{told[way]['peak_mb']:,.0f} MB",
            note=f"{over:,.0f} MB over the bytes; {told[way]['seconds']:.1f} s; "
            f"{told[way]['settlement']:,} settlement rows",
        )
    spared = (whole["peak_mb"] - floor["peak_mb"]) / (streamed["peak_mb"] - floor["peak_mb"])
    row("at once to streamed: memory over the bytes", "", spared)
    row("at once to streamed: CPU seconds", "", whole["seconds"] / streamed["seconds"])


def measure(way: str, page: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.finance_page", CHILD, way, str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def child(way: str, page: Path) -> None:
    """Read the page in this way; tell what it took."""
    body = page.read_bytes()
    if way == "at once":
        streaming.SMALL = len(body)  # the product's own way with a small page
    started = time.process_time()
    settlement = [] if way == "read only" else normalise_finance([body], "weekly").settlement
    seconds = time.process_time() - started
    peak = peak_mb()
    digest = hashlib.sha256()
    for each in settlement:
        digest.update(repr(each).encode())
    print(
        json.dumps(
            {
                "seconds": seconds,
                "peak_mb": peak,
                "settlement": len(settlement),
                "digest": digest.hexdigest(),
            }
        )
    )


def make_page(path: Path, rows: int) -> None:
    """Sales, logistics and storage of 2,000 SKUs, money as strings with two digits."""
    texts = {"docTypeName": "Продажа", "sellerOperName": "Продажа", "currency": "RUB"}
    with path.open("w", encoding="utf-8") as out:
        for n in range(rows):
            told: dict[str, object] = dict.fromkeys(FINANCE_FIELDS, "0")
            sku = n % 2_000
            told |= texts | {
                "reportId": 900_000_000 + n // 50_000,
                "rrdId": 70_000_000_000 + n,
                "rrDate": f"2026-11-{1 + n % 28:02d}",
                "nmId": 100_000_000 + sku,
                "vendorCode": f"АРТ-{sku:05d}",
                "sku": f"20{sku:011d}",
                "techSize": str(40 + sku % 12),
                "srid": hashlib.md5(str(n).encode(), usedforsecurity=False).hexdigest() + ".0.0",
                "officeName": "Коледино",
                "bonusTypeName": "",
                "deliveryMethod": "FBW, (МГТ)",
            }
            match n % 3:
                case 0:
                    price = 50_000 + n % 90_000
                    told |= {"quantity": 1, "retailPriceWithDisc": f"{price / 100:.2f}"}
                    told |= {"forPay": f"{price / 130:.2f}"}
                case 1:
                    told |= {"docTypeName": "", "sellerOperName": "Логистика", "deliveryAmount": 1}
                    told |= {"bonusTypeName": "К клиенту при продаже", "deliveryService": f"{50 + n % 99}.50"}
                case _:
                    told |= {"docTypeName": "", "sellerOperName": "Хранение", "paidStorage": f"{n % 70}.07"}
            out.write("[" if n == 0 else ",")
            json.dump(told, out, ensure_ascii=False)
        out.write("]")


if __name__ == "__main__":
    if CHILD in sys.argv:
        child(sys.argv[2], Path(sys.argv[3]))
    else:
        main(arguments(100_000, "rows", 1).size)

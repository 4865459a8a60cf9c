"""A file of movements as the chat takes it: read, checked whole, posted; in and out, from Excel and from CSV.

Beside it the same lines posted one by one, each a document of its own: a program that asks once a line.
program that asks once a line.
"""

import csv
import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from app.core.clock import SystemClock
from app.domain.warehouse.movements import Line, Reason, Status, StockDocument
from app.repositories.items import NewItem, make_items
from app.repositories.places import ensure_places
from app.services.ledger.posting import PostStock, StockDesk
from app.services.warehouse.drafts import DraftRef, PostDraft
from app.services.warehouse.file_lines import KINDS, titles_of
from app.services.warehouse.files import KIND, CheckFile, FileQuery, NewFile, TakeFile
from benchmarks.harness import Bench, Contender, arguments, open_bench, row, take_turns, timed, title

PLACES = 100
SAMPLE = 200
"""Lines that are posted one by one; all of them would take long, and show the same."""
GOAL = 5.0


@dataclass
class House:
    """An organisation with so many items, and what takes its files."""

    bench: Bench
    tenant_id: int
    items: list[int]
    places: list[int]

    def __post_init__(self) -> None:
        clock = SystemClock()
        post = PostStock(clock=clock, day_zone=ZoneInfo("Europe/Moscow"))
        self.take, self.check = TakeFile(clock), CheckFile(post, clock)
        self.post, self.desk = PostDraft(post=post, clock=clock), StockDesk(db=self.bench.db, post=post)


def main(size: int = 5_000, repetitions: int = 3) -> None:
    """Print what a file of ``size`` lines takes."""
    with open_bench() as bench:
        house = _build(bench, size)
        title(f"a file of {size:,} lines: read and checked, then posted; medians of {repetitions}")
        single = timed(lambda: _one_by_one(house)) / SAMPLE * size
        for kind, form in itertools.product(("RECEIPT", "OUTBOUND"), ("xlsx", "csv")):
            _measure(house, kind, form, size, repetitions, single)
        row(f"the same lines one by one (a sample of {SAMPLE})", f"{single:.2f} s")


def _measure(house: House, kind: str, form: str, size: int, repetitions: int, single: float) -> None:
    drafts: list[int] = []
    numbers = itertools.count(1)

    def prepare() -> None:
        content.append(_file(kind, form, size, next(numbers)))
        # As autovacuum would within a minute: plans made for an empty shelf read all of it, once a line.
        house.bench.execute("ANALYZE")

    def check() -> None:
        drafts.append(_checked(house, kind, content[-1], size))

    def post() -> None:
        _posted(house, drafts[-1], size)

    content: list[bytes] = []
    taken = take_turns(
        {
            "read and checked": Contender(check, prepare),
            "posted": Contender(post),
        },
        repetitions,
    )
    whole = sum(each.median for each in taken.values())
    for name, each in taken.items():
        row(f"{KINDS[kind].title}, {form}: {name}", f"{each.median:.2f} s", note=f"best {each.best:.2f} s")
    met = "met" if whole < GOAL else "NOT MET"
    row(f"{KINDS[kind].title}, {form}: together", f"{whole:.2f} s", single / whole, f"goal {GOAL:g} s: {met}")


def _checked(house: House, kind: str, content: bytes, size: int) -> int:
    """Two transactions, as in the chat; the draft."""
    with house.bench.db.tenant(house.tenant_id) as tx:
        kept = house.take(tx, NewFile(name="bench", content=content))
    with house.bench.db.tenant(house.tenant_id) as tx:
        report = house.check(tx, FileQuery(document_id=kept.document_id, kind=kind))
    if report.good != size or report.draft_id is None:
        raise SystemExit(f"a fast wrong answer is no figure: {report}")
    return report.draft_id


def _posted(house: House, draft_id: int, size: int) -> None:
    with house.bench.db.tenant(house.tenant_id) as tx:
        done = house.post(tx, DraftRef(draft_id=draft_id, kind=KIND)).posted
    if done.status is not Status.OK or len(done.lines) != size:
        raise SystemExit(f"a fast wrong answer is no figure: {done.status}")


def _one_by_one(house: House) -> None:
    for number in range(SAMPLE):
        line = Line(item_id=house.items[number], location_id=house.places[number % PLACES], qty=1)
        house.desk(house.tenant_id, StockDocument(reason=Reason.RECEIPT, ref=f"one-{number}", lines=[line]))


def _build(bench: Bench, size: int) -> House:
    bench.execute("INSERT INTO tenant (name) VALUES ('bench')")
    tenant_id = int(bench.scalar("SELECT max(id) FROM tenant"))
    with bench.db.tenant(tenant_id) as tx:
        made = make_items(
            tx,
            [NewItem(article=f"A-{n}", name=f"Товар {n}", barcodes=(_barcode(n),)) for n in range(size)],
        )
        places = ensure_places(tx, [_place(n) for n in range(PLACES)])
    bench.execute("ANALYZE")
    return House(bench, tenant_id, [made[f"a-{n}"] for n in range(size)], list(places.values()))


def _barcode(number: int) -> str:
    return f"46{number:011d}"


def _place(number: int) -> str:
    return f"A-{number:02d}"


def _file(kind: str, form: str, size: int, turn: int) -> bytes:
    """One line an item, every other with its last day; of each turn other bytes."""
    qty = 10 * size if kind == "RECEIPT" else turn
    rows = [(_barcode(n), qty + turn, _place(n % PLACES), "31.12.2035" if n % 2 else "") for n in range(size)]
    write: Callable[..., bytes] = _excel if form == "xlsx" else _csv
    return write(KINDS[kind].title, [titles_of(KINDS[kind]), *rows])


def _excel(sheet: str, rows: list[tuple[object, ...]]) -> bytes:
    content = io.BytesIO()
    book = Workbook(content, {"in_memory": True})
    page = book.add_worksheet(sheet)
    for number, cells in enumerate(rows):
        page.write_row(number, 0, cells)
    book.close()
    return content.getvalue()


def _csv(sheet: str, rows: list[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow((sheet,))  # a table may be named above its titles
    writer.writerows(rows)
    return text.getvalue().encode("cp1251")


if __name__ == "__main__":
    asked = arguments(5_000, "lines")
    main(asked.size, asked.repeat)

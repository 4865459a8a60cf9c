"""A file of movements: kept as it was sent, checked whole as if it were posted, drawn for confirmation.

Nothing is posted here. What the check posts, to hear the ledger's own answer, it takes back at once; the
draft posts all of its lines or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.core.clock import Clock, business_day
from app.core.errors import BadInput, NotFound, NotNow
from app.db.session import TenantTx
from app.domain.warehouse.movements import Line, Reason, StockDocument
from app.repositories import documents, file_documents
from app.repositories.documents import Document
from app.repositories.file_documents import FileDocument
from app.services.ledger.posting import PostStock
from app.services.warehouse.drafts import NewDraft, keep_draft
from app.services.warehouse.file_books import faults_book
from app.services.warehouse.file_lines import KINDS, Fault, FileKind, ReadTable, kind_of, read_table
from app.services.warehouse.file_lookup import look_up
from app.services.warehouse.file_trial import shortages, try_lines
from app.services.warehouse.sheets import Sheet, read_sheet

__all__ = ["AlikeFile", "CheckFile", "Fault", "FaultsBook", "FileChecked", "FileQuery", "FileReceived",
           "ListFaults", "NewFile", "PostedFile", "TakeFile"]  # fmt: skip

REF = "file-"
KIND = "file"
"""Of a draft and of a kept document."""
FAULTS_SHOWN = 12
ALIKE_WITHIN, FEWEST_ALIKE = timedelta(days=14), 2
"""Among which files, and from how many equal lines on, one is taken for another with its faults put right."""
MOST_TIMES = 9
"""So often a file may be posted and undone again."""
NO_SUCH = "Такого файла нет. Пришлите его ещё раз."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file as it came; ``caption`` is what was written under it."""

    name: str
    content: bytes = field(repr=False)
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileQuery:
    """A kept file, read as a movement of ``kind`` (a name of KINDS). ``make_places``: those it names, too."""

    document_id: int
    kind: str
    make_places: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReceived:
    """``kind`` None: the file does not say what it is."""

    document_id: int
    name: str
    kind: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedFile:
    """When the file was posted, by whom, and how many of its lines."""

    posted_at: datetime
    actor: str
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeFile:
    """Another file, and how many of these lines were in it: this one may be it with its faults put right."""

    name: str
    posted_at: datetime
    actor: str
    same: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChecked:
    """``lines`` there are, ``good`` of ``pieces`` pieces can be posted, by the draft where there is one.

    ``faults``: the first of ``fault_count``. ``new_places`` are not there yet. ``posted``: it was before;
    ``alike``: another file was, that says much the same.
    """

    document_id: int
    name: str
    kind: str
    lines: int
    good: int = 0
    pieces: int = 0
    faults: tuple[Fault, ...] = ()
    fault_count: int = 0
    new_places: tuple[str, ...] = ()
    draft_id: int | None = None
    posted: PostedFile | None = None
    alike: AlikeFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultsBook:
    """A file to send."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class TakeFile:
    """Keep a file; the same bytes are kept once."""

    clock: Clock

    def __call__(self, tx: TenantTx, order: NewFile) -> FileReceived:
        """Raises BadInput for what is no table."""
        sheet = read_sheet(order.content)
        kept = documents.keep_document(tx, order.name, order.content, self.clock.now(), kind=KIND)
        if not kept.is_new:  # it may have been taken for something else then
            documents.set_kind(tx, kept.id, KIND)
        return FileReceived(
            document_id=kept.id,
            name=order.name,
            kind=kind_of(order.caption, sheet.name, order.name, *_words_above(sheet)),
        )


@dataclass(frozen=True, slots=True)
class CheckFile:
    """Say what would become of every line, and draw what can be posted.

    Done twice it makes two drafts under one reference: the ledger posts one of them.
    """

    post: PostStock
    clock: Clock

    def __call__(self, tx: TenantTx, query: FileQuery) -> FileChecked:
        """Raises NotFound, and BadInput for what is no table of this kind."""
        done = examine(tx, self.post, query)
        if not done.good:
            return done.report
        told = {"document": query.document_id, "kind": query.kind, "name": done.report.name}
        document = StockDocument(
            reason=KINDS[query.kind].reason,
            ref=done.ref,
            lines=[*done.good.values()],
            atomic=True,
            note=done.report.name,
        )
        draft = keep_draft(tx, NewDraft(kind=KIND, document=document, told=told), self.clock.now())
        return replace(done.report, draft_id=draft.draft_id)


@dataclass(frozen=True, slots=True)
class ListFaults:
    """The lines of a file that cannot be posted, as a table to be put right and sent back."""

    post: PostStock

    def __call__(self, tx: TenantTx, query: FileQuery) -> FaultsBook:
        """Raises NotFound, BadInput; NotNow where nothing is wrong any more."""
        done = examine(tx, self.post, query)
        if not done.faults:
            raise NotNow("В этом файле больше нечего исправлять. Пришлите его ещё раз.")
        kind = KINDS[query.kind]
        return FaultsBook(
            name=f"ispravit-{kind.file_name}.xlsx",
            content=faults_book(kind, done.sheet.rows, done.table, done.faults),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """``good`` lines by row, to be posted under ``ref``; ``report`` for people."""

    report: FileChecked
    sheet: Sheet
    table: ReadTable
    faults: tuple[Fault, ...]
    good: Mapping[int, Line]
    ref: str


def examine(tx: TenantTx, post: PostStock, query: FileQuery) -> Examined:
    """Read, look up and try a kept file; nothing of it stays but places and lots that it names."""
    kind = _demand_kind(query.kind)
    stored, sheet = _read(tx, query.document_id)
    table = read_table(sheet.rows, kind)
    rows = {line.row for line in table.lines} | {fault.row for fault in table.faults}
    refs = [f"{REF}{query.document_id}-{number}" for number in range(1, MOST_TIMES + 1)]
    before = file_documents.list_posted(tx, kind.reason, refs)
    report = FileChecked(
        document_id=query.document_id,
        name=stored.name,
        kind=query.kind,
        lines=len(rows),
        posted=_standing(before),
    )
    if report.posted is not None or len(before) == MOST_TIMES:
        return Examined(report=report, sheet=sheet, table=table, faults=(), good={}, ref="")
    ref, today = refs[len(before)], business_day(post.clock.now(), post.day_zone.key)
    found = look_up(tx, table, kind, today, make_places=query.make_places)
    good, short = try_lines(tx, post, kind, ref, found)
    faults = tuple(sorted((*table.faults, *found.faults, *shortages(table, kind, found, short))))
    report = replace(
        report,
        good=len(good),
        pieces=sum(line.qty for line in good.values()),
        faults=faults[:FAULTS_SHOWN],
        fault_count=len(faults),
        new_places=found.new_places,
        alike=_alike(tx, post, kind, [*good.values()]),
    )
    return Examined(report=report, sheet=sheet, table=table, faults=faults, good=good, ref=ref)


def _standing(before: Sequence[FileDocument]) -> PostedFile | None:
    standing = next((each for each in before if not each.is_undone), None)
    if standing is None:
        return None
    return PostedFile(posted_at=standing.posted_at, actor=standing.actor, lines=standing.lines)


def _alike(tx: TenantTx, post: PostStock, kind: FileKind, lines: Sequence[Line]) -> AlikeFile | None:
    """A count may well find again what the last one found; of others half the lines are no chance."""
    if kind.reason is Reason.COUNT or len(lines) < FEWEST_ALIKE:
        return None
    found = file_documents.find_alike(tx, kind.reason, lines, post.clock.now() - ALIKE_WITHIN, REF)
    if found is None or found.same < max(FEWEST_ALIKE, len(lines) // 2):
        return None
    return AlikeFile(name=found.name, posted_at=found.posted_at, actor=found.actor, same=found.same)


def _demand_kind(name: str) -> FileKind:
    if name not in KINDS:
        raise BadInput("Такого движения файлом не проводят. Шаблоны: /file")
    return KINDS[name]


def _read(tx: TenantTx, document_id: int) -> tuple[Document, Sheet]:
    stored, content = documents.find_document(tx, document_id), documents.read_document(tx, document_id)
    if stored is None or content is None or stored.kind != KIND:
        raise NotFound(NO_SUCH)
    return stored, read_sheet(content)


def _words_above(sheet: Sheet) -> list[str]:
    """A table may be named above its titles."""
    return [cell for row in sheet.rows[:3] for cell in row if isinstance(cell, str)][:3]

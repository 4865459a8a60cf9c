"""Movements by file: which files there are, what was found in one, what was posted."""

from app.bot import formats
from app.bot.callbacks_goods import (
    FileDropCall,
    FileFaultsCall,
    FileKindCall,
    FilePostCall,
    FilesCall,
    TemplateCall,
)
from app.bot.callbacks_shelf import UndoCall
from app.bot.screen import Block, Bold, Key, Line, Moment, Mono, Screen, fact, facts, key, line, rows_of, text
from app.domain.warehouse.movements import Status
from app.services.warehouse.drafts import DraftPosted
from app.services.warehouse.file_lines import KINDS
from app.services.warehouse.files import AlikeFile, FileChecked, FileReceived

NAME = 60
PLACES_SHOWN = 8


def files() -> Screen:
    """The templates."""
    keys: list[Key] = []
    for name, kind in KINDS.items():
        keys += [
            key(f"{kind.title} · Excel", TemplateCall(kind=name, form="xlsx")),
            key("CSV", TemplateCall(kind=name, form="csv")),
        ]
    return Screen(
        head="Движения файлом",
        body=(
            text(
                "Возьмите шаблон, заполните и пришлите сюда. Сначала проверю каждую строку и покажу, "
                "что не так; до вашего подтверждения ничего не проводится.",
                "Подойдёт и ваш файл Excel или CSV, если в нём есть столбцы с такими же названиями.",
            ),
        ),
        keys=rows_of(keys, 2),
    )


def which_kind(received: FileReceived) -> Screen:
    return Screen(
        head=f"{formats.clip(received.name, NAME)}: что это за движение?",
        keys=rows_of(
            [
                key(kind.title, FileKindCall(document=received.document_id, kind=name))
                for name, kind in KINDS.items()
            ],
            2,
        ),
    )


def file_checked(done: FileChecked) -> Screen:
    """What would become of the file; the button that posts it names how much of it."""
    kind = KINDS[done.kind]
    title = f"{kind.title}: {formats.clip(done.name, NAME)}"
    if done.posted is not None:
        return Screen(
            head=title,
            body=(
                text(
                    line("Этот файл уже проведён ", Moment(done.posted.posted_at),
                         f", {done.posted.actor or 'неизвестно кем'}: {_lines(done.posted.lines)}."),
                    "Второй раз не провожу. Чтобы провести заново, сначала отмените то движение: /undo",
                ),
            ),
        )  # fmt: skip
    body: list[Block] = [
        facts(
            [
                fact("Строк в файле", formats.number(done.lines)),
                fact("Можно провести", formats.number(done.good)),
                fact("Штук в них", formats.number(done.pieces)),
            ]
        )
    ]
    if done.alike is not None:
        body.append(text(*_alike(done.alike)))
    if done.faults:
        body.append(text(*(f"{fault.cell}: {fault.sentence}" for fault in done.faults)))
        rest = done.fault_count - len(done.faults)
        if rest:
            body.append(text(f"…и ещё ошибок: {formats.number(rest)} — все в файле с ошибками."))
    else:
        body.append(text("Ошибок нет. Ничего ещё не проведено."))
    return Screen(head=title, body=tuple(body), keys=rows_of(_next_keys(done), 1))


def file_posted(done: DraftPosted) -> Screen:
    """Posted as a whole, or not at all."""
    told = done.draft.told
    kind = KINDS[str(told["kind"])]
    again = key("Проверить снова", FileKindCall(document=int(str(told["document"])), kind=kind.reason.value))
    status = done.posted.status
    if status not in (Status.OK, Status.IDEMPOTENT):
        short = sum(1 for each in done.posted.lines if each.missing)
        return Screen(
            head="Ничего не проведено",
            body=(
                text(
                    f"После проверки на складе было движение, и строк, на которые теперь не хватает: {short}."
                    if short
                    else "После проверки на складе было движение, или этот файл уже проведён.",
                    "Проверьте файл ещё раз: покажу, что изменилось.",
                ),
            ),
            keys=((again,),),
        )
    pieces = sum(each.pieces for each in done.posted.lines)
    return Screen(
        head=f"{kind.title}: проведено, {_lines(len(done.posted.lines))}",
        body=(
            facts([fact("Штук", formats.number(pieces))]),
            text("Это уже было проведено, второй раз ничего не изменилось.") if done.is_repeat else text(),
            text(line("Номер ", Mono(done.draft.ref), f" · {formats.clip(str(told.get('name', '')), NAME)}")),
        ),
        keys=((key("Отменить", UndoCall(document=done.document_id)),),) if done.document_id else (),
    )


def file_dropped() -> Screen:
    return Screen(
        head="Файл не проведён",
        body=(text("Ничего не изменилось."),),
        keys=((key("Другой файл", FilesCall()),),),
    )


def _alike(other: AlikeFile) -> tuple[Line, ...]:
    named = f"{_lines(other.same)} отсюда уже есть в файле «{formats.clip(other.name, NAME)}»"
    by = other.actor or "неизвестно кем"
    return (
        line(Bold("Осторожно: "), f"{named} (проведён ", Moment(other.posted_at), f", {by})."),
        line("Если это он же с исправлениями, отмените сначала то движение: /undo"),
    )


def _next_keys(done: FileChecked) -> list[Key]:
    keys = []
    if done.draft_id is not None:
        whole = done.good == done.lines
        keys.append(
            key(
                f"Провести {_accusative(done.good, whole=whole)}",
                FilePostCall(draft=done.draft_id),
            )
        )
    if done.new_places:
        shown = ", ".join(done.new_places[:3]) + ("…" if len(done.new_places) > 3 else "")
        keys.append(
            key(
                formats.clip(f"Создать места ({len(done.new_places)}): {shown}", 60),
                FileKindCall(document=done.document_id, kind=done.kind, places=True),
            )
        )
    if done.fault_count:
        keys.append(key("Файл с ошибками", FileFaultsCall(document=done.document_id, kind=done.kind)))
    if done.draft_id is not None:
        keys.append(key("Отмена", FileDropCall(draft=done.draft_id)))
    return keys


def _accusative(lines: int, *, whole: bool) -> str:
    """«все 5 000 строк», «4 980 годных строк»."""
    if whole:
        return f"все {formats.plural(lines, 'строку', 'строки', 'строк')}" if lines > 1 else "строку"
    return f"{formats.number(lines)} {_fit(lines)}"


def _fit(lines: int) -> str:
    if lines % 10 == 1 and lines % 100 != 11:
        return "годную строку"
    few = 2 <= lines % 10 <= 4 and not 12 <= lines % 100 <= 14
    return "годные строки" if few else "годных строк"


def _lines(count: int) -> str:
    return formats.plural(count, "строка", "строки", "строк")

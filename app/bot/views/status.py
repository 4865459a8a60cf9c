"""What is connected, how fresh each source is, what is missing."""

from app.bot import formats
from app.bot.callbacks import ConnectCall, StatusCall
from app.bot.screen import Block, Bold, Line, Moment, Screen, key, line, text
from app.bot.views.balance import balance_lines
from app.bot.views.closing import month_lines
from app.bot.views.common import TODAY_KEY, freshness_line
from app.bot.views.control import account_lines, ads_lines
from app.services.analytics.reports import AccountStatus, SourceStatus, StatusReport
from app.services.names import source_name

STATES = {"active": "работает", "refused": "площадка не принимает токен", "off": "отключён"}


def status(report: StatusReport) -> Screen:
    body: list[Block] = [
        text(
            *_account(each, report.sources),
            *account_lines(report.control, each.account_id),
            *balance_lines(report.ties, each.account_id),
            *month_lines(report.months, each.account_id),
            *ads_lines(each.ads),
        )
        for each in report.accounts
    ]
    if not report.accounts:
        body.append(text("Ни один кабинет не подключён. Подключить: /connect"))
    body.append(text(*_books(report)))
    return Screen(
        head=f"Статус · {report.organisation}",
        body=tuple(body),
        foot=(freshness_line(report.freshness),),
        keys=((key("Обновить", StatusCall()), TODAY_KEY), (key("Кабинеты", ConnectCall()),)),
    )


def _account(account: AccountStatus, sources: tuple[SourceStatus, ...]) -> list[Line]:
    name = f"{formats.marketplace(account.marketplace)} · {account.name}"
    lines = [line(Bold(name), f" — {STATES.get(account.state, account.state)}"), _token(account)]
    if account.subscription:
        lines.append(line(f"   подписка {account.subscription.replace('_', ' ').title()}"))
    if account.missing_scopes:
        lines.append(line("   нет прав: " + ", ".join(account.missing_scopes)))
    lines += [line(f"   {each}") for each in account.closed]
    if account.state == "off":
        return lines
    own = [each for each in sources if each.account_id == account.account_id]
    for each in own:
        lines += _source(each)
    return lines


def _token(account: AccountStatus) -> Line:
    kind = f" ({account.token_kind})" if account.token_kind else ""
    called = "ключ" if account.marketplace == "OZON" else "токен"
    tail = f"   {called} …{account.token_tail}{kind}"
    if account.token_expires_at is None:
        return line(tail)
    return line(f"{tail}, действует до ", Moment(account.token_expires_at))


def _source(source: SourceStatus) -> list[Line]:
    mark = "⚠️" if source.last_error or source.missing_days else "▫️"
    never = "площадка не даёт" if source.closed else "ещё не приходили"
    upto = f"по {formats.day(source.complete_to)}" if source.complete_to else never
    lines: list[Line] = [
        line(f"{mark} {source_name(source.source)}: {upto}",
             *((", запрос ", Moment(source.last_run_at)) if source.last_run_at else ()))
    ]  # fmt: skip
    if source.missing_days:
        lines.append(line(f"   не хватает: {formats.spans(source.missing_days)}"))
    lines += [line(f"   {said}") for said in (source.last_error, source.closed) if said]
    return lines


def _books(report: StatusReport) -> list[Line]:
    lines = [line(f"Товаров {formats.number(report.skus)}, без себестоимости "
                  f"{formats.number(report.skus_without_cost)}")]  # fmt: skip
    lines += [
        line(f"Не разнесено {formats.rub(amount, exact=True)}: операция «{operation}»")
        for operation, amount in report.unmapped
        if amount
    ]
    if report.unplaced_rows:
        rows = formats.plural(report.unplaced_rows, "строку", "строки", "строк")
        lines.append(line(f"Не удалось прочесть {rows}: они сохранены и ждут разбора"))
    if report.waits:
        lines.append(line(report.waits))
    if report.jobs_waiting:
        jobs = formats.plural(report.jobs_waiting, "задача", "задачи", "задач")
        lines.append(line(f"В работе {jobs}"))
    return lines

"""For administrators of the installation: how organisations fare, and who administers."""

from app.bot import formats
from app.bot.callbacks import AdminCall, AdminCodeCall, AdminDwCall, AdminMakeCall
from app.bot.screen import Block, Bold, Line, Moment, Mono, Screen, key, line, rows_of, text
from app.bot.views.common import page_keys
from app.services.dw import DwRefreshed, in_words
from app.services.tenancy.admins import InstallationReport, Known, NightState, OrganisationState

BACK_KEY = key("⬅️ К организациям", AdminCall())
NIGHT_STATES = {"todo": "в очереди", "doing": "идёт", "done": "прошла"}
CABINET_STATES = {"active": "работают", "refused": "токен не принят", "off": "отключены"}


def installation(report: InstallationReport) -> Screen:
    body: list[Block] = [text(*_organisation(each)) for each in report.organisations]
    if not report.organisations:
        body.append(text("Организаций пока нет."))
    body.append(text("Администраторы: " + ", ".join(each.name for each in report.admins)))
    return Screen(
        head=f"Этот Ambar · организаций {formats.number(report.total)}",
        body=tuple(body),
        foot=(line("Цифры организаций видны только их участникам."),),
        keys=(
            page_keys(report.page, report.pages, lambda page: AdminCall(page=page)),
            (key("Код администратора", AdminCodeCall()), key("Назначить из списка", AdminMakeCall())),
            (key("Обновить", AdminCall(page=report.page)), key("Свод для аналитики", AdminDwCall())),
        ),
    )


def dw_refreshed(done: DwRefreshed) -> Screen:
    return Screen(
        head="Свод для аналитики",
        body=(
            text(
                line("Остатки в нём на ", Moment(done.at), "."),
                in_words(done),
                "Сам он обновляется ночью и после движений склада, не чаще раза в пять минут.",
            ),
        ),
        keys=((BACK_KEY,),),
    )


def admin_code(way_in: str) -> Screen:
    return Screen(
        head="Код администратора",
        body=(
            text("Перешлите это тому, кто станет администратором. Код одноразовый, на сутки:"),
            text(line(Mono(way_in))),
            text("Прежние неиспользованные коды больше не действуют."),
        ),
        keys=((BACK_KEY,),),
    )


def choose_admin(candidates: tuple[Known, ...]) -> Screen:
    keys = [key(each.name, AdminMakeCall(user=each.user_id)) for each in candidates]
    said = "Кого сделать администратором?" if candidates else "Других людей здесь пока нет: выдайте код."
    return Screen(head="Новый администратор", body=(text(said),), keys=(*rows_of(keys, 2), (BACK_KEY,)))


def sure_admin(chosen: Known) -> Screen:
    return Screen(
        head=f"{chosen.name} — администратор?",
        body=(
            text("Администратор видит список организаций и задачи, выдаёт коды и назначает других."),
            text(f"Снять потом: ./ambar admin remove {chosen.telegram_id}"),
        ),
        keys=((key("Да, назначить", AdminMakeCall(user=chosen.user_id, sure=True)), BACK_KEY),),
    )


def made_admin(chosen: Known) -> Screen:
    return Screen(head=f"{chosen.name} теперь администратор", keys=((BACK_KEY,),))


def you_are_admin() -> Screen:
    return Screen(
        head="Вы теперь администратор этого Ambar", body=(text("Организации и люди: /admin, задачи: /jobs"),)
    )


def _organisation(each: OrganisationState) -> list[Line]:
    demo = " · ДЕМО" if each.is_demo else ""
    people = formats.plural(each.people, "человек", "человека", "человек")
    return [
        line(Bold(each.name), f"{demo} · №{each.tenant_id}"),
        line(f"   {people} · кабинеты: {_cabinets(each)}"),
        _night(each.night),
    ]


def _cabinets(each: OrganisationState) -> str:
    told = [f"{CABINET_STATES[state]} {n}" for state in CABINET_STATES if (n := each.cabinets.get(state))]
    return ", ".join(told) or "нет"


def _night(night: NightState | None) -> Line:
    if night is None:
        return line("   ночь: ещё не было")
    said = f"   ночь за {formats.day(night.d)}: {NIGHT_STATES.get(night.state, 'не удалась')}"
    return line(said, ", ", Moment(night.finished_at)) if night.finished_at else line(said)

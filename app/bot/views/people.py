"""Who is in the organisation, one of them, and the links that let others in."""

from app.bot.callbacks import InviteCall, InviteOffCall, MemberCall, PeopleCall
from app.bot.screen import Block, Bold, Key, Line, Moment, Mono, Screen, key, line, rows_of, text
from app.services.tenancy.invites import Invite, Joined
from app.services.tenancy.members import Member
from app.services.tenancy.people import Person
from app.services.tenancy.roles import ROLE_NAMES

ROLE_MEANINGS = {
    "owner": "видит и меняет всё, приглашает людей, подключает кабинеты",
    "manager": "видит деньги и товар, задаёт себестоимость",
    "analyst": "видит деньги и товар, ничего не меняет",
    "storekeeper": "видит остатки и поставку, денег не видит",
}
BACK_KEY = key("⬅️ К людям", PeopleCall())
INVITE_KEY = key("Пригласить", InviteCall())


def people(members: tuple[Member, ...], invites: tuple[Invite, ...], me: Person) -> Screen:
    body: list[Block] = [text(*(_member_line(each, me) for each in members))]
    if invites:
        body.append(text(line(Bold("Открытые приглашения")), *(_invite_line(each) for each in invites)))
    keys = [key(_called(each, me), MemberCall(user=each.user_id)) for each in members]
    offs = [
        key(f"Отозвать: {ROLE_NAMES[each.role]} №{each.id}", InviteOffCall(invite=each.id))
        for each in invites
    ]
    return Screen(
        head=f"Люди · {me.organisation}",
        body=tuple(body),
        keys=(*rows_of(keys, 2), *rows_of(offs, 1), (INVITE_KEY,)),
    )


def member(each: Member, me: Person, *, sure_role: str = "", sure_out: bool = False) -> Screen:
    """One person, with what may be done about them; ``sure_*`` asks once more before it is done."""
    is_me = each.user_id == me.user_id
    said = [line(f"Роль: {ROLE_NAMES[each.role]} — {ROLE_MEANINGS[each.role]}.")]
    if each.has_blocked:
        said.append(line("Этот человек заблокировал бота: сообщения до него не доходят."))
    if sure_out:
        who = "Вы выйдете из организации и сразу потеряете доступ." if is_me else "Доступ пропадёт сразу."
        do = "Да, выйти" if is_me else "Да, исключить"
        yes = key(do, MemberCall(user=each.user_id, out=True, sure=True))
        return _sure(each, f"{who} Вернуться можно только по новому приглашению.", yes)
    if sure_role:
        yes = key("Да, сменить", MemberCall(user=each.user_id, role=sure_role, sure=True))
        words = f"Ваша роль станет «{ROLE_NAMES[sure_role]}»: людьми вы управлять не сможете."
        return _sure(each, words, yes)
    roles = [
        key(ROLE_NAMES[role], MemberCall(user=each.user_id, role=role))
        for role in ROLE_NAMES
        if role != each.role
    ]
    out = key("Выйти из организации" if is_me else "Исключить", MemberCall(user=each.user_id, out=True))
    return Screen(
        head=_called(each, me),
        body=(text(*said), text("Сменить роль:")),
        keys=(tuple(roles), (out,), (BACK_KEY,)),
    )


def role_changed(each: Member) -> Screen:
    return Screen(
        head=f"{each.name}: теперь {ROLE_NAMES[each.role]}",
        body=(text(f"В этой роли человек {ROLE_MEANINGS[each.role]}."),),
        keys=((BACK_KEY,),),
    )


def your_role_changed(organisation: str, role: str) -> Screen:
    """For the person whose role it is."""
    return Screen(
        head=f"{organisation}: ваша роль теперь «{ROLE_NAMES[role]}»",
        body=(text(f"В ней человек {ROLE_MEANINGS[role]}.", "Что доступно вам: /help"),),
    )


def removed(each: Member) -> Screen:
    return Screen(
        head=f"{each.name}: доступа больше нет",
        body=(text("Приглашения и токены API, которые этот человек создал, тоже больше не действуют."),),
        keys=((BACK_KEY,),),
    )


def you_were_removed(organisation: str) -> Screen:
    return Screen(
        head=f"Вы больше не в организации «{organisation}»",
        body=(text("Её данные вам больше не видны. Ваши организации: /org"),),
    )


def you_left(organisation: str, now: Person | None) -> Screen:
    """After taking oneself out; ``now`` is who they are without it."""
    where = (
        f"Теперь вы в «{now.organisation}»."
        if now is not None and now.tenant_id is not None
        else "Других организаций у вас нет."
    )
    return Screen(head=f"Вы вышли из организации «{organisation}»", body=(text(where),))


def invite_roles() -> Screen:
    said = [line(Bold(name), f" — {ROLE_MEANINGS[role]}") for role, name in ROLE_NAMES.items()]
    keys = [key(name, InviteCall(role=role)) for role, name in ROLE_NAMES.items()]
    return Screen(head="Кем пригласить?", body=(text(*said),), keys=(*rows_of(keys, 2), (BACK_KEY,)))


def invite_made(invite: Invite, organisation: str, way_in: str) -> Screen:
    return Screen(
        head=f"Приглашение: {ROLE_NAMES[invite.role]} · {organisation}",
        body=(
            text("Перешлите ссылку одному человеку. Кто откроет её первым, тот и войдёт."),
            text(line(Mono(way_in))),
            text(line("Действует до ", Moment(invite.expires_at), ". Второй раз я её не покажу.")),
        ),
        keys=((key("Отозвать", InviteOffCall(invite=invite.id)), BACK_KEY),),
    )


def joined(done: Joined) -> Screen:
    """For whoever opened the link."""
    role, means = ROLE_NAMES[done.role], ROLE_MEANINGS[done.role]
    if done.was_member:
        return Screen(
            head=f"Вы уже в организации «{done.organisation}»",
            body=(text(f"Ваша роль не изменилась: {role}. Ваши организации: /org"),),
        )
    return Screen(
        head=f"Вы в организации «{done.organisation}»",
        body=(text(f"Ваша роль: {role} — {means}.", "Что можно спросить: /help"),),
    )


def _sure(each: Member, words: str, yes: Key) -> Screen:
    no = key("Нет", MemberCall(user=each.user_id))
    return Screen(head=f"{each.name}: точно?", body=(text(words),), keys=((yes, no),))


def _called(each: Member, me: Person) -> str:
    return f"{each.name} (вы)" if each.user_id == me.user_id else each.name


def _member_line(each: Member, me: Person) -> Line:
    blocked = ", заблокировал бота" if each.has_blocked else ""
    return line(f"{_called(each, me)} — {ROLE_NAMES[each.role]}{blocked}")


def _invite_line(invite: Invite) -> Line:
    by = f", создал(а) {invite.made_by}" if invite.made_by else ""
    return line(f"№{invite.id} {ROLE_NAMES[invite.role]}{by}, до ", Moment(invite.expires_at))

"""/people and invites: who is in, who gets in, who is out at once. As conversations."""

import re
from datetime import timedelta

import pytest

from app.db.session import Database
from app.services.tenancy.people import mark_blocked

LINK = re.compile(r"https://t\.me/ambar_test_bot\?start=(inv_[\w-]+)")


async def invite(owner, role="менеджер"):
    """The owner makes a link; what a newcomer says after opening it."""
    await owner.says("/people")
    await owner.taps("Пригласить")
    await owner.taps(role)
    found = LINK.search(owner.screen)
    assert found, owner.screen
    return f"/start {found[1]}"


def audit(chat, tenant_id):
    with chat.db.platform() as tx:
        rows = tx.run(
            "SELECT action, actor, subject FROM audit_entry WHERE tenant_id = :id ORDER BY id", id=tenant_id
        )
        return [tuple(row) for row in rows]


def roles(chat, tenant_id):
    with chat.db.platform() as tx:
        rows = tx.run(
            "SELECT u.name, m.role FROM membership m JOIN app_user u ON u.id = m.user_id"
            " WHERE m.tenant_id = :id ORDER BY u.name",
            id=tenant_id,
        )
        return {row.name: row.role for row in rows}


async def test_a_link_lets_one_person_in_with_its_role(chat, seller):
    link = await invite(seller, "аналитик")
    vera = chat.stranger("Вера")
    await vera.says(link)
    vera.sees("Вы в организации «Ромашка»", "аналитик")
    await vera.says("/pnl 1")
    vera.sees_rubles("К выплате", "1 600")
    await vera.says("/cost KRS-42 350")
    vera.sees("Для роли «аналитик» команда /cost закрыта")
    assert roles(chat, seller.tenant_id) == {"Вера": "analyst", "Ольга": "owner"}
    assert audit(chat, seller.tenant_id) == [
        ("invite.made", "Ольга", "аналитик"),
        ("person.joined", "Вера", "Вера"),
    ]


async def test_a_link_lets_in_nobody_a_second_time(chat):
    olga, vera, thief = chat.person(), chat.stranger("Вера"), chat.stranger("Вор")
    link = await invite(olga)
    await vera.says(link)
    await thief.says(link)
    thief.sees("уже использовано")
    await thief.says("/status")
    thief.sees("Сначала нужна организация")
    assert set(roles(chat, olga.tenant_id)) == {"Ольга", "Вера"}


async def test_the_code_is_stored_nowhere(chat):
    olga = chat.person()
    code = (await invite(olga)).removeprefix("/start inv_")
    assert len(code) == 32  # 24 bytes: 192 bits of chance
    with chat.db.platform() as tx:
        for table in ("invite", "audit_entry"):
            told = tx.run(f"SELECT string_agg(CAST(x AS text), ' ') FROM {table} x").scalar_one()
            assert code not in told
            assert code.encode().hex() not in told


@pytest.mark.parametrize(
    "words", ["inv_", "inv_нет", "inv_" + "x" * 60, "inv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
)
async def test_a_link_that_never_was_is_said_so(chat, words):
    vera = chat.stranger("Вера")
    await vera.says(f"/start {words}")
    vera.sees("Такого приглашения нет")
    with chat.db.platform() as tx:
        assert tx.run("SELECT count(*) FROM app_user").scalar_one() == 0


async def test_a_link_lives_for_a_week(chat, clock):
    olga, vera, late = chat.person(), chat.stranger("Вера"), chat.stranger("Опоздавшая")
    first, second = await invite(olga), await invite(olga)
    clock.advance(timedelta(days=7, seconds=-1))
    await vera.says(first)
    vera.sees("Вы в организации «Ромашка»")
    clock.advance(timedelta(seconds=1))
    await late.says(second)
    late.sees("Срок приглашения вышел")
    await olga.says("/people")
    olga.does_not_see("Открытые приглашения")


async def test_a_link_can_be_revoked(chat):
    olga, vera = chat.person(), chat.stranger("Вера")
    link = await invite(olga, "кладовщик")
    await olga.says("/people")
    olga.sees("Открытые приглашения", "кладовщик, создал(а) Ольга, до 27.11")
    await olga.taps("Отозвать: кладовщик")
    olga.does_not_see("Открытые приглашения")
    await vera.says(link)
    vera.sees("Это приглашение отозвано")
    assert [each[0] for each in audit(chat, olga.tenant_id)] == ["invite.made", "invite.revoked"]


async def test_a_revoked_link_is_not_revoked_again_and_another_organisations_never(chat):
    olga, boris = chat.person(), chat.person("Борис")
    await invite(boris)
    with chat.db.platform() as tx:
        foreign = tx.run("SELECT id FROM invite WHERE tenant_id = :id", id=boris.tenant_id).scalar_one()
    await invite(olga)
    message = next(m for m in reversed(olga.chat.messages) if m.of_bot)
    for key in (key for keys in message.keyboard for key in keys if key["text"] == "Отозвать"):
        stamp, _, _ = key["callback_data"].partition("~")
        key["callback_data"] = f"{stamp}~px:{foreign}"
    await olga.taps("Отозвать")
    olga.sees("Это приглашение уже не действует")
    with chat.db.platform() as tx:
        still = tx.run("SELECT revoked_at FROM invite WHERE id = :id", id=foreign).scalar_one()
    assert still is None


async def test_whoever_is_in_already_keeps_their_role(chat):
    olga = chat.person()
    pyotr = chat.person("Пётр", "analyst", olga.tenant_id)
    up, down = await invite(olga, "владелец"), await invite(olga, "кладовщик")
    await pyotr.says(up)
    pyotr.sees("Вы уже в организации «Ромашка»", "не изменилась: аналитик")
    await olga.says(down)
    olga.sees("не изменилась: владелец")
    assert roles(chat, olga.tenant_id) == {"Ольга": "owner", "Пётр": "analyst"}
    vera = chat.stranger("Вера")  # the links are still good for somebody else
    await vera.says(down)
    vera.sees("Ваша роль: кладовщик")


async def test_an_invite_is_enough_for_whoever_has_an_organisation_too(chat):
    olga, boris = chat.person(), chat.person("Борис", tenant_id=None)
    await boris.says(await invite(olga, "менеджер"))
    boris.sees("Вы в организации «Ромашка»")
    await boris.says("/org")
    boris.sees("✓ Ромашка — менеджер")


async def test_the_owner_changes_a_role_and_the_person_is_told(chat):
    olga = chat.person()
    vera = chat.person("Вера", "analyst", olga.tenant_id)
    await vera.says("/help")
    await olga.says("/people")
    olga.sees("Ольга (вы) — владелец", "Вера — аналитик")
    await olga.taps("Вера")
    olga.sees("Роль: аналитик")
    await olga.taps("менеджер")
    olga.sees("Вера: теперь менеджер")
    vera.sees("Ромашка: ваша роль теперь «менеджер»")
    await vera.says("/cost KRS-42 350")
    vera.does_not_see("закрыта")
    assert audit(chat, olga.tenant_id) == [("person.role", "Ольга", "Вера")]


async def test_a_role_that_is_already_so_changes_nothing(chat):
    olga = chat.person()
    vera = chat.person("Вера", "analyst", olga.tenant_id)
    await vera.says("/help")
    await olga.says("/people")
    await olga.taps("Вера")
    await olga.taps("менеджер", times=2)
    olga.sees("Вера: роль «менеджер» уже стоит")
    assert len(audit(chat, olga.tenant_id)) == 1


async def test_whoever_is_removed_sees_nothing_from_the_next_word_on(chat, seller):
    vera = chat.person("Вера", "manager", seller.tenant_id)
    await vera.says("/pnl 1")
    vera.sees_rubles("К выплате", "1 600")
    await seller.says("/people")
    await seller.taps("Вера")
    await seller.taps("Исключить")
    seller.sees("Вера: точно?")
    await seller.taps("Да, исключить")
    seller.sees("Вера: доступа больше нет")
    vera.sees("Вы больше не в организации «Ромашка»")
    await vera.says("/pnl 1")
    vera.sees("Сначала нужна организация")
    await vera.taps("30 дней")  # the button of a screen drawn before
    vera.sees("Вас больше нет в этой организации")
    assert audit(chat, seller.tenant_id) == [("person.removed", "Ольга", "Вера")]


async def test_a_removal_may_be_thought_better_of(chat):
    olga = chat.person()
    chat.person("Вера", "manager", olga.tenant_id)
    await olga.says("/people")
    await olga.taps("Вера")
    await olga.taps("Исключить")
    await olga.taps("Нет")
    olga.sees("Роль: менеджер")
    assert "Вера" in roles(chat, olga.tenant_id)


async def test_a_use_case_begun_before_a_removal_ends_at_the_wall(chat, seller, monkeypatch):
    """Between the door and the transaction the membership may go: it is asked about inside again."""
    vera = chat.person("Вера", "manager", seller.tenant_id)
    real = Database.tenant

    def removed_meanwhile(self, tenant_id, **more):
        with chat.db.platform() as tx:
            tx.run("DELETE FROM membership WHERE role = 'manager'")
        return real(self, tenant_id, **more)

    monkeypatch.setattr(Database, "tenant", removed_meanwhile)
    await vera.says("/pnl 1")
    vera.sees("Вас больше нет в этой организации")
    vera.does_not_see("1 600")


async def test_the_last_owner_stays(chat):
    olga = chat.person()
    chat.person("Вера", "manager", olga.tenant_id)
    await olga.says("/people")
    await olga.taps("Ольга (вы)")
    await olga.taps("Выйти из организации")
    olga.sees("единственный владелец")
    await olga.taps("аналитик")
    olga.sees("единственный владелец")
    assert roles(chat, olga.tenant_id)["Ольга"] == "owner"


async def test_an_owner_may_leave_when_asked_twice_and_another_owns(chat):
    olga = chat.person()
    chat.person("Борис", "owner", olga.tenant_id)
    link = await invite(olga, "владелец")
    await olga.says("/people")
    await olga.taps("Ольга (вы)")
    await olga.taps("Выйти из организации")
    olga.sees("сразу потеряете доступ")
    await olga.taps("Да, выйти")
    olga.sees("Вы вышли из организации «Ромашка»", "Других организаций у вас нет")
    await olga.says("/people")
    olga.sees("Сначала нужна организация")
    await olga.says(link)  # the links they made do not let them back in
    olga.sees("Это приглашение отозвано")
    assert roles(chat, olga.tenant_id) == {"Борис": "owner"}


async def test_stepping_down_is_asked_about_and_takes_the_links_along(chat):
    olga = chat.person()
    chat.person("Борис", "owner", olga.tenant_id)
    link = await invite(olga, "владелец")
    await olga.says("/people")
    await olga.taps("Ольга (вы)")
    await olga.taps("менеджер")
    olga.sees("точно?", "людьми вы управлять не сможете")
    assert roles(chat, olga.tenant_id)["Ольга"] == "owner"
    await olga.taps("Да, сменить")
    olga.sees("Ольга: теперь менеджер")
    vera = chat.stranger("Вера")
    await vera.says(link)
    vera.sees("Это приглашение отозвано")


async def test_whoever_blocked_the_bot_is_marked_and_can_still_be_removed(chat, clock):
    olga = chat.person()
    vera = chat.person("Вера", "manager", olga.tenant_id)
    await vera.says("/help")
    await vera.blocks_bot()
    with chat.db.platform() as tx:
        mark_blocked(tx, vera.id, clock.now())
    await olga.says("/people")
    olga.sees("Вера — менеджер, заблокировал бота")
    await olga.taps("Вера")
    await olga.taps("Исключить")
    await olga.taps("Да, исключить")
    olga.sees("Вера: доступа больше нет")
    with chat.db.platform() as tx:  # that the owner looked at them does not mean they have written to us
        assert tx.run("SELECT blocked_at FROM app_user WHERE telegram_id = :id", id=vera.id).scalar_one()


async def test_a_demo_invites_nobody(chat):
    olga = chat.person(is_demo=True)
    await olga.says("/invite")
    olga.sees("Это демонстрация")
    await olga.says("/people")
    await olga.taps("Пригласить")
    olga.sees("Это демонстрация")
    with chat.db.platform() as tx:
        assert (
            tx.run("SELECT count(*) FROM invite WHERE tenant_id = :id", id=olga.tenant_id).scalar_one() == 0
        )

"""A storekeeper's first ten minutes, from an empty shelf; the README tells them."""

from app.services.ledger.verify import verify_ledger


async def test_a_storekeepers_first_ten_minutes(chat):
    """No warehouse, no place, no item is there before; what is done is done by what one taps and types."""
    olga = chat.person("Ольга", "owner")
    await olga.says("/items KRS-42 4601234567893 Кресло")
    olga.sees("KRS-42")
    vera = chat.person("Вера", "storekeeper", olga.tenant_id)
    await vera.says("/receive 4601234567893 20 A-01-03 до 2027-05-31")
    vera.sees("Места «A-01-03» нет", "Создать место A-01-03")
    await vera.taps("Создать место A-01-03")
    vera.sees("Приход: всё верно?", "20 шт. на A-01-03, годен до 31.05.2027")
    await vera.taps("Провести")
    vera.sees("Приход проведён · №", "A-01-03, до 31.05.2027: 20 шт.")
    await vera.says("/move KRS-42 5 в B-02")
    await vera.taps("Создать место B-02")
    vera.sees("5 шт. с A-01-03 на B-02, годен до 31.05.2027")
    await vera.taps("Провести")
    await vera.says("/ship KRS-42 30")
    vera.sees("Столько нет: свободно 20 шт.", "A-01-03 — 15 шт.", "B-02 — 5 шт.")
    await vera.says("3")
    vera.sees("Отгрузка: всё верно?")
    await vera.taps("Провести")
    await vera.says("/count KRS-42 B-02")
    vera.sees("по книге 5 шт. Сколько насчитали?")
    await vera.says("4")
    vera.sees("Насчитали 4 шт., по книге 5: −1")
    await vera.taps("Провести")
    await vera.taps("Отменить")
    vera.sees("KRS-42: B-02, до 31.05.2027: 5 шт.")
    await vera.says("/history KRS-42")
    vera.sees("приход", "перемещение", "отпуск", "инвентаризация", "отмена документа")
    assert not verify_ledger(chat.db, olga.tenant_id).faults

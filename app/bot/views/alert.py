"""What an administrator is told when a night did not go as usual."""

from app.bot.callbacks import StatusCall
from app.bot.screen import Screen, key, text


def alert(words: str) -> Screen:
    """One sentence and the way to look closer."""
    return Screen(
        head="Ночной сбор: нужно внимание", body=(text(words),), keys=((key("Статус", StatusCall()),),)
    )

"""What an administrator is told when a night did not go as usual, and an owner of a token that runs out."""

from app.bot.callbacks import ConnectCall, StatusCall
from app.bot.screen import Screen, key, text


def alert(words: str) -> Screen:
    """One sentence and the way to look closer."""
    return Screen(
        head="Ночной сбор: нужно внимание", body=(text(words),), keys=((key("Статус", StatusCall()),),)
    )


def token_ends(words: str) -> Screen:
    """In time to bring another."""
    return Screen(
        head="Токен скоро истечёт", body=(text(words),), keys=((key("Новый токен", ConnectCall()),),)
    )

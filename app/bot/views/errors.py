"""What a person sees when it did not work."""

from app.bot.screen import Mono, Screen, line, text


def refused(sentence: str) -> Screen:
    """Something the person can act on: the error's own sentence."""
    head, _, rest = sentence.partition("\n")
    return Screen(head="Не получилось", body=(text(head, *(rest.split("\n") if rest else ())),))


def broken(trace_id: str) -> Screen:
    """Our own fault: an apology with a number by which the log is found."""
    return Screen(
        head="Что-то сломалось у нас",
        body=(
            text("Ваши данные целы. Попробуйте ещё раз через минуту."),
            text(line("Если повторится, передайте администратору код ", Mono(trace_id))),
        ),
    )

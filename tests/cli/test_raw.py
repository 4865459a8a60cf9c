"""``ambar renormalise``: what it refuses before it begins, and what it says when it is done."""

import pytest
from typer.testing import CliRunner

from app.cli import build
from app.cli.raw import told
from app.core.config import get_settings
from app.core.errors import BadInput, NotFound
from app.db.install import Urls
from app.db.merge import MergeCount
from app.services.renormalise import Rebuilt, Renormalised


def test_days_that_run_backwards_are_refused() -> None:
    done = CliRunner().invoke(build(), ["renormalise", "--from", "2026-11-02", "--to", "2026-11-01"])
    assert isinstance(done.exception, BadInput)
    assert "02.11.2026" in str(done.exception)


def test_where_nothing_was_ever_read_it_says_so(
    urls: Urls, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", urls.app)
    monkeypatch.setenv("AMBAR_DATA", str(tmp_path))
    get_settings.cache_clear()
    done = CliRunner().invoke(build(), ["renormalise", "--cabinet", "7"])
    get_settings.cache_clear()
    assert isinstance(done.exception, NotFound)
    assert "Пересобирать нечего" in str(done.exception)


def test_it_says_what_moved_and_what_was_left_as_it_was() -> None:
    count = MergeCount(inserted=3, changed=1, deleted=2, unchanged=40)
    said = told(
        5,
        Renormalised(
            sources=(
                Rebuilt(source="wb.finance", units=4, gone=2, count=count),
                Rebuilt(source="wb.sales", units=1, unread=1),
            )
        ),
    )
    assert said.splitlines() == [
        "Организация 5: строк добавлено 3, изменено 1, удалено 2, без изменений 40.",
        "  финансовый отчёт WB: ответы уже не хранятся (порций: 2), их строки оставлены как были.",
        "  продажи WB: ответы не читаются (порций: 1), их строки оставлены как были.",
    ]

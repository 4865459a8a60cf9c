"""``ambar unknown``: a line is chosen by all three words or not at all, and what was chosen is said."""

import pytest
from typer.testing import CliRunner

from app.cli import build
from app.cli.unknown import said
from app.core.errors import BadInput
from app.domain.finance.settlement import PnlLine
from app.services.accrual_lines import LinePlaced


@pytest.mark.parametrize(
    "asked", [["--type", "31"], ["--cabinet", "1", "--line", "хранение"], ["--cabinet", "1", "--type", "31"]]
)
def test_half_a_choice_is_refused(asked: list[str]) -> None:
    done = CliRunner().invoke(build(), ["unknown", *asked])
    assert isinstance(done.exception, BadInput)
    assert "нужны все три" in str(done.exception)


def test_a_line_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    done = CliRunner().invoke(build(), ["unknown", "--cabinet", "1", "--type", "31", "--line", "штрафики"])
    assert isinstance(done.exception, BadInput)
    assert "хранение" in str(done.exception)


def test_it_says_where_a_type_went() -> None:
    placed = LinePlaced(
        cabinet="Тёплый Дом", title="31 Лидогенерация", before=PnlLine.UNMAPPED, after=PnlLine.ADS
    )
    assert said(placed) == "Тёплый Дом: «31 Лидогенерация» — реклама (было: не разнесено)."

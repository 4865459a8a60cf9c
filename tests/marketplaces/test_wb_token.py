"""A pasted token is judged before anybody is asked."""

import base64
import json
from datetime import UTC, datetime

import pytest

from app.marketplaces.errors import TokenUnfit
from app.marketplaces.wb.token import Scope, TokenType, read_token

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LATER = int(datetime(2027, 5, 1, tzinfo=UTC).timestamp())


def token(**claims: object) -> str:
    told = {"acc": 1, "s": 8294, "sid": "e8923014", "exp": LATER, "t": False, **claims}
    parts = [{"alg": "ES256", "typ": "JWT"}, {key: value for key, value in told.items() if value != "absent"}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def test_the_published_check_value_is_read_bit_by_bit() -> None:
    """8294 = Content + Analytics + Statistics + Promotion + Finance (facts/wildberries.md section 3)."""
    assert read_token(token(), NOW).scopes == {
        Scope.CONTENT,
        Scope.ANALYTICS,
        Scope.STATISTICS,
        Scope.PROMOTION,
        Scope.FINANCE,
    }


@pytest.mark.parametrize("scope", list(Scope))
def test_every_scope_has_its_own_bit(scope: Scope) -> None:
    assert read_token(token(s=1 << scope), NOW).scopes == {scope}


def test_what_is_missing_is_told_by_name() -> None:
    read = read_token(token(s=(1 << 1) | (1 << 5)), NOW)
    assert read.missing() == ["Аналитика", "Финансы"]
    assert read.missing([Scope.CONTENT]) == []


def test_the_description_tells_type_scopes_mode_and_expiry_but_not_the_token() -> None:
    pasted = token(s=8294 | (1 << 30))
    read = read_token(pasted, NOW)
    told = read.describe()
    assert "базовый" in told
    assert "Контент, Аналитика, Статистика, Продвижение, Финансы" in told
    assert "только чтение" in told
    assert "01.05.2027" in told
    assert pasted not in told
    assert pasted not in repr(read)


def test_a_token_that_may_write_is_advised_against() -> None:
    read = read_token(token(), NOW)
    assert not read.read_only
    assert "Только на чтение" in read.describe()


@pytest.mark.parametrize(
    ("acc", "kind", "slow"),
    [
        (1, TokenType.BASE, True),
        (3, TokenType.PERSONAL, False),
        (4, TokenType.SERVICE, False),
        ("absent", TokenType.UNKNOWN, True),
        (77, TokenType.UNKNOWN, True),
    ],
)
def test_the_type_decides_whether_the_limits_are_small(acc: object, kind: TokenType, slow: bool) -> None:
    read = read_token(token(acc=acc), NOW)
    assert (read.type, read.slow) == (kind, slow)


@pytest.mark.parametrize("claims", [{"acc": 2}, {"t": True}])
def test_a_test_token_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(TokenUnfit, match="тестовый"):
        read_token(token(**claims), NOW)


def test_an_expired_token_is_refused_with_its_date() -> None:
    expired = int(datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp())
    with pytest.raises(TokenUnfit, match=r"истёк 20\.11\.2026"):
        read_token(token(exp=expired), NOW)


@pytest.mark.parametrize(
    "pasted",
    ["", "привет", "a.b", "a.b.c", "a.b.c.d", "..", "x." + "!" * 20 + ".y", token().replace(".", " ", 1)],
)
def test_what_is_no_token_is_refused_in_a_sentence(pasted: str) -> None:
    with pytest.raises(TokenUnfit, match="не похоже на токен"):
        read_token(pasted, NOW)


@pytest.mark.parametrize("claims", [{"s": "absent"}, {"exp": "absent"}, {"exp": "soon"}, {"s": True}])
def test_a_jwt_of_somebody_else_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(TokenUnfit, match="не токен Wildberries"):
        read_token(token(**claims), NOW)


def test_line_breaks_and_bearer_around_a_pasted_token_do_not_matter() -> None:
    pasted = token()
    assert read_token(f"  Bearer {pasted[:20]}\n{pasted[20:]} ", NOW).raw == pasted

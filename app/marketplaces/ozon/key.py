"""What an Ozon cabinet is opened with: the Seller API's key and, beside it, the one of advertising.

Two doors, two keys: Client-Id and Api-Key of the Seller API, which live three months, and Client ID and
Client Secret of the Performance API, which a seller may leave out. Both lie in one sealed secret, so that a
cabinet is one thing to keep. Source: facts/ozon.md sections 1 and 8.
"""

import re
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

from app.marketplaces.errors import TokenUnfit

_API_KEY = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CLIENT_ID = re.compile(r"(?<![\w-])\d{3,20}(?![\w-])")
_ADS_ID = re.compile(r"[\w.-]+@[a-z.]*performance\.ozon\.ru", re.IGNORECASE)
_ADS_SECRET = re.compile(r"(?<![\w-])(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{20,}={0,2}(?![\w-])")

SELLER_KEY = (
    "Для Ozon нужны две вещи из раздела «Seller API»: Client-Id (число) и Api-Key "
    "(вид 01234567-89ab-cdef-0123-456789abcdef). Пришлите их одним сообщением."
)
ADS_KEY = (
    "Для рекламы Ozon нужны обе части ключа «Performance API»: Client ID "
    "(вид 12345678-1700000000@advertising.performance.ozon.ru) и Client Secret (длинная строка). "
    "Пришлите их одним сообщением."
)


@dataclass(frozen=True, slots=True)
class AdsKey:
    """Client ID and Client Secret of a service account of the Performance API."""

    client_id: str
    client_secret: str = field(repr=False)

    @property
    def secret(self) -> str:
        """As it is sealed."""
        return f"{self.client_id} {self.client_secret}"


@dataclass(frozen=True, slots=True)
class OzonKey:
    """Client-Id and Api-Key of a seller account; ``ads`` where the seller gave that too."""

    client_id: str
    api_key: str = field(repr=False)
    ads: AdsKey | None = None

    @property
    def secret(self) -> str:
        """As it is sealed: «Client-Id Api-Key», then the pair of advertising where there is one."""
        own = f"{self.client_id} {self.api_key}"
        return f"{own} {self.ads.secret}" if self.ads else own

    def with_ads(self, ads: AdsKey | None) -> Self:
        """The same key beside another one of advertising; None leaves what there is."""
        return replace(self, ads=ads) if ads else self


def read_key(pasted: str) -> OzonKey:
    """The key in what was pasted, its parts in any order, with or without advertising.

    Raises:
        TokenUnfit: the Seller API's key is not whole, or one half of advertising's is missing.
    """
    found = _parts(pasted)
    if len(found.api_keys) != 1 or len(found.client_ids) != 1:
        raise TokenUnfit(SELLER_KEY)
    return OzonKey(found.client_ids[0], found.api_keys[0].lower(), found.ads())


def read_ads_key(pasted: str) -> AdsKey | None:
    """The key of advertising where it was pasted alone; None where the Seller API's, or any part of it, is
    there as well, or where nothing says that it is advertising's.

    Raises:
        TokenUnfit: only one half of it.
    """
    found = _parts(pasted)
    is_alone = bool(found.ads_ids) and not found.api_keys and not found.client_ids
    return found.ads() if is_alone else None


class _Parts(NamedTuple):
    """What of a pasted text may be which part of a key."""

    client_ids: list[str]
    api_keys: list[str]
    ads_ids: list[str]
    ads_secrets: list[str]

    def ads(self) -> AdsKey | None:
        if not self.ads_ids and not self.ads_secrets:
            return None
        if len(self.ads_ids) != 1 or len(self.ads_secrets) != 1:
            raise TokenUnfit(ADS_KEY)
        return AdsKey(self.ads_ids[0].lower(), self.ads_secrets[0])


def _parts(pasted: str) -> _Parts:
    """Each kind is looked for in what the ones before it leave: advertising's halves hold digits too."""
    ads_ids, pasted = _taken(_ADS_ID, pasted)
    api_keys, pasted = _taken(_API_KEY, pasted)
    ads_secrets, pasted = _taken(_ADS_SECRET, pasted)
    return _Parts(_CLIENT_ID.findall(pasted), api_keys, ads_ids, ads_secrets)


def _taken(kind: re.Pattern[str], text: str) -> tuple[list[str], str]:
    return kind.findall(text), kind.sub(" ", text)

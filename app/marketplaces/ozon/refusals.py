"""Ozon's refusals that are no failures: a subscription that the seller has not, a role that the key lacks.

What only one area may say ("the scheme is off") stands in that area. A blocked company and an unsigned
offer are failures like any other. Source: facts/ozon.md sections 6, 11 (trap 9).
"""

from app.marketplaces.errors import NotOffered
from app.marketplaces.transport import Endpoint

_SUBSCRIPTION = ("existing subscription", "premium")
_ROLE = ("missing a required role", "method is not allowed")


def not_offered(endpoint: Endpoint, status: int, reason: str) -> NotOffered | None:
    """The note that a refusal comes to; None where it is a failure."""
    said = reason.lower()
    if status not in (400, 403):
        return None
    if any(sign in said for sign in _SUBSCRIPTION):
        return NotOffered(
            endpoint.path, f"Ozon даёт это только с подпиской, которой у кабинета нет. Его ответ: «{reason}»."
        )
    if any(sign in said for sign in _ROLE):
        return NotOffered(
            endpoint.path,
            f"У ключа Ozon нет роли для метода {endpoint.path}. Выпустите ключ с ролью «Admin read only» "
            "и пришлите его: /connect.",
        )
    return None

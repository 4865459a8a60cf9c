"""The bearer token of a request, and the two questions about it: whose is it, and may they."""

import hmac

from aiohttp import web

from app.core.clock import Clock
from app.core.trace import set_actor
from app.db.session import Database
from app.services.tenancy.api_tokens import Caller, find_caller
from app.services.tenancy.roles import ROLE_NAMES, Deed, allowed
from app.web.errors import Refusal, refusal

BEARER = "bearer"
ADMIN_HEADER = "X-Admin-Token"


def bearer(request: web.Request) -> str:
    """The token that was brought. Raises Refusal 401 where there is none."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != BEARER or not secret.strip():
        raise refusal(401, WWW_Authenticate="Bearer")
    return secret.strip()


def admit(db: Database, clock: Clock, secret: str, deed: Deed) -> Caller:
    """Whose token it is; from here on it is their hand. Blocking, one round trip.

    Raises Refusal: 401 for a token that is not in force, 403 for one whose role is too small.
    """
    caller = find_caller(db, secret, clock.now())
    if caller is None:
        raise refusal(401, WWW_Authenticate="Bearer")
    if deed not in allowed(caller.role):
        role = ROLE_NAMES.get(caller.role, caller.role)
        raise Refusal(403, "forbidden", f"Токену с ролью «{role}» это не разрешено: нужно право «/{deed}».")
    set_actor(caller.actor)
    return caller


def is_admin(request: web.Request, secret: str) -> bool:
    """Does the request bring the operator's own token?"""
    brought = request.headers.get(ADMIN_HEADER, "")
    return hmac.compare_digest(brought.encode("utf-8", "replace"), secret.encode())

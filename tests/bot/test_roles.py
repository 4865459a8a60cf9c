"""One table says who may do what."""

import pytest

from app.core.errors import NotAllowed
from app.services.tenancy.roles import Deed, allowed, demand


@pytest.mark.parametrize(
    ("role", "closed"),
    [
        ("owner", set()),
        ("manager", {Deed.CONNECT, Deed.RECALC}),
        ("analyst", {Deed.CONNECT, Deed.RECALC, Deed.COST}),
        ("storekeeper", {Deed.CONNECT, Deed.RECALC, Deed.COST, Deed.PNL, Deed.TODAY, Deed.STATUS}),
        (None, set(Deed) - {Deed.START, Deed.HELP}),
    ],
)
def test_what_is_closed_to_a_role(role, closed):
    assert set(Deed) - allowed(role) == closed


def test_an_administrator_may_recompute_in_any_role():
    assert Deed.RECALC in allowed("analyst", is_admin=True)


def test_a_refusal_names_what_is_open():
    with pytest.raises(NotAllowed, match=r"«кладовщик» команда /pnl закрыта.*/stock /supply"):
        demand(Deed.PNL, "storekeeper")


def test_a_role_we_do_not_know_opens_nothing():
    assert allowed("boss") == allowed(None)

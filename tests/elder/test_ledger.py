"""The stock ledger on PostgreSQL 15: the quick checks, the traps, what is proven, found, looked back at."""

# ruff: noqa: F403

from tests.ledger.conftest import *
from tests.ledger.test_proof import (  # noqa: F401
    deed,
    lived_in,
    test_a_sound_ledger_has_no_faults,
    test_balances_come_back_from_the_entries,
    test_stock_as_of_any_instant_by_the_books_and_by_the_facts,
)
from tests.ledger.test_search import *
from tests.ledger.test_traps import (  # noqa: F401
    here,
    item,
    test_s1_a_repeat_is_known_whenever_it_comes,
    test_s2_and_s4_a_promise_moves_the_reserve_and_its_shipping_both,
    test_w1_two_equal_requests_at_once_post_once,
)
from tests.quick.test_inbound_pg import *
from tests.quick.test_outbound_http_pg import *
from tests.quick.test_outbound_pg import *
from tests.quick.test_putaway_pg import *
from tests.quick.test_snapshot_inventory_pg import *

"""The stock ledger through pgbouncer, many clients in few sessions: the quick checks, the races."""

# ruff: noqa: F403

from tests.ledger.conftest import *
from tests.ledger.test_simulation import test_a_deadlock_between_two_callers_is_tried_again_by_them  # noqa: F401
from tests.ledger.test_traps import (  # noqa: F401
    here,
    item,
    test_after_a_tenants_transaction_nobody_posts,
    test_lines_in_any_order_never_lock_each_other,
    test_of_the_last_pieces_exactly_so_many_are_sold,
    test_w1_two_equal_requests_at_once_post_once,
)
from tests.quick.test_inbound_pg import *
from tests.quick.test_outbound_http_pg import *
from tests.quick.test_outbound_pg import *
from tests.quick.test_putaway_pg import *
from tests.quick.test_snapshot_inventory_pg import *

# The seeds' quick checks of the stock ledger; the whole suite is ./ambar test.
PYTHON ?= .venv/bin/python

.PHONY: quick
quick:
	$(PYTHON) -m pytest -q \
	  tests/quick/test_inbound_pg.py::test_inbound_receive_and_putaway_integrity \
	  tests/quick/test_putaway_pg.py::test_putaway_integrity \
	  tests/quick/test_outbound_pg.py \
	  tests/quick/test_outbound_http_pg.py \
	  tests/quick/test_snapshot_inventory_pg.py \
	  -s --maxfail=1

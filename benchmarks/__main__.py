"""``python -m benchmarks``: all of them at modest sizes, some minutes; each alone takes ``--size``."""

from benchmarks import (
    api,
    finance_page,
    ledger,
    ledger_asof,
    memory,
    merging,
    night,
    queue,
    recalc,
    second_night,
    shelf_file,
    wakeups,
)

if __name__ == "__main__":
    recalc.main(2_500)
    merging.main(200_000)
    second_night.main(300)
    night.main(3, 60, 2)
    finance_page.main(20_000)
    memory.main(10_000)
    queue.main(2_000, 1)
    wakeups.main(60)
    ledger.main(100, 1)
    ledger_asof.main(500_000, 5_000)
    api.main(10, 1)
    shelf_file.main(5_000, 1)

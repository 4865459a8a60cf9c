import json
import random

import tests.services.test_wb_faults as M
from tests.services.test_wb_faults import *

for n in [n for n in globals() if n.startswith("test_")]: del globals()[n]
import pytest


@pytest.mark.parametrize("seed", [1,2,3])
def test_dbg(opened, good, urls, tap, seed):
    victim = opened(PERSONAL)
    storm = Storm(random.Random(seed), lambda: victim.wall.now().timestamp())
    work = CollectWork(night=victim.house.night, teller=victim.house.teller)
    tap.instead = storm
    out = open(f"/tmp/studio/h_out/dbg{seed}.txt", "w")
    for n in range(MOST_PASSES):
        try:
            work(job(victim, f"storm-{seed}"), quiet)
            break
        except YieldUntil as told:
            ends = {m: datetime.fromtimestamp(end, MOSCOW) for m, end in storm.until.items()}
            now = victim.wall.now()
            waiting = {m: str((e-now).total_seconds()) for m, e in ends.items() if e > now}
            near = [e for e in ends.values() if abs(told.at - e) < timedelta(seconds=2)]
            print(n, (told.at-now).total_seconds(), bool(near), waiting, file=out)
            print("   ", [(method_of(s)[-40:], s.status) for s in tap.taken()][-12:], file=out)
            print("   ", victim.rows("select source, unit, state, error from ingest_run where tenant_id=:tenant_id and error is not null"), file=out)
            with victim.db.platform() as tx:
              print("   ", [tuple(r) for r in tx.run("select * from rate_budget where blocked_until > :n" if False else "select * from rate_budget")][:40] if not near else "", file=out)
            print("   stale", victim.rows("select * from recalc_pending where tenant_id=:tenant_id and sku_id=0"), file=out)
            victim.wall.skip(max(told.at - victim.wall.now(), timedelta()) + timedelta(milliseconds=1))
    print(storm.refused, storm.early, file=out)
    diff = differences(facts_of(urls.admin, victim.tenant_id), good.facts)
    print(json.dumps(diff, indent=1, ensure_ascii=False), file=out)
    print(*[tuple(r) for r in victim.rows("select unit, source, state, finished_at, id, counts from ingest_run where tenant_id=:tenant_id order by finished_at")], sep="\n", file=out)
    out.close()

def test_types(good):
    try: M.test_a_field_of_another_type_spoils_its_own_row_at_most(good)
    except AssertionError: pass

def test_types2(good, monkeypatch):
    pass

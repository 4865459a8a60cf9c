-- name: post
-- The kernel; see migrations/sql/0004/5_post.sql. The tenant is the transaction's own.
SELECT n, ref_line, status, missing, stock_id, delta, reserved_delta, after_qty, after_reserved, version, hold_id
FROM ambar_ledger_post(
    :reason, :ref, CAST(:ref_lines AS integer[]), CAST(:items AS bigint[]), CAST(:locations AS bigint[]),
    CAST(:lots AS bigint[]), CAST(:targets AS bigint[]), CAST(:qtys AS integer[]), CAST(:holds AS bigint[]),
    CAST(:versions AS bigint[]), :atomic, :partial, :occurred, :today, :expires, :order_id, :reverses, :note,
    :actor_id, :actor, :trace_id)

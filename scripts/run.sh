#!/usr/bin/env bash
# What CI calls by name. ci:pg:smoke: the stock ledger's quick checks on a real PostgreSQL.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
  ci:pg:smoke)
    echo "[smoke] PostgreSQL"
    [[ -n "${PYTHON:-}" || -x .venv/bin/python ]] || ./ambar test --prepare
    exec make quick
    ;;
  *)
    echo "usage: scripts/run.sh ci:pg:smoke" >&2
    exit 2
    ;;
esac

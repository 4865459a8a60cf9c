"""What becomes of a recommended quantity: whom it goes to, and the proof of what it was made of."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl


def split_by_share(total: int, shares: Sequence[int | Decimal]) -> list[int]:
    """``total`` pieces split in proportion to ``shares``; the parts add up to ``total``.

    Largest remainder: what whole parts leave over goes piece by piece to the largest remainders;
    among equals to the larger share, then to the earlier. A share below 0 (more returned than sold)
    counts as 0; where no share is above 0 the split is even. ``ValueError`` for a negative total, or
    for pieces with nobody to take them.
    """
    if total < 0 or (total and not shares):
        raise ValueError("split: a total from 0 up and somebody to take it")
    weights = [max(Fraction(share), Fraction(0)) for share in shares]
    if not any(weights):
        weights = [Fraction(1)] * len(shares)
    whole = sum(weights, Fraction(0))
    parts = [int(total * weight // whole) for weight in weights]
    by_claim = sorted(
        range(len(weights)), key=lambda i: (parts[i] - total * weights[i] / whole, -weights[i], i)
    )
    for i in by_claim[: total - sum(parts)]:
        parts[i] += 1
    return parts


def with_split(rows: pl.DataFrame, by: Sequence[str], total: str, share: str) -> pl.DataFrame:
    """``split_by_share`` for many groups: adds ``part`` (Int64).

    Rows of one group agree in the columns ``by`` and in ``total``; "earlier" is the order of the
    rows, which is kept. ``total`` and ``share`` are Int64 columns, ``total`` not negative.
    """
    weight = pl.col(share).clip(lower_bound=0)
    return (
        rows.with_row_index("_row")
        .with_columns(_weight=pl.when(weight.sum().over(by) > 0).then(weight).otherwise(1))
        .with_columns(_whole=pl.col("_weight").sum().over(by), _claim=pl.col(total) * pl.col("_weight"))
        .with_columns(part=pl.col("_claim") // pl.col("_whole"))
        .with_columns(_rest=pl.col("_claim") - pl.col("part") * pl.col("_whole"))
        .sort(*by, "_rest", "_weight", "_row", descending=[*(False for _ in by), True, True, False])
        .with_columns(
            _turn=pl.int_range(pl.len()).over(by), _left=pl.col(total) - pl.col("part").sum().over(by)
        )
        .with_columns(part=pl.col("part") + (pl.col("_turn") < pl.col("_left")).cast(pl.Int64))
        .sort("_row")
        .drop("_row", "_weight", "_whole", "_claim", "_rest", "_turn", "_left")
    )


def rationale_hash(inputs: Mapping[str, object]) -> str:
    """SHA-256 (hex) of everything an advice was made of: equal inputs and parameters, equal hash.

    Canonical JSON: keys sorted, ``Decimal`` as its shortest plain string (1.50 is 1.5, so that a
    value read back from ``NUMERIC`` hashes as before it was stored), dates in ISO. Takes None, bool,
    int, str, Decimal, date, and mappings and sequences of these; ``TypeError`` for anything else,
    floats before all.
    """
    canonical = json.dumps(_plain(inputs), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return _shortest(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {_key(name): _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    raise TypeError(f"rationale: {type(value).__name__} has no canonical form")


def _key(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError("rationale: keys are names")
    return name


def _shortest(value: Decimal) -> str:
    if not value:
        return "0"
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain

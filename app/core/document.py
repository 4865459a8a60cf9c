"""What travels and is kept as JSON: payloads of jobs and events, answers, what an entry was and became."""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

Document: TypeAlias = Mapping[str, Any]
"""What JSON can hold: strings, whole numbers, lists, mappings. Money travels as a string."""


def to_json(document: Document) -> str:
    """As jsonb takes it. Raises TypeError or ValueError for what JSON has no word for."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False)

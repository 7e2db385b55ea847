"""JSON as editors and tools write it: comments and trailing commas; offsets stay those of the file."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from aicheck.errors import SourceError

__all__ = ["loads"]

_TOKEN: Final = re.compile(rb'"(?:[^"\\\r\n]|\\.)*"?|//[^\r\n]*|/\*.*?(?:\*/|\Z)|,(?=\s*[}\]])', re.DOTALL)
"""Every branch takes what it began also where the end is missing, so that hostile text is walked once."""
_LIMIT: Final = 8 << 20


def _replaced(match: re.Match[bytes]) -> bytes:
    token = match[0]
    if token.startswith(b'"'):
        return token
    return re.sub(rb"[^\r\n]", b" ", token)


def loads(data: bytes) -> Any:
    """Read a document. Raises `SourceError` where it is none, or larger than 8 MiB."""
    if len(data) > _LIMIT:
        raise SourceError("a settings file of more than 8 MiB is not read")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        pass
    plain = data.removeprefix(b"\xef\xbb\xbf")
    for _ in range(2):  # a comma before a comment before a bracket becomes a trailing one
        plain = _TOKEN.sub(_replaced, plain)
    try:
        return json.loads(plain)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"not JSON: {str(error)[:160]}") from None

"""What people write where a card names its base model: ids, URLs, lists in one line, paths, mappings, `None`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

__all__ = ["bare_name", "read_base", "stated_bases"]

_HUBS: Final = frozenset({"huggingface.co", "www.huggingface.co", "hf.co", "www.hf.co", "hf-mirror.com"})
_MODELSCOPE: Final = frozenset({"modelscope.cn", "www.modelscope.cn", "modelscope.ai", "www.modelscope.ai"})
_NO_MODELS: Final = frozenset({"datasets", "spaces", "papers", "collections", "docs", "blog", "settings"})
_NOTHING: Final = frozenset(
    "none n/a na nan null nil nothing - -- no false scratch unknown tbd todo ? random".split()
) | {"from scratch", "trained from scratch", "not applicable", "no base model", "none (trained from scratch)"}
"""Words by which a card says that it names no base."""
_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96}", re.ASCII)
_REVISION: Final = re.compile(r"([A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96})[@:][\w./-]{1,100}", re.ASCII)
_MARKDOWN: Final = re.compile(r"\[([^\[\]]{1,300})\]\(([^()\s]{1,300})\)")
_BETWEEN: Final = re.compile(r"[,;\n]|\s(?:\+|&|and)\s")
_KEYS: Final = ("id", "name", "model", "model_id", "model_name", "repo", "repo_id", "base_model", "path", "url")
_CARD_KEYS: Final = frozenset({"basemodel", "basemodels"})
_LETTERS: Final = re.compile(r"[^a-z]")
_DEEP: Final = 4
_MOST: Final = 200
_LONG: Final = 500


def read_base(text: str) -> str | None:
    """Return the id in what a card or tag states as a base, as it stands there where it is none; None for nothing.

    URLs of the Hub, its mirrors and ModelScope are read; a revision behind an id is left out.
    """
    text = text[:_LONG].strip().strip("\"'`<>").strip()
    linked = _MARKDOWN.fullmatch(text)
    if linked is not None:
        text = linked[2] if _host(linked[2]) in _HUBS else linked[1].strip()
    host = _host(text)
    if host in _HUBS | _MODELSCOPE:
        return _from_url(text, host)
    if text.lower() in _NOTHING or text.partition("/")[0].lower() in _NO_MODELS:
        return None
    revised = _REVISION.fullmatch(text)
    return (revised[1] if revised is not None else text.strip("/")) or None


def _host(text: str) -> str:
    scheme, found, rest = text.partition("://")
    if not found:
        rest = scheme
    elif scheme.lower() not in {"http", "https"}:
        return ""
    return rest.partition("/")[0].lower()


def _from_url(text: str, host: str) -> str | None:
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        return text
    path = [unquote(segment) for segment in parts.path.split("/") if segment]
    if path[:1] == ["models"]:
        path = path[1:]
    if not path or path[0] in _NO_MODELS:
        return None
    named = "/".join(path[:2])
    if host in _MODELSCOPE:
        from aicheck.core.target import RegistryModel  # noqa: PLC0415 - few cards name ModelScope
        from aicheck.resolve.stands import stands_for  # noqa: PLC0415 - see above

        return stands_for(RegistryModel("modelscope", named)).hub_id_text or text
    revised = _REVISION.fullmatch(named)
    return revised[1] if revised is not None else named


def stated_bases(card: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (base, word for the relation or "") for everything that a card's front matter states."""
    count = 0
    for key, value in card.items():
        if not isinstance(key, str) or len(key) > _DEEP * 5 or _LETTERS.sub("", key.lower()) not in _CARD_KEYS:
            continue
        for text, relation in _texts(value, "", 0):
            for part in _parts(text):
                count += 1
                if count > _MOST:
                    return
                yield part, relation


def _texts(value: object, relation: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > _DEEP:
        return
    if isinstance(value, str):
        yield value, relation
    elif isinstance(value, list):
        for entry in value[:_MOST]:
            yield from _texts(entry, relation, depth + 1)
    elif isinstance(value, dict):
        named = next((value[key] for key in _KEYS if isinstance(value.get(key), str)), None)
        if named is not None:
            word = value.get("relation")
            yield named, word if isinstance(word, str) else relation
            return
        for key, entry in list(value.items())[:_MOST]:
            yield from _texts(entry, str(key), depth + 1)


def _parts(text: str) -> list[str]:
    """Split `a/b, c/d` into its ids; text that is no list of ids stays whole."""
    whole = read_base(text)
    if whole is None or _ID.fullmatch(whole):
        return [] if whole is None else [whole]
    pieces = [read_base(piece) for piece in _BETWEEN.split(text[:_LONG]) if piece.strip()]
    if len(pieces) > 1 and all(piece is not None and _ID.fullmatch(piece) for piece in pieces):
        return [piece for piece in pieces if piece is not None]
    return [whole]


def bare_name(text: str) -> str | None:
    """Return the name at the end of a local path (`./models/Qwen2.5-7B`), or the text where it has no owner.

    None for ids with an owner and for URLs: those say for themselves what they mean.
    """
    if "://" in text:
        return None
    plain = text.replace("\\", "/").rstrip("/")
    local = plain.startswith((".", "~", "/")) or plain.count("/") > 1 or plain[1:3] == ":/"
    if "/" in plain and not local:
        return None
    return plain.rpartition("/")[2] or None

"""Licence texts found in a repository, matched to AboutCode keys and to aicheck's own rows.

Three steps, surest first: the digest of the normalised text; similarity of word sequences with the texts of
`data/license_texts.json` (which holds samples of hashes, never a text); and for custom model licences the title
and the sentences that no other licence has. Names, years, line breaks and mark-up do not matter.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from array import array
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

from aicheck.core.component import License
from aicheck.knowledge import licenses

__all__ = ["digest", "license_of_text", "match", "sample", "tokens"]

_DATA = Path(__file__).parent / "data"
_WORD = re.compile(r"[a-z0-9]+")
_COPYRIGHT = re.compile(r"^\W*(?:copyright\b|\(c\)|©).*$", re.IGNORECASE | re.MULTILINE)
_WIDTH = 5
"""Words in a sequence: long enough to be particular, short enough to survive small edits."""
_MAX_CHARS = 400_000
SIMILAR = 0.85
"""Share of common sequences from which two texts count as the same licence."""

# First words and peculiar sentences of licences whose texts are not in the index, to keys of licenses.json;
# all parts must occur. Compared without punctuation.
_TITLES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("kimi-k3", ("kimi k3 license", "model as a service")),
    ("kimi-k2.5", ("our only modification part is", "prominently display kimi k2 5")),
    ("kimi-k2", ("our only modification part is", "prominently display kimi k2")),
    ("minimax-m2.1", ("our only modification", "prominently display minimax m2 1")),
    ("minimax-m2.5", ("our only modification", "prominently display minimax m2 5")),
    ("minimax-m2", ("our only modification", "prominently display minimax m2")),
    ("minimax-m2.7", ("non commercial license", "mit style terms", "built with minimax m2 7")),
    ("minimax-m3", ("minimax", "community license", "built with minimax m3")),
    ("minimax-h3-community", ("minimax h3 community license agreement",)),
    ("minimax-01", ("minimax model license",)),
    ("glm-5.3", ("model as a service", "must pass z ai s security review")),
    ("glm-4", ("the glm 4 9b license",)),
    ("chatglm3-6b", ("the chatglm3 6b license",)),
    ("chatglm2-6b", ("the chatglm2 6b license",)),
    ("chatglm-6b", ("the chatglm 6b license",)),
    ("cogvideox", ("the cogvideox license",)),
    ("cogvlm2", ("the cogvlm2 license",)),
    ("cogvlm", ("the cogvlm license",)),
    ("qwen-community-1.0", ("qwen community license", "ai work assistant")),
    ("qwen-research", ("qwen research license agreement",)),
    ("tongyi-qianwen-research", ("tongyi qianwen research license agreement",)),
    ("qwen", ("qwen license agreement", "built with qwen")),
    ("tongyi-qianwen", ("tongyi qianwen license agreement",)),
    ("mistral-modified-mit", ("modified mit license", "not authorized to exercise any rights", "monthly revenue")),
    ("mistral-research", ("mistral ai research license",)),
    ("mnpl", ("mistral ai non production license",)),
    ("tencent-hunyuan-a13b", ("tencent hunyuan a13b",)),
    ("tencent-hunyuan-3d", ("tencent hunyuan 3d", "community license agreement")),
    ("tencent-hunyuan-image-3.0", ("tencent hunyuan image 3 0", "community license agreement")),
    ("tencent-hunyuanworld", ("tencent hunyuanworld", "community license agreement")),
    ("tencent-hy-community", ("tencent hy community license agreement",)),
    ("tencent-hunyuan-community", ("tencent hunyuan community license agreement",)),
    ("llama4", ("llama 4 community license agreement",)),
    ("llama3.3", ("llama 3 3 community license agreement",)),
    ("llama3.2", ("llama 3 2 community license agreement",)),
    ("llama3.1", ("llama 3 1 community license agreement",)),
    ("llama3", ("meta llama 3 community license agreement",)),
    ("llama2", ("llama 2 community license agreement",)),
    ("gemma", ("gemma terms of use",)),
    ("health-ai-developer-foundations", ("health ai developer foundations terms of use",)),
    ("deepseek", ("deepseek license agreement",)),
    ("falcon-180b", ("falcon 180b tii license",)),
    ("falcon-2-11b", ("falcon 2 11b tii license",)),
    ("falcon-mamba", ("falcon mamba 7b tii license",)),
    ("falcon-llm", ("falcon llm", "tii license")),
    ("jamba-open-model-license", ("jamba open model license",)),
    ("lfm1.0", ("lfm open license",)),
    ("nvidia-nemotron-open-model-license", ("nvidia nemotron open model license",)),
    ("nvidia-community-model-license", ("nvidia community model license",)),
    ("nvidia-open-model-license", ("nvidia open model license",)),
    ("nsclv1", ("nvidia source code license",)),
    ("nvidia-non-commercial", ("nvidia license", "only may be used or intended for use non commercially")),
    ("kolors", ("kwai kolors", "300 million monthly active users")),
    ("fish-audio-research", ("fish audio research license agreement",)),
    ("apple-ascl", ("this apple software is supplied to you by apple inc",)),
    ("k-exaone", ("k exaone ai model license agreement",)),
    ("exaone-1.2-nc", ("exaone ai model license agreement 1 2",)),
    ("exaone-1.1-nc", ("exaone ai model license agreement 1 1",)),
    ("hyperclovax-seed", ("hyperclova x seed model license agreement",)),
    ("kanana", ("kanana license agreement",)),
    ("upstage-solar", ("upstage solar license",)),
    ("plamo-community", ("plamo community license",)),
    ("krutrim", ("krutrim community license agreement",)),
    ("dbrx", ("databricks open model license",)),
    ("grok2-community", ("grok 2 community license agreement",)),
    ("flux-1-dev-nc", ("flux 1 dev non commercial license",)),
    ("flux-2-nc", ("flux", "non commercial license", "flux 2")),
    ("ltx-2.x", ("ltx 2 x community license",)),
    ("ltx-2", ("ltx 2 community license agreement",)),
    ("stabilityai-ai-community", ("stability ai community license agreement",)),
    ("stability-ai-nc-research", ("stability ai non commercial research community license",)),
    ("dinov3-license", ("dinov3 license",)),
    ("sam-license", ("sam license", "meta")),
    ("fair-noncommercial-research-license", ("fair noncommercial research license",)),
    ("opt-175b", ("opt 175b license agreement",)),
    ("apple-amlr", ("apple", "machine learning research model", "license")),
    ("orion", ("orion 14b series", "models community license agreement")),
    ("yi-license", ("yi series models", "license agreement")),
    ("baichuan2-community", ("community license for baichuan2 model",)),
    ("coqui-cpml", ("coqui public model license",)),
    ("openmdw-1.1", ("openmdw license agreement version 1 1",)),
    ("openmdw-1.0", ("openmdw license agreement version 1 0",)),
)


def tokens(text: str) -> list[str]:
    """Return the words of a text that count: lower case, without copyright lines and mark-up."""
    return _WORD.findall(_COPYRIGHT.sub(" ", text[:_MAX_CHARS]).casefold())


def digest(words: list[str]) -> str:
    """Return the first 16 hex digits of the SHA-256 of the normalised text."""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:16]


def sample(words: list[str], modulus: int) -> frozenset[int]:
    """Return the hashes of the word sequences that the modulus keeps (1 = all)."""
    hashes = (crc32(" ".join(words[i : i + _WIDTH]).encode()) for i in range(max(1, len(words) - _WIDTH + 1)))
    return frozenset(value for value in hashes if value % modulus == 0)


def match(text: str) -> list[tuple[str, float]]:
    """Return the AboutCode keys whose texts this is, most similar first, with the similarity (1.0 = the same).

    Empty where nothing comes close; a text with further clauses (a "modified MIT") is not the one it extends.
    """
    words = tokens(text)
    if len(words) < 10:  # noqa: PLR2004 - a mention, not a text
        return []
    index = _index()
    exact = digest(words)
    same = [key for key, (known, _, _) in index.items() if known == exact]
    if same:
        return [(key, 1.0) for key in same]
    samples: dict[int, frozenset[int]] = {}
    found = []
    for key, (_, modulus, kept) in index.items():
        mine = samples.get(modulus)
        if mine is None:
            mine = samples[modulus] = sample(words, modulus)
        if not kept or not mine or len(mine) > 3 * len(kept) or len(kept) > 3 * len(mine):
            continue
        similarity = 2 * len(mine & kept) / (len(mine) + len(kept))
        if similarity >= SIMILAR:
            found.append((key, round(min(similarity, 0.999), 3)))
    return sorted(found, key=lambda pair: (-pair[1], pair[0]))


def license_of_text(text: str) -> tuple[License, float] | None:
    """Return the licence that a text is, with the certainty of the match, or None.

    Titles are tried before similarity where they name a custom model licence: its versions differ by a word.
    """
    words = tokens(text)
    if len(words) < 10:  # noqa: PLR2004 - as in `match`
        return None
    flat = f" {' '.join(words)} "
    head = flat[:3000]
    matched = match(text)
    # Texts that differ in a name alone are as similar as two copies of one: their peculiar sentences go first.
    for candidates, certainty in ((_peculiar(flat), 0.95), (matched[:1] if _same(matched) else (), 1.0)):
        found = _first(candidates, certainty)
        if found is not None:
            return found
    return _first(_titled(head), 0.9) or _first(matched[:1], 1.0)


def _same(matched: list[tuple[str, float]]) -> bool:
    return bool(matched) and matched[0][1] >= 0.97  # noqa: PLR2004 - as good as the same


def _peculiar(flat: str) -> list[tuple[str, float]]:
    several = ((key, parts) for key, parts in _TITLES if len(parts) > 1)
    return [(key, 1.0) for key, parts in several if all(f" {part} " in flat for part in parts)]


def _titled(head: str) -> list[tuple[str, float]]:
    single = ((key, parts) for key, parts in _TITLES if len(parts) == 1)
    return [(key, 1.0) for key, parts in single if f" {parts[0]} " in head]


def _first(candidates: Sequence[tuple[str, float]], certainty: float) -> tuple[License, float] | None:
    for key, similarity in candidates:
        found = licenses.by_id(key) if key in licenses.rows() else licenses.by_id(f"scancode:{key}")
        if found is not None:
            return found, min(certainty, similarity)
    return None


@cache
def _index() -> dict[str, tuple[str, int, frozenset[int]]]:
    """Return by AboutCode key: (digest, modulus, kept hashes)."""
    document = json.loads((_DATA / "license_texts.json").read_bytes())
    index = {}
    for key, (known, modulus, packed) in document["texts"].items():
        values = array("I")
        values.frombytes(base64.b64decode(packed))
        if sys.byteorder == "big":
            values.byteswap()
        index[key] = (known, modulus, frozenset(values))
    return index

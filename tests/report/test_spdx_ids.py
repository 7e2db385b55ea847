"""The look-up of SPDX ids in CycloneDX's own list answers as the library does."""

from __future__ import annotations

from cyclonedx.spdx import fixup_id

from aicheck.report.bom_check import _spdx_ids, spdx_id


def test_as_the_library() -> None:
    ids = [*_spdx_ids().values()]
    assert len(ids) > 500
    for text in [*ids, *map(str.lower, ids), *map(str.upper, ids), "", "mit ", "no-such", "MIT OR Apache-2.0"]:
        assert spdx_id(text) == fixup_id(text)

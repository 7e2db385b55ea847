"""The builders build what they say, for every kind of target."""

import pytest

from aicheck.core.evidence import Known
from aicheck.core.target import Kind
from tests import builders as b


@pytest.mark.parametrize(
    ("build", "kind"),
    [
        (b.model, Kind.MODEL),
        (b.dataset, Kind.DATASET),
        (b.hosted, Kind.HOSTED_MODEL),
        (b.endpoint, Kind.ENDPOINT),
        (b.registry, Kind.REGISTRY_MODEL),
        (b.weights_file, Kind.WEIGHTS),
        (b.adapter, Kind.ADAPTER),
        (b.library, Kind.LIBRARY),
        (b.tool_server, Kind.TOOL_SERVER),
        (b.unresolvable, Kind.UNRESOLVABLE),
    ],
)
def test_every_kind(build, kind):
    part = build()
    assert part.kind is kind
    assert part.references[0].target == part.target
    assert b.inventory(part).references == part.references


def test_plain_values_become_known_facts():
    part = b.model("Qwen/Qwen3-8B", developer=b.org("Alibaba Cloud (Qwen)", "CN"))
    assert isinstance(part.developer, Known)
    assert part.developer.value.country == "CN"
    assert b.report(part).components == (part,)

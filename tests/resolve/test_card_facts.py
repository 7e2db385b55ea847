"""What the front matter of a card reports: metrics of its `model-index`, emissions; never more than it says."""

from __future__ import annotations

import pytest

from aicheck.resolve.records import from_hub


def card(**front_matter):
    record = from_hub(
        {"id": "acme/model", "cardData": front_matter}, "acme/model", seen=None, endpoint="https://hub"
    )
    assert record is not None
    return record


def test_results_are_read_each_once() -> None:
    metric = {"type": "accuracy", "name": "Accuracy", "value": 0.91}
    result = {
        "dataset": {"type": "glue", "name": "GLUE"},
        "metrics": [metric, metric, {"type": "f1", "value": "0.9"}],
    }
    record = card(**{"model-index": [{"name": "x", "results": [result]}]})
    assert record.metrics == (("Accuracy", "0.91", "GLUE"), ("f1", "0.9", "GLUE"))


@pytest.mark.parametrize(
    "index",
    [None, 1, "x", {}, [1], [{"results": 1}], [{"results": [1]}], [{"results": [{"metrics": [1, {}, {"type": "a"}]}]}],
     [{"results": [{"dataset": [], "metrics": [{"type": "a", "value": True}]}]}]],
)  # fmt: skip
def test_what_is_no_result_is_none(index: object) -> None:
    assert card(**{"model-index": index}).metrics == ()


def test_many_results_are_bounded() -> None:
    metrics = [{"type": f"m{number}", "value": number} for number in range(500)]
    record = card(**{"model-index": [{"results": [{"metrics": metrics}]}] * 500})
    assert len(record.metrics) == 50


@pytest.mark.parametrize(
    ("stated", "grams"),
    [(12.5, 12.5), (0, 0.0), ({"emissions": 7, "source": "CodeCarbon"}, 7.0), (True, None), ("12", None), (-1, None),
     ({"emissions": "x"}, None), (float("nan"), None), (float("inf"), None), (None, None)],
)  # fmt: skip
def test_emissions(stated: object, grams: float | None) -> None:
    assert card(co2_eq_emissions=stated).emissions == grams

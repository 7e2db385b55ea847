"""The tables of base models and of curated lineage: complete, unique, ordered, and able to tell look-alikes apart."""

from __future__ import annotations

import pytest

from aicheck.core.component import Relation
from aicheck.knowledge import families, lineage
from aicheck.knowledge.families import Shape


def test_enough_bases_with_shapes() -> None:
    shaped = [model for model in families.all_base_models() if model.shape]
    assert len(shaped) >= 150
    assert len({model.family for model in shaped}) >= 40
    assert all(model.source for model in families.all_base_models())


def test_rows_are_unique_and_sorted() -> None:
    ids = [model.id.lower() for model in families.all_base_models()]
    assert ids == sorted(set(ids))
    keys = [(edge.model.lower(), edge.parent.lower()) for edge in lineage.all_edges()]
    assert len(keys) == len(set(keys))
    assert keys == sorted(keys)


def test_curated_rows_are_well_formed() -> None:
    relations = {relation.value for relation in Relation} | {"teacher", "dataset"}
    for edge in lineage.all_edges():
        assert edge.relation in relations
        assert edge.model.lower() != edge.parent.lower()
        assert edge.model.count("/") == edge.parent.count("/") == 1
        assert edge.source


def test_curated_lineage_has_no_cycle() -> None:
    parents: dict[str, set[str]] = {}
    for edge in lineage.all_edges():
        if not edge.is_data:
            parents.setdefault(edge.model.lower(), set()).add(edge.parent.lower())

    def walk(model: str, path: tuple[str, ...]) -> None:
        assert model not in path, (*path, model)
        for parent in parents.get(model, ()):
            walk(parent, (*path, model))

    for model in parents:
        walk(model, ())


@pytest.mark.parametrize(
    ("shape", "family"),
    [
        (Shape("llama", 64000, 7168, 20480, 60, 56, 8), "Yi"),
        (Shape("llama", 32256, 7168, 19200, 62, 56, 8), "DeepSeek"),
        (Shape("llama", 102400, 4096, 11008, 30, 32, 32), "DeepSeek"),
        (Shape("llama", 128258, 4096, 14336, 32, 32, 8), "Llama"),
        (Shape("qwen2", 151665, 1536, 8960, 28, 12, 2), "Qwen"),
        (Shape("mistral", 32002, 4096, 14336, 32, 32, 8), "Mistral"),
        (Shape("deepseek_v3", 129280, 7168, 18432, 61, 128, 128), "DeepSeek"),
    ],
)
def test_shapes_tell_families_apart(shape: Shape, family: str) -> None:
    assert {model.family for model in families.by_shape(shape)} == {family}


def test_an_unknown_shape_is_nobodys() -> None:
    assert families.by_shape(Shape("llama", 64000, 7168, 20480, 61, 56, 8)) == ()


def test_sizes_count_the_output_head() -> None:
    model = families.base_model("qwen/qwen2.5-7b")
    assert model is not None
    assert families.sizes_of(model) == (7615616512, 7615616512 - 152064 * 3584)


def test_shape_of_a_multimodal_configuration_is_that_of_its_language_model() -> None:
    inner = {"model_type": "qwen2", "vocab_size": 152064, "hidden_size": 3584, "intermediate_size": 18944,
             "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4}  # fmt: skip
    outer = {"model_type": "llava_custom", "a": 1, "b": 2, "c": 3, "d": 4, "text_config": inner}
    found = families.shape_of(outer)
    assert found is not None
    assert families.by_shape(found)[0].family == "Qwen"


def test_hostile_configurations_have_no_shape() -> None:
    for value in (None, -1, True, "4096", [4096], {"a": 1}, 1 << 80, float("nan")):
        config = {"model_type": "llama", "hidden_size": value, "num_hidden_layers": value, "a": 1, "b": 2, "c": 3}
        assert families.shape_of(config) is None

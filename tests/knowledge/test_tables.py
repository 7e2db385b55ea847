"""Every table against its schema, its order and its uniqueness; and how fast the tables open."""

from __future__ import annotations

import json
import time

import jsonschema_rs
import pytest

from aicheck.knowledge import hosts, lists, origins, tables
from aicheck.resources import schemas_dir

TABLES = {"origins": 2, "houses": 1, "lists": 2, "hosts": 1, "providers": 1}
"""Table -> number of leading columns that identify a row."""


def rows(table):
    name = f"{table}.tsv"
    return [tables.cells(name, line) for line in tables.raw_lines(name)]


@pytest.mark.parametrize("table", TABLES)
def test_every_row_obeys_the_schema(table):
    schema = json.loads((schemas_dir() / f"knowledge-{table}.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(schema)
    for row in rows(table):
        for error in validator.iter_errors(row):
            pytest.fail(f"{table}: {row}: {error.message}")


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_unique_and_sorted(table):
    keys = [tuple(list(row.values())[: TABLES[table]]) for row in rows(table)]
    assert len(keys) == len(set(keys))
    if table == "origins":
        assert keys == sorted(keys, key=lambda key: (key[0].lower(), key[1].lower(), *key))
    else:
        assert keys == sorted(keys)


@pytest.mark.parametrize("table", [*TABLES, "regions", "legacy"])
def test_cells_are_clean(table):
    for row in rows(table):
        for cell in row.values():
            assert cell == cell.strip()
            assert "  " not in cell
            assert "\r" not in cell


def test_the_lists_are_those_of_the_loader():
    assert {entry.list for entry in lists.entries()} == set(lists.LISTS)


def test_regions_name_countries_and_the_union():
    for row in rows("regions"):
        assert hosts.region_country(row["cloud"], row["region"]) == row["country"]
        assert len(row["country"]) == 2
    assert hosts.region_country("aws", "mars-north-1") is None
    assert hosts.region_country("gcp", "eu") == "EU"


def test_first_answer_is_quick():
    def fresh():
        for module in (tables, origins, hosts, lists):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
        start = time.process_time()
        origins.organization("Qwen")
        middle = time.process_time()
        hosts.host("bedrock-runtime.eu-central-1.amazonaws.com")
        return middle - start, time.process_time() - middle

    best = [min(values) for values in zip(*(fresh() for _ in range(7)), strict=True)]
    # CPU seconds: a few milliseconds, whatever else the machine does.
    assert best[0] < 0.02
    assert best[1] < 0.02

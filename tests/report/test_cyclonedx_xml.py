from __future__ import annotations

from importlib.resources import files
from xml.etree import ElementTree as ET

import pytest
from cyclonedx.model.bom import Bom

from aicheck.report import render
from aicheck.report.cyclonedx import bom_dict
from tests.report.samples import COMMIT, hostile_report, sample_report

MODEL = f"pkg:huggingface/nvidia/OpenReasoning-Nemotron-7B@{COMMIT}"


def tree(version: str) -> tuple[ET.Element, dict[str, str]]:
    root = ET.fromstring(render(sample_report(), "cyclonedx-xml", spec_version=version))
    return root, {"b": f"http://cyclonedx.org/schema/bom/{version}"}


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_carries_what_the_json_carries(version: str) -> None:
    root, names = tree(version)
    document = bom_dict(sample_report(), version)
    assert root.get("serialNumber") == document["serialNumber"]
    refs = [one.get("bom-ref") for one in root.findall("b:components/b:component", names)]
    assert refs == [one["bom-ref"] for one in document["components"]]
    model = next(one for one in root.findall("b:components/b:component", names) if one.get("bom-ref") == MODEL)
    assert model.findtext("b:modelCard/b:modelParameters/b:task", namespaces=names) == "text-generation"
    assert [
        one.findtext("b:name", namespaces=names)
        for one in model.findall("b:pedigree/b:ancestors/b:component", names)
    ] == [
        "Qwen2.5-7B-Instruct",
        "Qwen2.5-7B",
    ]
    assert len(model.findall("b:evidence/b:occurrences/b:occurrence", names)) == 2
    assert len(root.findall("b:services/b:service", names)) == len(document["services"])
    assert root.find("b:compositions/b:composition/b:assemblies/b:assembly", names) is not None


def test_the_library_reads_it() -> None:
    root, _ = tree("1.6")
    for path in ("modelCard", "compositions", "annotations"):  # the library has none of these
        for parent in list(root.iter()):
            for child in list(parent):
                if child.tag.endswith(f"}}{path}"):
                    parent.remove(child)
    for service in root.iter("{http://cyclonedx.org/schema/bom/1.6}service"):
        for child in list(service):
            if child.tag.endswith("}data"):
                service.remove(child)
    for component in root.iter("{http://cyclonedx.org/schema/bom/1.6}component"):
        for child in list(component):
            if child.tag.endswith("}data"):
                component.remove(child)
    bom = Bom.from_xml(root)  # type: ignore[attr-defined]
    assert {str(one.bom_ref) for one in bom.components} == {
        one["bom-ref"] for one in bom_dict(sample_report())["components"]
    }


@pytest.mark.parametrize("version", ["1.6", "1.7"])
@pytest.mark.parametrize("payload", ["", "<script>&\x00", "A" * 5000])
def test_valid_by_the_official_schema(version: str, payload: str) -> None:
    from lxml import etree

    folder = files("cyclonedx.schema._res")

    class Local(etree.Resolver):  # type: ignore[name-defined,misc]
        def resolve(self, url, public_id, context):
            return self.resolve_string(folder.joinpath("spdx.SNAPSHOT.xsd").read_bytes(), context)

    parser = etree.XMLParser()
    parser.resolvers.add(Local())
    schema = etree.XMLSchema(etree.fromstring(folder.joinpath(f"bom-{version}.SNAPSHOT.xsd").read_bytes(), parser))
    report = hostile_report(payload) if payload else sample_report()
    schema.assertValid(etree.fromstring(render(report, "cyclonedx-xml", spec_version=version)))

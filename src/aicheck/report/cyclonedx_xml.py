"""The AI-BOM as CycloneDX 1.6 or 1.7 XML: the JSON document in the order and the names of the XML schema.

XML has no citations with JSON pointers; everything else that we write is carried.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from xml.etree import ElementTree as ET

from aicheck.core.report import Report
from aicheck.report import Options
from aicheck.report.safety import visible_lines

__all__ = ["render", "to_xml"]

Value = dict[str, Any]
_Write = Callable[[ET.Element, str, Any], None]


def _text(parent: ET.Element, name: str, value: Any) -> None:
    """One element with text; a list of plain values gives one element each."""
    for item in value if isinstance(value, list) else [value]:
        text = {True: "true", False: "false"}[item] if isinstance(item, bool) else str(item)
        ET.SubElement(parent, name).text = visible_lines(text)


def _listed(item: str, write: _Write) -> _Write:
    """A wrapper element around one element per item."""

    def listed(parent: ET.Element, name: str, value: Any) -> None:
        wrapper = ET.SubElement(parent, name)
        for one in value:
            write(wrapper, item, one)

    return listed


def _object(order: tuple[tuple[str, _Write], ...], attributes: tuple[str, ...] = ("bom-ref",)) -> _Write:
    """An element with some keys as attributes and the others as children in the schema's order."""

    def one(parent: ET.Element, name: str, value: Any) -> None:
        element = ET.SubElement(parent, name)
        for attribute in attributes:
            if attribute in value:
                element.set(attribute, visible_lines(str(value[attribute])))
        for key, write in order:
            if key in value:
                write(element, key, value[key])

    return one


def _many(write: _Write) -> _Write:
    """One element per item, without a wrapper."""

    def many(parent: ET.Element, name: str, value: Any) -> None:
        for one in value:
            write(parent, name, one)

    return many


def _valued(attribute: str, key: str) -> _Write:
    """An element whose text is `key` and whose attribute is `attribute`."""

    def valued(parent: ET.Element, name: str, value: Any) -> None:
        element = ET.SubElement(parent, name)
        element.set(attribute, visible_lines(str(value[attribute])))
        element.text = visible_lines(str(value.get(key, "")))

    return valued


def _ref(parent: ET.Element, name: str, value: Any) -> None:
    ET.SubElement(parent, name).set("ref", visible_lines(str(value)))


def _licenses(parent: ET.Element, name: str, value: Any) -> None:
    wrapper = ET.SubElement(parent, name)
    for choice in value:
        if "expression" in choice:
            element = ET.SubElement(wrapper, "expression")
            element.text = choice["expression"]
            inner = choice
        else:
            inner = choice["license"]
            element = ET.SubElement(wrapper, "license")
            for key in ("id", "name", "url"):
                if key in inner:
                    _text(element, key, inner[key])
        if "acknowledgement" in inner:
            element.set("acknowledgement", inner["acknowledgement"])


def _component(parent: ET.Element, name: str, value: Any) -> None:
    _object(_COMPONENT, ("type", "mime-type", "bom-ref"))(parent, name, value)


def _dependencies(parent: ET.Element, name: str, value: Any) -> None:
    wrapper = ET.SubElement(parent, name)
    for one in value:
        element = ET.SubElement(wrapper, "dependency")
        element.set("ref", visible_lines(one["ref"]))
        for ref in one.get("dependsOn", ()):
            _ref(element, "dependency", ref)


def _flow(parent: ET.Element, name: str, value: Any) -> None:
    element = ET.SubElement(parent, name)
    for key in ("name", "description"):
        if key in value:
            element.set(key, visible_lines(value[key]))
    classification = ET.SubElement(element, "classification")
    classification.set("flow", value["flow"])
    classification.text = visible_lines(value["classification"])
    for key in ("source", "destination"):
        if key in value:
            _listed("url", _text)(element, key, value[key])


def _datasets(parent: ET.Element, name: str, value: Any) -> None:
    wrapper = ET.SubElement(parent, name)
    for one in value:
        if "ref" in one:
            ET.SubElement(wrapper, "ref").text = visible_lines(one["ref"])
        else:
            _DATA(wrapper, "dataset", one)


def _annotator(parent: ET.Element, name: str, value: Any) -> None:
    _object((("component", _component),), ())(parent, name, value)


_HASHES: Final = _listed("hash", _valued("alg", "content"))
_PROPERTIES: Final = _listed("property", _valued("name", "value"))
_ADDRESS: Final = _object((("country", _text),))
_ORGANIZATION: Final = _object((("name", _text), ("address", _ADDRESS), ("url", _text)))
_REFERENCES: Final = _listed("reference", _object((("url", _text), ("comment", _text)), ("type",)))
_OWNERS: Final = _listed("owner", _object((("organization", _ORGANIZATION),), ()))
_DATA: Final = _object(
    (
        ("type", _text),
        ("name", _text),
        ("contents", _object((("url", _text), ("properties", _PROPERTIES)), ())),
        ("classification", _text),
        ("description", _text),
        ("governance", _object((("owners", _OWNERS),), ())),
    )
)
_SIDES: Final = (("format", _text),)
_MODEL_CARD: Final = _object(
    (
        (
            "modelParameters",
            _object(
                (
                    ("task", _text),
                    ("architectureFamily", _text),
                    ("modelArchitecture", _text),
                    ("datasets", _datasets),
                    ("inputs", _listed("input", _object(_SIDES, ()))),
                    ("outputs", _listed("output", _object(_SIDES, ()))),
                ),
                (),
            ),
        ),
        (
            "considerations",
            _object((("technicalLimitations", _listed("technicalLimitation", _text)),), ()),
        ),
        ("properties", _PROPERTIES),
    )
)
_METHOD: Final = _object((("technique", _text), ("confidence", _text), ("value", _text)), ())
_EVIDENCE: Final = _object(
    (
        (
            "identity",
            _many(
                _object(
                    (
                        ("field", _text),
                        ("confidence", _text),
                        ("concludedValue", _text),
                        ("methods", _listed("method", _METHOD)),
                    ),
                    (),
                )
            ),
        ),
        (
            "occurrences",
            _listed(
                "occurrence",
                _object(
                    (
                        ("location", _text),
                        ("line", _text),
                        ("offset", _text),
                        ("symbol", _text),
                        ("additionalContext", _text),
                    )
                ),
            ),
        ),
        ("licenses", _licenses),
    ),
    (),
)
_COMPONENT: Final[tuple[tuple[str, _Write], ...]] = (
    ("supplier", _ORGANIZATION),
    ("manufacturer", _ORGANIZATION),
    ("publisher", _text),
    ("group", _text),
    ("name", _text),
    ("version", _text),
    ("description", _text),
    ("scope", _text),
    ("hashes", _HASHES),
    ("licenses", _licenses),
    ("purl", _text),
    ("pedigree", _object((("ancestors", _listed("component", _component)), ("notes", _text)), ())),
    ("externalReferences", _REFERENCES),
    ("properties", _PROPERTIES),
    ("components", _listed("component", _component)),
    ("evidence", _EVIDENCE),
    ("modelCard", _MODEL_CARD),
    ("data", _many(_DATA)),
)
_SERVICE: Final = _object(
    (
        ("provider", _ORGANIZATION),
        ("group", _text),
        ("name", _text),
        ("version", _text),
        ("description", _text),
        ("endpoints", _listed("endpoint", _text)),
        ("authenticated", _text),
        ("x-trust-boundary", _text),
        ("data", _listed("dataflow", _flow)),
        ("licenses", _licenses),
        ("externalReferences", _REFERENCES),
        ("properties", _PROPERTIES),
    )
)
_TOOLS: Final = _object(
    (("components", _listed("component", _component)), ("services", _listed("service", _SERVICE))), ()
)
_BOM: Final[tuple[tuple[str, _Write], ...]] = (
    (
        "metadata",
        _object(
            (
                ("timestamp", _text),
                ("lifecycles", _listed("lifecycle", _object((("phase", _text),), ()))),
                ("tools", _TOOLS),
                ("component", _component),
                ("properties", _PROPERTIES),
            ),
            (),
        ),
    ),
    ("components", _listed("component", _component)),
    ("services", _listed("service", _SERVICE)),
    ("dependencies", _dependencies),
    (
        "compositions",
        _listed(
            "composition",
            _object(
                (
                    ("aggregate", _text),
                    ("assemblies", _listed("assembly", _ref)),
                    ("dependencies", _listed("dependency", _ref)),
                )
            ),
        ),
    ),
    (
        "annotations",
        _listed(
            "annotation",
            _object(
                (
                    ("subjects", _listed("subject", _ref)),
                    ("annotator", _annotator),
                    ("timestamp", _text),
                    ("text", _text),
                )
            ),
        ),
    ),
)


def to_xml(document: Value) -> bytes:
    """A document of ours as XML; keys that we never write are not carried."""
    root = ET.Element("bom")
    root.set("xmlns", f"http://cyclonedx.org/schema/bom/{document['specVersion']}")
    root.set("serialNumber", document["serialNumber"])
    root.set("version", str(document["version"]))
    for key, write in _BOM:
        if key in document:
            write(root, key, document[key])
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def render(report: Report, options: Options) -> bytes:
    """The BOM as XML; its JSON form is validated first."""
    import orjson

    from aicheck.report.cyclonedx import render as render_json

    document = orjson.loads(render_json(report, options))
    return to_xml(document)

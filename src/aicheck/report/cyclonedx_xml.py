"""The AI-BOM as CycloneDX 1.6 or 1.7 XML: the JSON document in the order and the names of the XML schema.

XML has no citations with JSON pointers; everything else that we write is carried. Text is put together directly:
a tree of elements costs five times the whole document.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aicheck.core.report import Report
from aicheck.report import Options
from aicheck.report.safety import visible_lines

__all__ = ["render", "to_xml"]

Value = dict[str, Any]
_Out = list[str]
"""Lines of the document, each with its own indentation and line break."""
_Write = Callable[[_Out, str, str, Any], None]
"""(lines, indentation, element name, value)."""


def _escaped(value: Any) -> str:
    """Character data; controls and hidden marks are visible, line breaks and tabs stay."""
    text = value if isinstance(value, str) else str(value).lower()  # numbers, and `true` and `false`
    if not text.isprintable():
        text = visible_lines(text)
    if "&" in text or "<" in text or ">" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def _quoted(value: Any) -> str:
    """An attribute's value."""
    text = _escaped(value)
    if '"' in text:
        text = text.replace('"', "&quot;")
    # Attributes are normalised by every parser: a line break has to be written as a reference.
    return text if text.isprintable() else text.replace("\n", "&#10;").replace("\t", "&#9;")


def _text(out: _Out, pad: str, name: str, value: Any) -> None:
    """One element with text; a list of plain values gives one element each."""
    for item in value if isinstance(value, list) else (value,):
        out.append(f"{pad}<{name}>{_escaped(item)}</{name}>\n")


def _listed(item: str, write: _Write) -> _Write:
    """A wrapper element around one element per item."""

    def listed(out: _Out, pad: str, name: str, value: Any) -> None:
        if not value:
            out.append(f"{pad}<{name}/>\n")
            return
        out.append(f"{pad}<{name}>\n")
        inner = pad + "  "
        for one in value:
            write(out, inner, item, one)
        out.append(f"{pad}</{name}>\n")

    return listed


def _object(order: tuple[tuple[str, _Write], ...], attributes: tuple[str, ...] = ("bom-ref",)) -> _Write:
    """An element with some keys as attributes and the others as children in the schema's order."""

    def one(out: _Out, pad: str, name: str, value: Any) -> None:
        start = f"{pad}<{name}"
        for attribute in attributes:
            if attribute in value:
                start += f' {attribute}="{_quoted(value[attribute])}"'
        out.append(start + ">\n")
        length = len(out)
        inner = pad + "  "
        for key, write in order:
            if key in value:
                write(out, inner, key, value[key])
        if len(out) == length:
            out[-1] = start + "/>\n"
        else:
            out.append(f"{pad}</{name}>\n")

    return one


def _many(write: _Write) -> _Write:
    """One element per item, without a wrapper."""

    def many(out: _Out, pad: str, name: str, value: Any) -> None:
        for one in value:
            write(out, pad, name, one)

    return many


def _valued(attribute: str, key: str) -> _Write:
    """An element whose text is `key` and whose attribute is `attribute`."""

    def valued(out: _Out, pad: str, name: str, value: Any) -> None:
        out.append(
            f'{pad}<{name} {attribute}="{_quoted(value[attribute])}">{_escaped(value.get(key, ""))}</{name}>\n'
        )

    return valued


def _ref(out: _Out, pad: str, name: str, value: Any) -> None:
    out.append(f'{pad}<{name} ref="{_quoted(value)}"/>\n')


def _licenses(out: _Out, pad: str, name: str, value: Any) -> None:
    out.append(f"{pad}<{name}>\n")
    for choice in value:
        inner = choice if "expression" in choice else choice["license"]
        said = f' acknowledgement="{_quoted(inner["acknowledgement"])}"' if "acknowledgement" in inner else ""
        if "expression" in choice:
            out.append(f"{pad}  <expression{said}>{_escaped(choice['expression'])}</expression>\n")
            continue
        out.append(f"{pad}  <license{said}>\n")
        for key in ("id", "name", "url"):
            if key in inner:
                _text(out, pad + "    ", key, inner[key])
        out.append(f"{pad}  </license>\n")
    out.append(f"{pad}</{name}>\n")


def _component(out: _Out, pad: str, name: str, value: Any) -> None:
    _COMPONENT(out, pad, name, value)


def _dependencies(out: _Out, pad: str, name: str, value: Any) -> None:
    out.append(f"{pad}<{name}>\n")
    for one in value:
        start = f'{pad}  <dependency ref="{_quoted(one["ref"])}"'
        if not one.get("dependsOn"):
            out.append(start + "/>\n")
            continue
        out.append(start + ">\n")
        for ref in one["dependsOn"]:
            _ref(out, pad + "    ", "dependency", ref)
        out.append(f"{pad}  </dependency>\n")
    out.append(f"{pad}</{name}>\n")


def _flow(out: _Out, pad: str, name: str, value: Any) -> None:
    said = "".join(f' {key}="{_quoted(value[key])}"' for key in ("name", "description") if key in value)
    out.append(f"{pad}<{name}{said}>\n")
    flow, classification = _quoted(value["flow"]), _escaped(value["classification"])
    out.append(f'{pad}  <classification flow="{flow}">{classification}</classification>\n')
    for key in ("source", "destination"):
        if key in value:
            _URLS(out, pad + "  ", key, value[key])
    out.append(f"{pad}</{name}>\n")


def _datasets(out: _Out, pad: str, name: str, value: Any) -> None:
    out.append(f"{pad}<{name}>\n")
    for one in value:
        if "ref" in one:
            _text(out, pad + "  ", "ref", one["ref"])
        else:
            _DATA(out, pad + "  ", "dataset", one)
    out.append(f"{pad}</{name}>\n")


def _annotator(out: _Out, pad: str, name: str, value: Any) -> None:
    _object((("component", _component),), ())(out, pad, name, value)


_URLS: Final = _listed("url", _text)
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
            "quantitativeAnalysis",
            _object(
                (
                    (
                        "performanceMetrics",
                        _listed(
                            "performanceMetric",
                            _object((("type", _text), ("value", _text), ("slice", _text)), ()),
                        ),
                    ),
                ),
                (),
            ),
        ),
        (
            "considerations",
            _object(
                (
                    ("technicalLimitations", _listed("technicalLimitation", _text)),
                    ("environmentalConsiderations", _object((("properties", _PROPERTIES),), ())),
                ),
                (),
            ),
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
_PARTS: Final[tuple[tuple[str, _Write], ...]] = (
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
_COMPONENT: Final = _object(_PARTS, ("type", "mime-type", "bom-ref"))
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
    named = f'serialNumber="{_quoted(document["serialNumber"])}" version="{document["version"]}"'
    out = [
        "<?xml version='1.0' encoding='utf-8'?>\n",
        f'<bom xmlns="http://cyclonedx.org/schema/bom/{_quoted(document["specVersion"])}" {named}>\n',
    ]
    for key, write in _BOM:
        if key in document:
            write(out, "  ", key, document[key])
    out.append("</bom>\n")
    return "".join(out).encode()


def render(report: Report, options: Options) -> bytes:
    """The BOM as XML; its JSON form is validated first."""
    from aicheck.report.cyclonedx import checked

    return to_xml(checked(report, options.spec_version)[0])

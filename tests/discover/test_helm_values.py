"""Values of a chart, followed into its templates."""

from __future__ import annotations

from pathlib import Path

from aicheck.core.evidence import Gap, GapReason
from aicheck.core.reference import Use
from aicheck.discover import discover

TEMPLATE = """apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: vllm
        image: vllm/vllm-openai:v0.10.0
        args:
          - "--model"
          - {{ .Values.engine.weights | quote }}
          - "--port"
          - {{ .Values.port | quote }}
        env:
        - name: OPENAI_MODEL
          value: {{ .Values.chat.upstream }}
        - name: HF_HOME
          value: {{ .Values.cache }}
      initContainers:
      - command: ["sh", "-c", "ollama pull {{ .Values.small }}"]
"""
VALUES = """engine:
  weights: acme-labs/some-finetune
chat:
  upstream: gpt-4o-mini
small: llama3.2:1b
port: 8000
cache: org/name
"""


def scan(root: Path, files: dict[str, str]) -> tuple[dict[str, tuple[str, int, str | None]], list[Gap]]:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    inventory = discover(root)
    found = {
        str(r.target): (r.occurrence.path, r.occurrence.line, r.attribute("via")) for r in inventory.references
    }
    return found, [gap for gap in inventory.gaps if gap.reason is GapReason.DYNAMIC]


def test_values_are_what_the_template_takes_them_for(tmp_path: Path) -> None:
    found, gaps = scan(tmp_path, {"chart/templates/d.yaml": TEMPLATE, "chart/values.yaml": VALUES})
    assert found == {
        "hf:acme-labs/some-finetune": ("chart/values.yaml", 2, "chart/templates/d.yaml:11"),
        "api:openai/gpt-4o-mini": ("chart/values.yaml", 4, "chart/templates/d.yaml:16"),
        "ollama:llama3.2:1b": ("chart/values.yaml", 5, "chart/templates/d.yaml:20"),
    }
    assert gaps == []
    uses = {r.occurrence.use for r in discover(tmp_path).references}
    assert uses == {Use.DEPLOY}


def test_a_part_of_a_chart_is_given_values_by_the_whole(tmp_path: Path) -> None:
    found, _ = scan(
        tmp_path,
        {
            "top/charts/llm/templates/d.yaml": TEMPLATE,
            "top/charts/llm/values.yaml": 'engine:\n  weights: ""\nchat: {}\n',
            "top/values.yaml": "llm:\n  engine:\n    weights: Qwen/Qwen3-8B\n",
        },
    )
    assert found["hf:Qwen/Qwen3-8B"] == ("top/values.yaml", 3, "top/charts/llm/templates/d.yaml:11")


def test_the_scheme_of_an_address_is_the_template_s(tmp_path: Path) -> None:
    template = "kind: Model\nspec:\n  url: hf://{{ .Values.repo }}\n"
    found, _ = scan(tmp_path, {"templates/m.yaml": template, "values.yaml": "repo: acme-labs/thing\n"})
    assert found == {"hf:acme-labs/thing": ("values.yaml", 1, "templates/m.yaml:3")}


def test_what_the_values_leave_open_is_said(tmp_path: Path) -> None:
    found, gaps = scan(tmp_path, {"chart/templates/d.yaml": TEMPLATE, "chart/values.yaml": "port: 1\n"})
    assert found == {}
    assert {gap.subject for gap in gaps} >= {"dynamic:.Values.engine.weights"}


def test_values_of_other_things_are_none(tmp_path: Path) -> None:
    template = "spec:\n  args: ['--host', '{{ .Values.host }}', '--served-model-name', '{{ .Values.alias }}']\n"
    found, gaps = scan(
        tmp_path, {"templates/d.yaml": template, "values.yaml": "host: acme/thing-7b\nalias: acme/other-7b\n"}
    )
    assert all(not via for _, _, via in found.values())
    assert gaps == []


def test_values_nested_too_deep_are_left(tmp_path: Path) -> None:
    deep = "\n".join("  " * depth + "a:" for depth in range(300))
    found, _ = scan(tmp_path, {"chart/templates/d.yaml": TEMPLATE, "chart/values.yaml": deep})
    assert found == {}


LOOPS = """{{- range .Values.models }}
spec:
  containers:
    - name: x
      args: ["vllm", "serve", "{{ .weights }}"]
      env:
        - name: OPENAI_MODEL
          value: {{ .upstream | quote }}
---
{{- end }}
{{- range $name, $server := .Values.servers }}
{{- with $ }}
spec:
  containers:
    - name: y
      args:
        - --model
        - {{ required "say which" $server.weights }}
        - --port
        - {{ .Values.port }}
---
{{- end }}
{{- end }}
{{- $draft := .Values.draft }}
{{- with .Values.embed }}
spec:
  containers:
    - args: ["vllm", "serve", "{{ .id }}", "--port", "{{ .port }}"]
    - args: ["vllm", "serve", "{{ $draft.weights }}"]
{{- end }}
"""
LOOPED = """models:
  - weights: acme-labs/first
    upstream: gpt-4o
  - weights: acme-labs/second
    note: acme-labs/never
servers:
  small:
    weights: acme-labs/third
embed:
  id: acme-labs/fourth
draft:
  weights: acme-labs/fifth
id: acme-labs/none
"""


def test_the_dot_of_range_and_with_is_followed(tmp_path: Path) -> None:
    found, gaps = scan(tmp_path, {"chart/templates/d.yaml": LOOPS, "chart/values.yaml": LOOPED})
    assert set(found) == {
        "hf:acme-labs/first",
        "hf:acme-labs/second",
        "hf:acme-labs/third",
        "hf:acme-labs/fourth",
        "hf:acme-labs/fifth",
        "api:openai/gpt-4o",
    }
    assert not gaps


def test_a_list_that_the_chart_leaves_empty_is_a_gap(tmp_path: Path) -> None:
    template = "{{- range .Values.models }}\nargs: [vllm, serve, '{{ .weights }}']\n{{- end }}\n"
    found, gaps = scan(tmp_path, {"c/templates/d.yaml": template, "c/values.yaml": "models: []\n"})
    assert not found
    assert [gap.subject for gap in gaps] == ["dynamic:.Values.models[].weights"]


def test_what_is_no_value_of_the_chart_is_left_alone(tmp_path: Path) -> None:
    template = (
        "{{- range .Files.list }}\nargs: [vllm, serve, '{{ .weights }}']\n{{- end }}\n{{ end }}\n"
        "{{ define \"x\" }}\nargs: [vllm, serve, '{{ .weights }}']\n{{ end }}\n# .Values.models\n"
    )
    found, _ = scan(tmp_path, {"c/templates/d.yaml": template, "c/values.yaml": "weights: acme-labs/x\n"})
    assert not found

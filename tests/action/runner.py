"""A runner that executes the steps of action.yml with real bash, as GitHub's does.

It evaluates the expressions that composite actions of this repository use (contexts `inputs`, `steps`,
`github`, `env`, `runner`; functions `always`, `success`, `failure`; `==`, `!=`, `&&`, `||`, `!`), gives every
step the environment files, and stops at the first failed step unless a condition says otherwise. What it does not know, it
refuses: a test must not pass because an expression was ignored.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
BASH = shutil.which("bash") or "bash"


@dataclass
class StepResult:
    name: str
    code: int | None
    """None = skipped."""
    output: str


@dataclass
class Result:
    steps: list[StepResult]
    outputs: dict[str, str]
    summary: str
    environment_file: str
    path_file: str

    @property
    def log(self) -> str:
        return "\n".join(f"## {step.name} ({step.code})\n{step.output}" for step in self.steps)

    @property
    def failed(self) -> bool:
        return any(step.code for step in self.steps)


@dataclass
class Runner:
    workspace: Path
    temp: Path
    event_name: str
    event_path: Path
    environment: dict[str, str | None] = field(default_factory=dict)
    """Added to GitHub's; None takes a variable away."""
    action: Path = ROOT
    in_process: bool = False
    """Do what the scripts do in this process: the same program and environment without the start of two Pythons."""
    _tokens = re.compile(r"\s*(?:('(?:[^']|'')*')|(==|!=|&&|\|\||!|\(|\))|([A-Za-z_][\w.-]*))")

    def run(self, inputs: dict[str, str]) -> Result:
        document = yaml.safe_load((self.action / "action.yml").read_text())
        assert document["runs"]["using"] == "composite"
        unknown = set(inputs) - set(document["inputs"])
        assert not unknown, f"inputs that action.yml does not declare: {unknown}"
        context: dict[str, Any] = {
            "inputs": {
                name: inputs.get(name, str(row.get("default", ""))) for name, row in document["inputs"].items()
            },
            "steps": {},
            "github": {
                "event_name": self.event_name,
                "workspace": str(self.workspace),
                "action_path": str(self.action),
            },
            "runner": {"temp": str(self.temp)},
            "env": {},
        }
        results: list[StepResult] = []
        files = {name: self.temp / f"_{name.lower()}" for name in ("ENV", "PATH", "STEP_SUMMARY")}
        for file in files.values():
            file.touch()
        failed = False
        for number, step in enumerate(document["runs"]["steps"]):
            condition = str(step.get("if", "success()")).strip()
            if not self._truth(self._expression(condition, context, failed=failed)):
                results.append(StepResult(step["name"], None, ""))
                continue
            assert "uses" not in step, "this repository's action runs no other action"
            assert step["shell"] == "bash"
            output_file = self.temp / f"_output_{number}"
            output_file.write_text("")
            script = self.temp / f"_step_{number}.sh"
            script.write_text(self._text(step["run"], context, failed=failed))
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": str(self.temp / "home"),
                "LANG": "C.UTF-8",
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(self.action),
                "GITHUB_WORKSPACE": str(self.workspace),
                "GITHUB_EVENT_NAME": self.event_name,
                "GITHUB_EVENT_PATH": str(self.event_path),
                "GITHUB_OUTPUT": str(output_file),
                **{f"GITHUB_{name}": str(file) for name, file in files.items()},
                "GITHUB_REPOSITORY": "acme/service",
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_RUN_ID": "1",
                "RUNNER_TEMP": str(self.temp),
                "RUNNER_OS": "Linux",
                **self.environment,
                **{
                    name: self._text(str(value), context, failed=failed)
                    for name, value in step.get("env", {}).items()
                },
            }
            environment = {name: value for name, value in environment.items() if value is not None}
            (self.temp / "home").mkdir(exist_ok=True)
            if self.in_process and number < 2:
                code, text = self._here(environment) if number == 1 else (0, "")
                results.append(StepResult(step["name"], code, text))
                failed = failed or code != 0
                if "id" in step:
                    context["steps"][step["id"]] = {"outputs": parse_file(output_file.read_bytes())}
                continue
            done = subprocess.run(
                [BASH, "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=self.workspace,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=300,
                check=False,
            )
            text = done.stdout.decode("utf-8", "replace")
            results.append(StepResult(step["name"], done.returncode, text))
            failed = failed or done.returncode != 0
            if "id" in step:
                context["steps"][step["id"]] = {"outputs": parse_file(output_file.read_bytes())}
        outputs = {
            name: self._text(row["value"], context, failed=failed) for name, row in document["outputs"].items()
        }
        return Result(
            results,
            outputs,
            files["STEP_SUMMARY"].read_text(),
            files["ENV"].read_text(),
            files["PATH"].read_text(),
        )

    def _here(self, environment: dict[str, str]) -> tuple[int, str]:
        """Do what scan.sh does."""
        from aicheck.ci.gate import run_gate

        said: list[str] = []
        saved = dict(os.environ)
        try:
            os.environ.clear()
            os.environ.update(environment)
            with contextlib.chdir(self.action):
                run_gate(environment, said.append)
        finally:
            os.environ.clear()
            os.environ.update(saved)
        return 0, "\n".join(said)

    def _text(self, text: str, context: dict[str, Any], *, failed: bool) -> str:
        def replace(match: re.Match[str]) -> str:
            return self._shown(self._expression(match[1], context, failed=failed))

        return re.sub(r"\$\{\{(.*?)\}\}", replace, text, flags=re.DOTALL)

    @staticmethod
    def _shown(value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    @staticmethod
    def _truth(value: Any) -> bool:
        return bool(value)

    def _expression(self, text: str, context: dict[str, Any], *, failed: bool) -> Any:
        text = text.strip()
        if text.startswith("${{") and text.endswith("}}"):
            text = text[3:-2].strip()
        tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text.rstrip()):
            match = self._tokens.match(text, position)
            assert match, f"expression not understood: {text!r}"
            kind = "string" if match[1] is not None else "operator" if match[2] else "name"
            tokens.append((kind, match[1] or match[2] or match[3]))
            position = match.end()
        functions = {"always": True, "success": not failed, "failure": failed, "cancelled": False}

        def parse_or() -> Any:
            value = parse_and()
            while tokens and tokens[0] == ("operator", "||"):
                tokens.pop(0)
                right = parse_and()
                value = value or right
            return value

        def parse_and() -> Any:
            value = parse_equal()
            while tokens and tokens[0] == ("operator", "&&"):
                tokens.pop(0)
                right = parse_equal()
                value = right if value else value
            return value

        def parse_equal() -> Any:
            value = parse_one()
            while tokens and tokens[0] in (("operator", "=="), ("operator", "!=")):
                operator = tokens.pop(0)[1]
                right = parse_one()
                same = self._shown(value).lower() == self._shown(right).lower()
                value = same if operator == "==" else not same
            return value

        def parse_one() -> Any:
            kind, token = tokens.pop(0)
            if kind == "string":
                return token[1:-1].replace("''", "'")
            if token == "!":
                return not parse_one()
            if token == "(":
                value = parse_or()
                assert tokens.pop(0)[1] == ")"
                return value
            assert kind == "name", f"unexpected {token!r} in {text!r}"
            if tokens[:1] == [("operator", "(")]:
                tokens.pop(0)
                assert tokens.pop(0)[1] == ")", f"only functions without arguments are known: {text!r}"
                return functions[token]
            value: Any = context
            for number, part in enumerate(token.split(".")):
                assert number or part in context, f"unknown context in {text!r}"
                value = value.get(part) if isinstance(value, dict) else None
            return value

        result = parse_or()
        assert not tokens, f"expression not understood: {text!r}"
        return result


def parse_file(data: bytes) -> dict[str, str]:
    """Read an output file as the runner does: NAME=VALUE lines and NAME<<DELIMITER blocks."""
    result: dict[str, str] = {}
    lines = data.decode("utf-8").split("\n")
    while lines:
        line = lines.pop(0).removesuffix("\r")
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, delimiter = line[:heredoc], line[heredoc + 2 :]
            assert name
            assert delimiter
            block: list[str] = []
            while True:
                assert lines, f"no end of {name}"
                part = lines.pop(0).removesuffix("\r")
                if part == delimiter:
                    break
                block.append(part)
            result[name] = "\n".join(block)
        else:
            assert equals > 0, f"not an output: {line!r}"
            result[line[:equals]] = line[equals + 1 :]
    return result

"""Hook of mkdocs: pages that are made from what the project itself uses, so that they cannot go stale.

Rule pages are `evaluate/rules/*.md` (their examples run as tests), packs are `policies/*.yaml`, and the security
and contributing pages are the files at the root. Links out of `docs/` become links to the repository, if the
file is there.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

import yaml
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
RULES = ROOT / "src/aicheck/evaluate/rules"
REPOSITORY = "https://github.com/aicheck-dev/aicheck/blob/main/"
_LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")
_FENCE = re.compile(r"(?ms)^(`{3,}).*?^\1[ ]*$")


def rule_pages() -> dict[str, str]:
    """Return the page of every rule and their index, by path in the site."""
    pages: dict[str, str] = {}
    rows: list[str] = []
    for file in sorted(RULES.glob("*.md")):
        text = file.read_text("utf-8")
        pages[f"rules/{file.name}"] = text
        summary = next(line for line in text.splitlines()[1:] if line.strip())
        rows.append(f"| [`{file.stem}`]({file.name}) | {summary} |")
    head = (
        "# Rules\n\nThe closed set of rules that policies are made of; [how to write one](../policies.md). "
        "`aicheck explain RULE` prints the same page.\n\n| rule | asks that |\n|---|---|\n"
    )
    pages["rules/index.md"] = head + "\n".join(rows) + "\n"
    return pages


def pack_page() -> str:
    """Return the page of the packs that ship, each with the comment at its head: its sources and their dates."""
    head = (
        "# Packs that ship\n\nUse one by its name (`--policy baseline`) or extend it ([policies](policies.md)). "
        "A pack is a reading of its sources at their dates, not legal advice.\n"
    )
    parts = [head]
    for file in sorted((ROOT / "policies").glob("*.yaml")):
        text = file.read_text("utf-8")
        comment: list[str] = []
        for line in text.splitlines():
            if line.startswith("# yaml-language-server"):
                continue
            if not line.startswith("#"):
                break
            comment.append(line.removeprefix("#").removeprefix(" "))
        document = yaml.safe_load(text)
        rules = ", ".join(
            f"[`{name}`](rules/{name.partition('/')[0]}.md)"
            for name in document.get("rules", {})
            if (RULES / f"{name.partition('/')[0]}.md").is_file()
        )
        parts.append(
            f"## {file.stem}\n\n```text\n" + "\n".join(comment).strip() + f"\n```\n\nRules: {rules or '-'}\n"
        )
    return "\n".join(parts)


def generated() -> dict[str, str]:
    """Return every page that is not written in `docs/`, by its path there."""
    return {
        **rule_pages(),
        "packs.md": pack_page(),
        "security.md": (ROOT / "SECURITY.md").read_text("utf-8"),
        "contributing.md": (ROOT / "CONTRIBUTING.md").read_text("utf-8"),
    }


_AT_ROOT = {"SECURITY.md": "security.md", "CONTRIBUTING.md": "contributing.md", "README.md": "index.md"}
"""Files of the repository that are pages of the site."""


def relink(markdown: str, page: str) -> str:
    """Turn links to files outside of `docs/` into links to their page, or to the repository."""
    origin = {path: name for name, path in _AT_ROOT.items()}.get(page)
    here = posixpath.dirname(origin if origin and page != "index.md" else f"docs/{page}")

    def replace(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(here, match[1]))
        anchor = match[2] or ""
        if target in _AT_ROOT:
            return posixpath.relpath(_AT_ROOT[target], posixpath.dirname(page) or ".") + (
                anchor if target != "README.md" else ""
            )
        if target.startswith("docs/"):
            return posixpath.relpath(target.removeprefix("docs/"), posixpath.dirname(page) or ".") + anchor
        if (ROOT / target).exists() and not target.startswith(".."):
            return REPOSITORY + target + anchor
        return match[0]  # mkdocs says that it is broken

    parts: list[str] = []
    position = 0
    for fence in _FENCE.finditer(markdown):
        parts += [_LINK.sub(replace, markdown[position : fence.start()]), fence[0]]
        position = fence.end()
    return "".join([*parts, _LINK.sub(replace, markdown[position:])])


def expand(entry: Any, pages: set[str]) -> Any:
    """Fill in the wildcards of the navigation and leave out pages that do not exist; None = nothing left."""
    if isinstance(entry, dict):
        full = {name: expand(value, pages) for name, value in entry.items()}
        return {name: value for name, value in full.items() if value} or None
    if isinstance(entry, list):
        found: list[Any] = []
        for item in entry:
            if isinstance(item, str) and item.endswith("/*"):
                own = sorted(page for page in pages if posixpath.dirname(page) == item[:-2])
                found += [page for page in own if page not in entry]
            else:
                value = expand(item, pages)
                found += [value] if value else []
        return found
    return entry if entry in pages else None


def on_config(config: Any) -> Any:
    """Complete the navigation."""
    written = {path.relative_to(config["docs_dir"]).as_posix() for path in Path(config["docs_dir"]).rglob("*.md")}
    config["nav"] = expand(config["nav"], written | set(generated()))
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages."""
    for path, text in generated().items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Mend the links of one page."""
    return relink(markdown, page.file.src_uri)

"""Repositories from a listing: a GitHub organisation, the projects of a Dependency-Track server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from aicheck.errors import AicheckError, ConfigError
from aicheck.fleet.repositories import Repository, parse
from aicheck.inventory.dependency_track import DependencyTrack
from aicheck.inventory.http import HttpError, request

__all__ = ["github_repositories", "server_repositories"]

_PAGES: Final = 1000
_PER_PAGE: Final = 100
_OWNER: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})")
_NOT_FOUND: Final = 404


def github_repositories(
    owner: str, token: str, *, api: str = "https://api.github.com", archived: bool = False, forks: bool = False
) -> Iterator[Repository]:
    """Yield the repositories of an organisation (or of a user), in GitHub's order. Raises `AicheckError`.

    `token` may be empty for public ones. Archived repositories and forks are left out unless asked for.
    """
    if _OWNER.fullmatch(owner) is None:
        raise ConfigError(f"'{owner}' is not a name of an organisation")
    headers = {
        "Accept": "application/vnd.github+json",
        "User-Agent": "aicheck",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    if token:
        headers["Authorization"] = f"Bearer {token}"
    kind = "orgs"
    page = 1
    while page <= _PAGES:
        query = f"per_page={_PER_PAGE}&page={page}&type=all&sort=full_name"
        url = f"{api.rstrip('/')}/{kind}/{quote(owner)}/repos?{query}"
        try:
            rows = request("GET", url, headers=headers).json()
        except HttpError as error:
            if error.status == _NOT_FOUND and kind == "orgs" and page == 1:
                kind = "users"  # the same listing under another roof
                continue
            raise
        if not isinstance(rows, list):
            raise AicheckError("GitHub's list of repositories is not a list")
        for row in rows:
            if not isinstance(row, dict) or not isinstance(row.get("clone_url"), str):
                continue
            if (row.get("archived") and not archived) or (row.get("fork") and not forks) or row.get("size") == 0:
                continue
            yield parse(row["clone_url"])
        if len(rows) < _PER_PAGE:
            return
        page += 1


def server_repositories(server: DependencyTrack) -> Iterator[Repository | tuple[str, str]]:
    """Yield the repository of every active project, or (project, why there is none). Raises `HttpError`."""
    for project in server.projects():
        name = f"{project.name}@{project.version}" if project.version else project.name
        if project.repository is None:
            yield name, "the project names no repository (external reference of type vcs)"
            continue
        try:
            found = parse(project.repository)
        except ConfigError as error:
            yield name, error.message
            continue
        # The listing is the server's: it may name hosts, but no path of this machine.
        if not found.remote or found.location.lower().startswith("file:"):
            yield name, "the project's repository is no URL of a host"
        else:
            yield replace(found, name=found.name)

"""The person's own settings for pip (indexes, folders of wheels, certificates, proxies), said to uv."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SECTIONS = ("global", "install", ":env:")
"""Whose word counts, the last most. pip has already put system, user and environment files in order."""


@dataclass(frozen=True)
class PipSettings:
    """Several values of one setting stand in one text, as pip writes them."""

    index: str = ""
    more_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    trusted_hosts: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    """Environment variables that uv and the libraries below it listen to."""

    @property
    def sources(self) -> list[str]:
        """uv's arguments for where packages come from."""
        found = ["--no-index"] if self.no_index else []
        if self.index:
            found += ["--default-index", self.index]
        for index in self.more_indexes:
            found += ["--index", index]
        if self.more_indexes:  # as pip does it: the best version of all indexes
            found += ["--index-strategy", "unsafe-best-match"]
        return found + self.folders + [word for host in self.trusted_hosts for word in ("--allow-insecure-host", host)]

    @property
    def folders(self) -> list[str]:
        return [word for place in self.find_links for word in ("--find-links", place)]


def read(python: Path) -> PipSettings:
    """What the pip of ``python`` is told by its files and the environment."""
    command = [str(python), "-I", "-m", "pip", "config", "list"]
    done = subprocess.run(command, capture_output=True, check=False)
    return parse(done.stdout.decode("utf-8", "replace"))


def parse(listing: str) -> PipSettings:
    """Of ``pip config list``: lines like ``global.index-url='…'``."""
    found: dict[str, str] = {}
    for section in _SECTIONS:
        found |= dict(_settings(listing, section))
    return PipSettings(
        index=found.get("index-url", ""),
        more_indexes=_words(found, "extra-index-url"),
        find_links=tuple(_place(one) for one in _words(found, "find-links")),
        no_index=found.get("no-index", "").lower() in ("1", "true", "yes", "on"),
        trusted_hosts=_words(found, "trusted-host"),
        constraints=tuple(_place(one) for one in _words(found, "constraint")),
        variables=tuple(_variables(found)),
    )


def _settings(listing: str, section: str) -> Iterator[tuple[str, str]]:
    for line in listing.splitlines():
        match = re.fullmatch(rf"{re.escape(section)}\.([\w-]+)=(.*)", line)
        if match:
            yield match[1], str(ast.literal_eval(match[2]))


def _words(found: dict[str, str], name: str) -> tuple[str, ...]:
    return tuple(found.get(name, "").split())


def _place(word: str) -> str:
    """A folder as it is seen from every current folder; addresses stay as they are."""
    return word if "://" in word else os.path.abspath(os.path.expanduser(word))  # noqa: PTH100, PTH111 - as pip does


def _variables(found: dict[str, str]) -> Iterator[tuple[str, str]]:
    if cert := found.get("cert"):
        yield "SSL_CERT_FILE", _place(cert)
    if client := found.get("client-cert"):
        yield "SSL_CLIENT_CERT", _place(client)
    if proxy := found.get("proxy"):
        yield from ((name, proxy) for name in ("HTTP_PROXY", "HTTPS_PROXY"))
    if timeout := found.get("timeout") or found.get("default-timeout"):
        yield "UV_HTTP_TIMEOUT", timeout
    if found.get("keyring-provider") in ("import", "subprocess"):
        yield "UV_KEYRING_PROVIDER", "subprocess"

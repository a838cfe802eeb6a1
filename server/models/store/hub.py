"""A model hub, reached through huggingface_hub: what a repository holds, and its files one by one. Torch-free.

That library knows the user's token and takes a broken connection up again. It forgets a download that was given up, and
checks sizes only: so the unfinished file is kept here, and the checksums are checked here.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import huggingface_hub
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.file_download import http_get
from tqdm import tqdm  # type: ignore[import-untyped]  # its types are a package of their own

from server.wire.errors import Code, OverpaintError

from .download import sha256

_SAFE_NAME = re.compile(r"(?!\.)[\w.+-]+(/(?!\.)[\w.+-]+)*")
_ASKED_TO_SIGN_IN = (401, 403)


@dataclass(frozen=True)
class RemoteFile:
    """sha256: of large files, as the hub publishes it; blob: git's name for the content of small ones."""

    name: str
    nbytes: int
    sha256: str
    blob: str


@dataclass(frozen=True)
class Listing:
    """A repository at one commit, ``revision``."""

    repository: str
    revision: str
    files: tuple[RemoteFile, ...]

    def file(self, name: str) -> RemoteFile | None:
        return next((file for file in self.files if file.name == name), None)


class Hub:
    """endpoint: address of the hub; None: huggingface_hub's own setting (``HF_ENDPOINT``)."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._endpoint = endpoint or huggingface_hub.constants.ENDPOINT

    def listing(self, repository: str, revision: str = "main") -> Listing:
        """Raises ``OverpaintError`` when it cannot be had."""
        with self._worded(repository):
            api = huggingface_hub.HfApi(endpoint=self._endpoint, library_name="overpaint")
            info = api.model_info(repository, revision=revision, files_metadata=True)
        return Listing(repository, str(info.sha), tuple(_file(sibling) for sibling in info.siblings or ()))

    def fetch(self, listing: Listing, file: RemoteFile, folder: Path, on_bytes: Callable[[int], None]) -> Path:
        """Downloads one file into ``folder`` and checks it; resumes what an earlier try left there.

        on_bytes: told how many bytes of this file are there. Raises unsafe-file when the content is not what the hub
        announced; it is deleted then.
        """
        path = folder / file.name
        if path.exists() and _is_sound(path, file):
            return path
        part = path.with_name(f"{path.name}.{(file.sha256 or file.blob)[:12]}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        with self._worded(listing.repository):
            self._resume(listing, file, part, on_bytes)
        if not _is_sound(part, file):
            part.unlink()
            raise OverpaintError(
                Code.UNSAFE_FILE,
                f"{file.name} arrived changed: its checksum is not the one the hub announced.",
                "It was deleted. Try again; if it happens again, do not use this source.",
            )
        return part.replace(path)

    def _resume(self, listing: Listing, file: RemoteFile, part: Path, on_bytes: Callable[[int], None]) -> None:
        """Appends to ``part`` what is missing of ``file``."""
        url = huggingface_hub.hf_hub_url(
            listing.repository, file.name, revision=listing.revision, endpoint=self._endpoint
        )
        with part.open("r+b" if part.exists() else "wb") as out:
            there = out.seek(0, io.SEEK_END)
            http_get(
                url,
                out,
                resume_size=there,
                headers=_headers(),
                expected_size=file.nbytes,
                displayed_filename=file.name,
                tqdm_class=_meter(on_bytes),
            )

    @contextmanager
    def _worded(self, repository: str) -> Iterator[None]:
        """Failures of the hub and of the way to it, as sentences."""
        page = f"{self._endpoint}/{repository}"
        try:
            yield
        except GatedRepoError as error:
            raise _locked(repository, page) from error
        except RevisionNotFoundError as error:
            raise OverpaintError(Code.MODEL_MISSING, f"“{repository}” has no such version.") from error
        except RepositoryNotFoundError as error:
            raise OverpaintError(
                Code.MODEL_MISSING,
                f"The hub has no model “{repository}”, or does not show it without signing in.",
                f"Look at {page}; if it is there for you, sign in with “hf auth login” and pull again.",
            ) from error
        except OfflineModeIsEnabled as error:
            raise OverpaintError(
                Code.UNREACHABLE, "The hub is switched off on this machine (HF_HUB_OFFLINE).", "Unset it to pull."
            ) from error
        except HfHubHTTPError as error:
            raise _refused(error, repository, page) from error
        except (httpx2.TransportError, LocalEntryNotFoundError, ConnectionError) as error:
            raise OverpaintError(
                Code.UNREACHABLE,
                f"The hub at {self._endpoint} cannot be reached.",
                "Check the network and pull again: what is there already is kept.",
            ) from error
        except OSError as error:
            if "onsistency check failed" not in str(error):  # how the library says that bytes are missing
                raise
            raise OverpaintError(
                Code.UNREACHABLE,
                f"The download of “{repository}” broke off.",
                "Pull again: it goes on where it stopped.",
            ) from error


def _headers() -> dict[str, str]:
    token = huggingface_hub.get_token()
    return {"user-agent": "overpaint"} | ({"authorization": f"Bearer {token}"} if token else {})


def _refused(error: HfHubHTTPError, repository: str, page: str) -> OverpaintError:
    status = error.response.status_code if error.response is not None else 0
    if status in _ASKED_TO_SIGN_IN:
        return _locked(repository, page)
    return OverpaintError(Code.UNREACHABLE, f"The hub answered with error {status}.", "Pull again later.")


def _locked(repository: str, page: str) -> OverpaintError:
    return OverpaintError(
        Code.REFUSED,
        f"The owners of “{repository}” want you to accept their licence first.",
        f"Accept it at {page}, sign in with “hf auth login” (or set HF_TOKEN), then pull again.",
    )


def _file(sibling: Any) -> RemoteFile:
    name = str(sibling.rfilename)
    if not _SAFE_NAME.fullmatch(name):
        return RemoteFile(".", 0, "", "")  # never asked for: no part of a model is named so
    return RemoteFile(name, int(sibling.size or 0), sibling.lfs.sha256 if sibling.lfs else "", sibling.blob_id or "")


def _is_sound(path: Path, file: RemoteFile) -> bool:
    if path.stat().st_size != file.nbytes:
        return False
    return sha256(path) == file.sha256 if file.sha256 else _git_blob(path) == file.blob


def _git_blob(path: Path) -> str:
    content = path.read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _meter(on_bytes: Callable[[int], None]) -> type[tqdm]:
    """The library reports progress to a class of progress bars: one that draws nothing."""

    class Meter(tqdm):  # type: ignore[misc]  # tqdm is untyped
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "file": io.StringIO(), "disable": False})
            on_bytes(int(self.n))

        def update(self, n: float | None = 1) -> bool | None:
            moved: bool | None = super().update(n)
            on_bytes(int(self.n))
            return moved

        def display(self, *_: Any, **__: Any) -> None:
            return

    return Meter

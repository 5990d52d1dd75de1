"""What the library keeps in plain files beside the catalog: uploads, feedback, allowed folders."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import portalocker

from rag.errors import LibraryBusyError, StoreError

MAX_FEEDBACK = 50_000_000  # bytes
_STAGING = ".incoming-"


class UploadFolder:
    """Uploads in a folder. Staged files lie in a hidden folder inside it, so keeping one is a rename."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = folder.with_name(f"{folder.name}.lock")

    @contextmanager
    def staging(self) -> Iterator[Path]:
        with ExitStack() as stack:
            try:
                stack.enter_context(portalocker.Lock(self._lock, mode="a", timeout=0))
                self._folder.mkdir(parents=True, exist_ok=True)
                for abandoned in self._folder.glob(f"{_STAGING}*"):  # by a process that was killed
                    shutil.rmtree(abandoned)
                folder = TemporaryDirectory(prefix=_STAGING, dir=self._folder)
            except portalocker.LockException:
                raise LibraryBusyError("another upload is in progress; try again later") from None
            except OSError as error:
                raise StoreError(f"{self._folder} cannot be written: {error.strerror}") from None
            yield Path(stack.enter_context(folder))

    def sizes(self) -> dict[str, int]:
        return {path.name: path.stat().st_size for path in self._folder.glob("[!.]*")}

    def uri(self, name: str) -> str:
        return (self._folder / name).as_uri()

    def owns(self, uri: str) -> bool:
        return uri.startswith(f"{self._folder.as_uri()}/")

    def keep(self, path: Path, name: str) -> None:
        path.replace(self._folder / name)

    def delete(self, uri: str) -> None:
        for path in self._folder.iterdir():
            if path.as_uri() == uri:
                path.unlink()


class FeedbackFile:
    """Readers' judgements as JSON Lines, up to `limit` bytes."""

    def __init__(self, path: Path, *, limit: int = MAX_FEEDBACK) -> None:
        self._path = path
        self._limit = limit

    def append(self, record: Mapping[str, Any]) -> None:
        line = json.dumps(record, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        try:
            with portalocker.Lock(self._path, mode="ab", timeout=5) as file:
                if file.tell() + len(line) > self._limit:
                    raise StoreError(f"{self._path} is full; move it away to start a new one")
                os.write(file.fileno(), line)
        except (OSError, portalocker.LockException) as error:
            reason = getattr(error, "strerror", None) or "it is locked by another process"
            raise StoreError(f"{self._path} cannot be written: {reason}") from None

    def records(self) -> list[dict[str, Any]]:
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        records = []
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
            except ValueError:
                record = None
            if not isinstance(record, dict):
                raise StoreError(f"line {number} of {self._path} is not feedback; remove the line")
            records.append(record)
        return records


class FolderList:
    """The folders from which remote clients may ingest files."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, folders: Sequence[Path]) -> None:
        listed = self.folders()
        new = [folder for folder in folders if folder not in listed]
        if new:
            part = self._path.with_suffix(".part")
            names = [str(folder) for folder in (*listed, *new)]
            part.write_text(json.dumps(names, indent=2), encoding="utf-8")
            part.replace(self._path)

    def folders(self) -> list[Path]:
        try:
            names = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return []
        return [Path(name) for name in names]

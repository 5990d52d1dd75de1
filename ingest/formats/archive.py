"""Untrusted zip archives, read within size limits."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from rag.errors import LoadError

LARGEST = 200_000_000  # bytes of everything in an archive, unpacked
LARGEST_READ = 50_000_000  # bytes of all that is read from it
MOST_FILES = 10_000
HIGHEST_RATIO = 100  # of unpacked to packed size, above _SMALL bytes
_SMALL = 10_000_000
_OLE = b"\xd0\xcf\x11\xe0"


class Archive:
    """A zip archive that unpacks only to a limited size. Nothing is written to disk.

    Raises LoadError when it cannot be read, or is made to swell.
    """

    def __init__(self, data: bytes) -> None:
        if data.startswith(_OLE):
            raise LoadError("it is protected by a password, or in the format of an old .doc")
        with _reasons():
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        files = self._archive.infolist()
        if len(files) > MOST_FILES:
            raise LoadError(f"it holds {len(files):,} files; {MOST_FILES:,} are the most")
        unpacked = sum(file.file_size for file in files)
        if unpacked > min(LARGEST, max(_SMALL, HIGHEST_RATIO * len(data))):
            raise LoadError(f"it is a zip bomb: {len(data):,} bytes that unpack to {unpacked:,}")
        self._left = LARGEST_READ
        self.names = frozenset(self._archive.namelist())

    def read(self, name: str) -> bytes:
        """Return the bytes of a file. Raises LoadError if it is missing, protected, broken or too large."""
        if name not in self.names:
            raise LoadError(f"{name} is missing in it")
        with _reasons(), self._archive.open(name) as file:
            content = file.read(self._left + 1)  # the size in the archive's directory may be wrong
        self._left -= len(content)
        if self._left < 0:
            raise LoadError(f"its text has more than {LARGEST_READ:,} bytes, which are the most")
        return content


@contextmanager
def _reasons() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise LoadError(f"it is no zip archive, or a broken one: {error}") from None
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or packed in a rare way
        raise LoadError(f"it cannot be unpacked: {error}") from None

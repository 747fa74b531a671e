"""Compiled objects kept between runs, in a cache that is never trusted.

An object's name holds the digest of everything that went into it and the checksum of the object
itself: a damaged one does not match its name and is built again. Objects appear under their name by
an atomic rename, so that runs side by side cannot see half of one.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

# What compiling needs at the very most: with less it is not begun.
ROOM = 16 << 20


def cache_directory() -> Path:
    """Where objects are kept between runs: under XDG_CACHE_HOME, or ~/.cache."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(root) if os.path.isabs(root) else Path.home() / ".cache"
    return base / "ksmcheck"


@frozen
class ObjectCache:
    """The objects in ``folder``, which need not exist yet."""

    folder: Path

    def find(self, digest: str, suffix: str) -> Path | None:
        """The object with this digest, if it is what its name says; damaged ones are removed."""
        try:
            for path in sorted(self.folder.glob(f"{digest}-*{suffix}")):
                if path.stem == f"{digest}-{_checksum(path)}":
                    return path
                path.unlink()
        except OSError:
            pass  # an unreadable cache is no cache
        return None

    def publish(self, built: Path, digest: str) -> Path:
        """Move an object in. OSError when that is not possible."""
        place = self.folder / f"{digest}-{_checksum(built)}{built.suffix}"
        os.replace(built, place)
        return place

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """A folder from which objects can be published. OSError when there can be none."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.folder).free < ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="build-") as folder:
            yield Path(folder)


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]

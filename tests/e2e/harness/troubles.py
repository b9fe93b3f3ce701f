"""Troubles of one gateway that no configuration makes: a wall clock that is off, a disk that stalls or fails under the journal.

A small library is loaded into the gateway before the system's; what it does stands in a file that both map. The product knows
nothing of it.
"""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_name("troubles.c")
FIELD_BYTES = 8
FIELDS = ("clock_off_ms", "writes_stall", "syncs_fail", "writes_stalled", "syncs_failed")


class Troubles:
    """What one gateway suffers from."""

    def __init__(self, home: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler")
        home.mkdir(parents=True, exist_ok=True)
        library, path = home / "troubles.so", home / "troubles"
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
        path.write_bytes(bytes(FIELD_BYTES * len(FIELDS)))
        with path.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), 0)
        self.environment = {"LD_PRELOAD": str(library), "TROUBLES_FILE": str(path)}

    def set_clock_off(self, seconds: float) -> None:
        """From now on its wall clock is so far ahead; behind where that is negative."""
        self._set("clock_off_ms", round(seconds * 1000))

    def stall_writes(self, is_on: bool = True) -> None:
        """Whether whatever is written to the journal waits."""
        self._set("writes_stall", int(is_on))

    def fail_syncs(self) -> None:
        """From now on the disk says that the journal could not be brought to it."""
        self._set("syncs_fail", 1)

    @property
    def has_stalled(self) -> bool:
        return self._get("writes_stalled") > 0

    @property
    def has_failed(self) -> bool:
        return self._get("syncs_failed") > 0

    def _set(self, field: str, value: int) -> None:
        struct.pack_into("<q", self._map, FIELD_BYTES * FIELDS.index(field), value)

    def _get(self, field: str) -> int:
        return int(struct.unpack_from("<q", self._map, FIELD_BYTES * FIELDS.index(field))[0])

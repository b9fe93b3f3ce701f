"""Commands of the binary on a test's own data directory."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .process import PATIENCE_S, clean_environment, run


@dataclass(frozen=True)
class Commands:
    """Runs `bellwether …` as an operator would beside a gateway that keeps its things under `home`."""

    binary: Path
    home: Path

    def run(
        self,
        *words: str | Path,
        environment: Mapping[str, str] | None = None,
        patience_s: float = PATIENCE_S,
        said: str = "",
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command, with `said` on its standard input, and returns what it answered, well or not."""
        command = [self.binary, "--data-dir", self.home / "data", *words]
        return run(command, self.home, clean_environment(self.home, environment or {}), patience_s, said=said)

    def text(self, *words: str | Path, environment: Mapping[str, str] | None = None) -> str:
        """What a command that succeeds prints."""
        done = self.run(*words, environment=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, *words: str | Path, environment: Mapping[str, str] | None = None) -> Any:
        """The same of a command that is asked for JSON."""
        return json.loads(self.text(*words, "--json", environment=environment))

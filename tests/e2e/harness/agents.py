"""Coding agents as published on npm, unmodified, each in an empty home with a made-up key.

Installed by `scripts/setup agents`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from .gateway import Gateway
from .process import clean_environment

FOLDER = Path(__file__).resolve().parents[1] / "agents"
PROGRAMS = FOLDER / "node_modules" / ".bin"
PATIENCE_S = 90.0


class Agent:
    """One agent: its home, and the folder it works in."""

    def __init__(self, folder: Path, gateway: Gateway) -> None:
        self.home = folder / "agent"
        self.work = folder / "work"
        self.home.mkdir()
        self.work.mkdir()
        self.gateway = gateway

    def run(self, arguments: Sequence[str], variables: dict[str, str]) -> str:
        """Runs a program of `PROGRAMS` in its folder, and gives what it printed. It must end well."""
        program, *rest = arguments
        assert (PROGRAMS / program).exists(), f"{program} is missing: run scripts/setup agents"
        done = subprocess.run(
            [PROGRAMS / program, *rest],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            env=clean_environment(self.home, variables),
            cwd=self.work,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, f"{program} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout


class Codex(Agent):
    """OpenAI's Codex CLI, set up as docs/how-to/coding-agents.md says."""

    def do(self, task: str, model: str, *options: str) -> str:
        """Lets it do a task by itself. Its sandbox needs rights that a container may not have, so it is off."""
        settings = self.home / ".codex"
        settings.mkdir(exist_ok=True)
        (settings / "config.toml").write_text(
            f'model = "{model}"\n'
            'model_provider = "bellwether"\n\n'
            "[model_providers.bellwether]\n"
            'name = "Bellwether"\n'
            f'base_url = "{self.gateway.url}/v1"\n'
            'env_key = "BELLWETHER_KEY"\n'
            'wire_api = "responses"\n'
        )
        command = ["codex", "exec", "--skip-git-repo-check", "--sandbox", "danger-full-access", *options, task]
        return self.run(command, {"BELLWETHER_KEY": self.gateway.key})


class ClaudeCode(Agent):
    """Anthropic's Claude Code, set up as docs/how-to/coding-agents.md says."""

    def do(self, task: str, model: str, *options: str) -> str:
        """Lets it do a task by itself: it may edit files and run `cat`."""
        variables = {
            "ANTHROPIC_BASE_URL": self.gateway.url,
            "ANTHROPIC_AUTH_TOKEN": self.gateway.key,
            "ANTHROPIC_MODEL": model,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        }
        permissions = ["--permission-mode", "acceptEdits", "--allowedTools", "Bash(cat:*)"]
        return self.run(["claude", "-p", task, *options, *permissions], variables)

"""Proves that each piece of code in docs/how-to/sdks.md runs as it stands, here over a provider that speaks Messages.

Python runs in this process: several of the packages take seconds to import, and the tests beside need them, too.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from conftest import ROOT, StartGateway
from harness.config import configuration
from harness.gateway import CALLER_KEY
from harness.node import FOLDER
from harness.process import clean_environment, run
from harness.simulator import Simulator

# The first test of a package waits for its import: seconds, on a busy machine many.
pytestmark = pytest.mark.timeout(90)

PAGE = (ROOT / "docs/how-to/sdks.md").read_text()
WRITTEN = "http://127.0.0.1:4000"


def pieces(language: str) -> list[str]:
    """The blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def url(start: StartGateway, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> str:
    """A gateway whose only provider speaks Messages. The simulator quotes what it was asked."""
    monkeypatch.setenv("BELLWETHER_KEY", CALLER_KEY)
    only = {"base_url": simulator.node.base_url, "credentials": [simulator.key], "dialects": ["messages"]}
    return start(config=configuration({"only": only})).url


def imported(code: str) -> str:
    """The first package it needs: tests beside that need the same run in the same process."""
    return re.findall(r"^(?:from|import) (langchain|litellm|anthropic|openai)", code, re.MULTILINE)[0]


@pytest.mark.parametrize(
    "code", [pytest.param(code, marks=pytest.mark.xdist_group(imported(code))) for code in pieces("python")]
)
def test_python(code: str, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    exec(code.replace(WRITTEN, url), {})
    assert "Hello!" in capsys.readouterr().out


@pytest.mark.parametrize("code", pieces("js"))
def test_node(code: str, url: str, tmp_path: Path) -> None:
    command = ["node", "--input-type=module", "-e", code.replace(WRITTEN, url)]
    done = run(command, FOLDER, clean_environment(tmp_path, {"BELLWETHER_KEY": CALLER_KEY}))
    assert done.returncode == 0, done.stderr
    assert "Hello!" in done.stdout


@pytest.mark.xdist_group("llm")
def test_the_command_of_llm(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner
    from llm.cli import cli

    monkeypatch.setenv("LLM_USER_PATH", str(tmp_path))
    (settings,) = pieces("yaml")
    (command,) = pieces("sh")
    (tmp_path / "extra-openai-models.yaml").write_text(settings.replace(WRITTEN, url))
    saved = CliRunner().invoke(cli, ["keys", "set", "bellwether", "--value", CALLER_KEY])
    assert saved.exit_code == 0, saved.output
    said = CliRunner().invoke(cli, shlex.split(command)[1:])
    assert said.exit_code == 0, said.output
    assert "Hello!" in said.output

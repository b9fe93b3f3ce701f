"""Proves that each piece of code in docs/how-to/sdks.md runs as it stands, here over a provider that speaks Messages."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from conftest import ROOT, StartGateway
from harness.config import configuration
from harness.node import FOLDER
from harness.process import clean_environment, run
from harness.simulator import Simulator

PAGE = (ROOT / "docs/how-to/sdks.md").read_text()
PIECES = re.findall(r"^## (.+?)\n.*?^```(python|js)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
YAML = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SHELL = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
WRITTEN = "http://127.0.0.1:4000"


@pytest.fixture
def url(start: StartGateway, simulator: Simulator) -> str:
    only = {"base_url": simulator.node.base_url, "credentials": [simulator.key], "dialects": ["messages"]}
    return start(config=configuration({"only": only}), key="bw-how-to-key-0123456789").url


def variables(home: Path) -> dict[str, str]:
    usual = {"BELLWETHER_KEY": "bw-how-to-key-0123456789", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return clean_environment(home, usual)


@pytest.mark.parametrize(("language", "code"), [piece[1:] for piece in PIECES], ids=[piece[0] for piece in PIECES])
def test_a_piece_of_code(language: str, code: str, url: str, tmp_path: Path) -> None:
    assert WRITTEN in code
    code = code.replace(WRITTEN, url)
    command = {"python": [sys.executable, "-c", code], "js": ["node", "--input-type=module", "-e", code]}[language]
    done = run(command, FOLDER, variables(tmp_path))
    assert done.returncode == 0, done.stderr
    # The simulator quotes what it was asked.
    assert "Hello!" in done.stdout


def test_the_command_of_llm(url: str, tmp_path: Path) -> None:
    (settings,) = YAML
    (command,) = SHELL
    (tmp_path / "extra-openai-models.yaml").write_text(settings.replace(WRITTEN, url))
    known = variables(tmp_path)
    known |= {"LLM_USER_PATH": str(tmp_path), "PATH": f"{Path(sys.executable).parent}:{known['PATH']}"}
    (tmp_path / "keys.json").write_text(f'{{"bellwether": "{known["BELLWETHER_KEY"]}"}}')
    done = run(["sh", "-c", command], tmp_path, known)
    assert done.returncode == 0, done.stderr
    assert "Hello!" in done.stdout

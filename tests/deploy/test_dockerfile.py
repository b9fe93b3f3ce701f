"""Proves that the Dockerfile keeps the rules of our images, and that the rules would notice if it did not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import dockerfile

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "Dockerfile").read_text()
IGNORED = (ROOT / ".dockerignore").read_text()


def test_it_keeps_every_rule() -> None:
    assert dockerfile.flaws(TEXT, IGNORED) == []


@pytest.mark.parametrize(
    ("before", "after", "flaw"),
    [
        ("rust:1.95-slim-bookworm", "rust", "names no version"),
        ("cc-debian12:nonroot", "cc-debian12:latest", "names no version"),
        ("cc-debian12:nonroot", "cc-debian13:nonroot", "another Debian"),
        ("USER 65532:65532\n", "", "the last USER"),
        ("USER 65532:65532", "USER 0:0", "the last USER"),
        ("USER 65532:65532", "USER nonroot", "the last USER"),
        ('ENTRYPOINT ["/usr/local/bin/bellwether"]', "ENTRYPOINT /usr/local/bin/bellwether", "needs a shell"),
        ('CMD ["/usr/local/bin/bellwether", "health"]', "CMD bellwether health", "HEALTHCHECK"),
        ("HEALTHCHECK", "# HEALTHCHECK", "HEALTHCHECK"),
        ("STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL", "STOPSIGNAL"),
        ("VOLUME /data", "VOLUME /var/data", "no VOLUME"),
        ("EXPOSE 4000", "EXPOSE 80", "EXPOSE"),
        ("COPY . .", "ADD . .", "use COPY"),
        ("COPY . .", "ARG REGISTRY_TOKEN\nCOPY . .", "a secret may not"),
        ("ENV BELLWETHER", "ENV OPENAI_API_KEY=x BELLWETHER", "a secret may not"),
        ("RUN scripts", "RUN curl -s example.com/i.sh | sh\nRUN scripts", "nobody checked"),
        ("VOLUME /data", "RUN chmod 700 /data\nVOLUME /data", "runs commands"),
    ],
)
def test_a_broken_rule_is_noticed(before: str, after: str, flaw: str) -> None:
    assert before in TEXT
    found = dockerfile.flaws(TEXT.replace(before, after), IGNORED)
    assert [text for text in found if flaw in text], found


def test_what_the_engine_is_sent_is_named_and_not_what_lies_about() -> None:
    for wanted in ("Cargo.lock", "crates/app/cli/src/main.rs", "tools/simulator/Cargo.toml", "scripts/build-release"):
        assert dockerfile.passes(wanted, IGNORED), wanted
    for other in (
        "secrets/openai_api_key",
        "bellwether.env",
        "bellwether.yaml",
        ".git/config",
        "target/quick/bellwether",
        "tests/e2e/conftest.py",
        "scripts/setup",
        "crates/app/cli/dev.env",
        "tools/key.pem",
        "crates/target/debug/x",
    ):
        assert not dockerfile.passes(other, IGNORED), other
    assert dockerfile.flaws(TEXT, None) == [".dockerignore is missing"]
    assert len(dockerfile.flaws(TEXT, "target\n")) == 1


def test_the_build_stage_does_only_what_the_check_does_too() -> None:
    build = dockerfile.parse(TEXT)[0]
    tool = "llvm-22"
    installing = f"apt-get install -y -qq --no-install-recommends {tool} && rm -rf /var/lib/apt/lists/*"
    assert tool in (ROOT / "scripts/setup").read_text()
    assert [(each.word, each.rest) for each in build.instructions] == [
        ("ARG", "GUIDED=yes"),
        ("RUN", f"apt-get update -qq && {installing}"),
        ("WORKDIR", "/src"),
        ("COPY", ". ."),
        ("RUN", "scripts/build-release /out"),
    ]


def test_the_compiler_is_new_enough() -> None:
    wanted = next(line for line in (ROOT / "Cargo.toml").read_text().splitlines() if line.startswith("rust-version"))
    version = wanted.split('"')[1]
    assert f"rust:{version}-" in dockerfile.parse(TEXT)[0].base


def test_the_context_is_a_whole_workspace(tmp_path: Path) -> None:
    dockerfile.copy_context(ROOT, tmp_path)
    subprocess.run(
        ["cargo", "metadata", "--locked", "--offline", "--no-deps", "--format-version=1"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        check=True,
    )

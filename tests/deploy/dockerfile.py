"""Reads a Dockerfile as far as ours goes, and holds it against the rules that an image of ours keeps.

It is no Dockerfile parser for the world: no here-documents, no escapes but the backslash at a line's end.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

SECRET_NAME = re.compile(r"key|token|secret|password|credential", re.IGNORECASE)
#: What the image's own files say of it, and what the base names of the same Debian are.
DEBIAN_RELEASES = {"bookworm": "debian12", "trixie": "debian13"}

#: Large, and named by no line that lets anything pass: not worth walking through.
NEVER_SENT = {".git", ".venv", "node_modules", "target"}


@dataclass(frozen=True)
class Instruction:
    """One instruction: its word, its flags (`--from=build`), and the rest."""

    word: str
    flags: dict[str, str]
    rest: str

    @property
    def words(self) -> list[str]:
        """The rest as a list: of the exec form, else of what blanks separate."""
        return json.loads(self.rest) if self.is_exec_form else self.rest.split()

    @property
    def is_exec_form(self) -> bool:
        return self.rest.startswith("[")


@dataclass
class Stage:
    """What stands between one FROM and the next."""

    base: str
    name: str
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, word: str) -> list[Instruction]:
        return [instruction for instruction in self.instructions if instruction.word == word]

    def last(self, word: str) -> Instruction | None:
        found = self.all(word)
        return found[-1] if found else None

    @property
    def environment(self) -> dict[str, str]:
        pairs = (word.partition("=") for instruction in self.all("ENV") for word in instruction.words)
        return {name: value for name, _, value in pairs}

    @property
    def health_command(self) -> list[str]:
        check = self.last("HEALTHCHECK")
        return json.loads(check.rest.removeprefix("CMD")) if check and check.rest.startswith("CMD [") else []


def parse(text: str) -> list[Stage]:
    """The stages in their order."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    stages: list[Stage] = []
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        word, _, rest = line.strip().partition(" ")
        flags: dict[str, str] = {}
        while found := re.match(r"--([a-z-]+)=(\S+)\s+", rest):
            flags[found[1]] = found[2]
            rest = rest[found.end() :]
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(base, name))
        else:
            stages[-1].instructions.append(Instruction(word, flags, rest.strip()))
    return stages


def flaws(text: str, ignored: str | None) -> list[str]:
    """What is wrong with it; `ignored` is the text of .dockerignore."""
    stages = parse(text)
    final = stages[-1]
    found = [flaw for stage in stages for flaw in flaws_of_stage(stage)]
    for word in ("ENTRYPOINT", "CMD"):
        found += [f"{word} needs a shell, and there is none" for each in final.all(word) if not each.is_exec_form]
    if final.all("RUN"):
        found.append("the final stage runs commands: it has no shell")
    if not final.health_command:
        found.append("HEALTHCHECK is missing or needs a shell")
    user = final.last("USER")
    if not user or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", user.rest):
        found.append("the last USER must be a number, and not root's")
    if not (volume := final.last("VOLUME")) or volume.rest != final.environment.get("BELLWETHER_DATA_DIR"):
        found.append("the data directory is no VOLUME")
    port = final.environment.get("BELLWETHER_LISTEN_DEFAULT", "").removeprefix("0.0.0.0:")
    if not (exposed := final.last("EXPOSE")) or exposed.rest != port:
        found.append("EXPOSE is not the port that is listened on at 0.0.0.0")
    if not (signal := final.last("STOPSIGNAL")) or signal.rest != "SIGTERM":
        found.append("STOPSIGNAL must be SIGTERM: it lets calls end")
    for release, distroless in DEBIAN_RELEASES.items():
        if (release in stages[0].base) != (distroless in final.base):
            found.append("the binary is linked on another Debian than it runs on")
    if ignored is None:
        found.append(".dockerignore is missing")
    elif next(line for line in ignored.splitlines() if line and line[0] != "#") != "*":
        found.append(".dockerignore must begin with everything, and then say what may pass")
    return found


def flaws_of_stage(stage: Stage) -> list[str]:
    """What is wrong with any stage, the final one or not."""
    found = []
    name, _, tag = stage.base.partition("@")[0].partition(":")
    if not tag or tag == "latest" or name == "scratch":
        found.append(f"{stage.base} names no version")
    for instruction in stage.instructions:
        if instruction.word == "ADD":
            found.append("ADD fetches and unpacks unasked: use COPY")
        if instruction.word in ("ENV", "ARG") and SECRET_NAME.search(instruction.rest):
            found.append(f"{instruction.word} {instruction.rest} stays in the image: a secret may not")
        if instruction.word == "RUN" and re.search(r"\b(curl|wget|sudo)\b|https?://", instruction.rest):
            found.append(f"RUN {instruction.rest} fetches what nobody checked")
    return found


def passes(path: str, ignored: str) -> bool:
    """Whether .dockerignore lets a file through: the last line that matches it, or a directory above it, decides."""
    is_kept = True
    for line in ignored.splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        keeps = pattern.startswith("!")
        if re.fullmatch(as_expression(pattern.removeprefix("!").strip("/")) + "(/.*)?", path):
            is_kept = keeps
    return is_kept


def as_expression(pattern: str) -> str:
    expression = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*\*", ".*")
    return expression.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")


def copy_context(root: Path, target: Path) -> None:
    """Copies what an engine would be sent."""
    ignored = (root / ".dockerignore").read_text()
    for directory, inner, names in os.walk(root):
        place = Path(directory).relative_to(root)
        if place == Path():
            inner[:] = [name for name in inner if name not in NEVER_SENT]
        for name in names:
            if passes(str(place / name), ignored):
                (target / place).mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / place / name, target / place / name)

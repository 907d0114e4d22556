"""Everything a simulator answered, to be compared with what another one answered to the same requests."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx2

ROOT = Path(__file__).parents[2]

_SECRETS = re.compile(
    rb'"(access_token|refresh_token|id_token|x5t|kid|n)":\s*"[^"]*"'
    rb'|Token expired: [\w.\-]+|code=[\w.\-]+|csrf" value="\w+"'
)
"""Values of tokens, codes and signatures, which may differ from run to run."""


class Transcript:
    """Hook it into a client: every answer is written down with its status, headers and body."""

    def __init__(self, *, masks: bool = True) -> None:
        self.answers: list[str] = []
        self.masks = masks

    async def hear(self, answer: httpx2.Response) -> None:
        await answer.aread()
        headers = sorted(
            f"{name}: {value}" for name, value in answer.headers.items() if name not in ("date", "set-cookie")
        )
        whole = "\n".join(
            [f"{answer.request.method} {answer.request.url.path} {answer.status_code}", *headers]
        ).encode()
        whole += b"\n\n" + answer.content
        self.answers.append((_SECRETS.sub(b"(secret)", whole) if self.masks else whole).decode(errors="replace"))


def digest_of(answers: Sequence[str]) -> str:
    """The answers in one short text."""
    return hashlib.sha256("\n".join(answers).encode()).hexdigest()


def digest_elsewhere(module: str) -> str:
    """What `whole_run` of a module comes to in a process of its own, in which sets are in another order."""
    program = f"import asyncio, {module} as m; print(m.digest_of(asyncio.run(m.whole_run())))"
    environment = os.environ | {"PYTHONHASHSEED": "4711", "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src")))}
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()

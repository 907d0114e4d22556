"""Everything a simulator answered, to be compared with what another one answered to the same requests."""

import re

import httpx2

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

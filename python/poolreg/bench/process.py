"""The caller of `worker.py`: starts an adapter's process and sends it requests."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Any

ANSWER_SECONDS = 300.0
THREAD_VARIABLES = (
    "POOLREG_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)


class PeerError(Exception):
    """Why a peer failed; `absent` if its library is not installed."""

    def __init__(self, message: str, absent: bool = False):
        super().__init__(message)
        self.absent = absent


class PeerProcess:
    """One adapter with a thread count, in a process of its own."""

    def __init__(self, adapter: str, threads: int, answer_seconds: float = ANSWER_SECONDS):
        self.answer_seconds = answer_seconds
        self.said = tempfile.TemporaryFile()  # noqa: SIM115  # closed by `stop`
        self.pending = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "poolreg.bench.worker", adapter, str(threads)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
            env={**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(threads))},
            start_new_session=True,
        )

    def versions(self) -> dict[str, str]:
        """The first answer, which comes unasked; PeerError if the library is absent."""
        found: dict[str, str] = self.answer()
        return found

    def ask(self, name: str, *arguments: Any) -> Any:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps([name, *arguments]).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise PeerError(self.last_words()) from error
        return self.answer()

    def answer(self) -> Any:
        content = json.loads(self.line())
        if "error" in content:
            raise PeerError(content["error"], content["absent"])
        return content["value"]

    def line(self) -> bytes:
        """One line of its output; PeerError if none comes."""
        assert self.process.stdout is not None
        pipe = self.process.stdout.fileno()
        while b"\n" not in self.pending:
            if not select.select([pipe], [], [], self.answer_seconds)[0]:
                self.stop()
                raise PeerError(f"no answer within {self.answer_seconds:.0f} s")
            part = os.read(pipe, 1 << 16)
            if not part:
                raise PeerError(self.last_words())
            self.pending += part
        line, _, self.pending = self.pending.partition(b"\n")
        return line

    def last_words(self) -> str:
        """What a process that has ended said last."""
        code = self.process.wait()
        self.said.seek(0)
        lines = self.said.read().decode(errors="replace").split("\n")
        said = [line for line in lines if line.strip()]
        return f"its process ended with code {code}: {said[-1] if said else 'without a word'}"

    def stop(self) -> None:
        """End it, and what a library may have started beside it."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.said.close()

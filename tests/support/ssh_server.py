"""The SSH server of a host of `hosts.py`: runs what it is asked to with bash, for any user with the one key."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

import asyncssh


async def _pump(read: Any, write: Any) -> None:
    while chunk := await read(65536):
        write(chunk)


async def _feed(process: asyncssh.SSHServerProcess[bytes], stdin: asyncio.StreamWriter) -> None:
    try:
        await _pump(process.stdin.read, stdin.write)
    except (asyncssh.BreakReceived, asyncssh.SignalReceived, asyncssh.TerminalSizeChanged):
        pass
    stdin.close()


async def _serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Run the command as sshd does without a terminal: its output and code; a hangup when the user goes first."""
    command = ["bash", "-c", process.command] if process.command else ["bash", "--login"]
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
    assert child.stdin
    assert child.stdout
    assert child.stderr
    feeding = asyncio.create_task(_feed(process, child.stdin))
    pumps = [
        asyncio.create_task(_pump(child.stdout.read, process.stdout.write)),
        asyncio.create_task(_pump(child.stderr.read, process.stderr.write)),
    ]
    end = asyncio.create_task(child.wait())
    hang_up = asyncio.create_task(process.wait_closed())
    await asyncio.wait([end, hang_up], return_when=asyncio.FIRST_COMPLETED)
    if not end.done():
        os.killpg(child.pid, signal.SIGHUP)
        return
    # What a daemon keeps open is not waited for; what was written before the end is.
    await asyncio.wait(pumps, timeout=0.2)
    for task in (feeding, hang_up, *pumps):
        task.cancel()
    code = await end
    process.exit(code if code >= 0 else 128 - code)


async def main(address: str, host_key: str, authorized: str) -> None:
    """Listen on an address' port 22 until killed."""
    await asyncssh.create_server(
        asyncssh.SSHServer,
        address,
        22,
        server_host_keys=[host_key],
        authorized_client_keys=authorized,
        process_factory=_serve,
        encoding=None,
    )
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))

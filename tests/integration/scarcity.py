"""What the system withholds - room for files, descriptors, standard streams - costs no call and no time.

python3 scarcity.py TOKENWEIR
"""

import asyncio
import os
import resource
import sys
import tempfile

import harness
from conservation_clients import request
from harness import LIMIT_SECONDS, Proxy, check, differ, total, until

CHAT = "/mock/v1/chat/completions"
MAX_ADMIN_CONNECTIONS = 32


async def ask(proxy, count):
    """Calls one behind the other on a connection; what is wrong with their answers."""
    reader, writer = await proxy.connect()
    problems = []
    for _ in range(count):
        writer.write(request(CHAT, stream=False, close=False))
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), LIMIT_SECONDS)
        await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        if not head.startswith(b"HTTP/1.1 200 "):
            problems.append(head)
    writer.close()
    return problems


async def check_file_size(binary, log):
    """A call log at the process's limit of file size: the system's signal for it would end the process."""
    proxy = await Proxy().start(
        binary, log, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
    )
    calls = 100
    check("a call log that may not grow: traffic goes on", await ask(proxy, calls))

    async def accounted():
        samples, _ = await proxy.samples()
        names = [f"tokenweir_sink_records_{what}" for what in ("written_total", "dropped_total", "queued")]
        found = [total(samples, name, 'sink="call_log"') for name in names]
        return found if found[2] <= 1 and sum(found) == calls else None

    written, dropped, torn = await until("every record to be accounted for", accounted)
    check(f"a call log that may not grow: {written} records are in it, {dropped} are counted as dropped, {torn} waits "
          "half written for room", [] if written and dropped else ["all or none"])
    status = await proxy.terminate()
    check("a call log that may not grow: the process ends as it should", differ("status", status, 0))


async def check_closed_streams(binary):
    """Started without standard streams: else a socket would take a stream's place, and messages would go to a peer."""
    process = await asyncio.create_subprocess_exec(
        binary, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--call-log", "off",
        "--threads", "1", preexec_fn=lambda: os.closerange(0, 3)
    )

    async def sockets():
        entries = os.listdir(f"/proc/{process.pid}/fd")
        try:
            links = {fd: os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in entries}
        except FileNotFoundError:  # closed since: a library that is being loaded
            return None
        return links if any(link.startswith("socket:") for link in links.values()) else None

    links = await until("a socket", sockets)
    check("without standard streams: nothing else takes their places",
          differ("0 to 2", [links.get(fd) for fd in "012"], ["/dev/null"] * 3))
    process.kill()
    await process.wait()


async def check_few_descriptors(binary):
    process = await asyncio.create_subprocess_exec(
        binary, "serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--threads", "1",
        stderr=asyncio.subprocess.PIPE, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    )
    _, said = await asyncio.wait_for(process.communicate(), LIMIT_SECONDS)
    check("a limit of open files that leaves none for connections is an error",
          differ("status", process.returncode, 2) +
          differ("message", said.decode(), "tokenweir: RLIMIT_NOFILE is 40: expected at least 66, "
                                           "64 for the process and 2 for each connection\n"))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def check_admin_without_descriptors(binary):
    """Whoever connects to the admin port then waits in the kernel, and takes no core meanwhile."""
    proxy = await Proxy().start(binary, "off")
    pid, limits = proxy.process.pid, resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE)
    open_now = len(os.listdir(f"/proc/{pid}/fd"))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (open_now, limits[1]))
    reader, writer = await proxy.connect(proxy.admin_port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
    before = cpu_seconds(pid)
    try:
        answer = await asyncio.wait_for(reader.read(-1), 1)
    except (TimeoutError, asyncio.TimeoutError):
        answer = b""
    used = cpu_seconds(pid) - before
    check(f"admin port without descriptors: a second of it costs {used * 1000:.0f} ms of a core",
          [answer] * bool(answer) + [used] * (used > 0.1))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    answer = await asyncio.wait_for(reader.read(-1), LIMIT_SECONDS)
    check("admin port without descriptors: served once there are some", [] if b" 200 " in answer else [answer])
    await proxy.stop()


async def check_admin_connections(binary):
    """As many as have their place; who comes then takes that of the one that has been silent for longest."""
    proxy = await Proxy().start(binary, "off")

    async def ask(connection):
        connection[1].write(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
        answer = await asyncio.wait_for(connection[0].readuntil(b"ok\n"), LIMIT_SECONDS)
        return [] if b" 200 " in answer else [answer]

    kept = [await proxy.connect(proxy.admin_port) for _ in range(MAX_ADMIN_CONNECTIONS)]
    problems = [problem for connection in kept for problem in await ask(connection)]
    check(f"admin port: {MAX_ADMIN_CONNECTIONS} connections at a time are served", problems)
    check("admin port: one more is served at once", await ask(await proxy.connect(proxy.admin_port)))
    rest = await asyncio.wait_for(kept[0][0].read(-1), LIMIT_SECONDS)
    check("admin port: the one that waited longest has made room for it", [rest] if rest else [])
    check("admin port: the next one has not", await ask(kept[1]))
    await proxy.stop()


async def main(binary):
    with tempfile.TemporaryDirectory() as directory:
        await check_file_size(binary, os.path.join(directory, "calls.jsonl"))
    await check_closed_streams(binary)
    await check_few_descriptors(binary)
    await check_admin_without_descriptors(binary)
    await check_admin_connections(binary)


if __name__ == "__main__":
    harness.run(main(sys.argv[1]))

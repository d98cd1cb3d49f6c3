"""A client that leaves while it is not read, because the upstream takes no more or it sent too much ahead, is noticed.

python3 blocked_upload.py TOKENWEIR
"""

import asyncio
import os
import socket
import ssl
import sys
import tempfile
import time

import harness
from conservation_clients import reset
from harness import LIMIT_SECONDS, Proxy, check, differ, finished_by_outcome, make_certificate, settled, total, until

PIECE = b"x" * 8 * 1024


class StuckUpstream:
    """Reads nothing."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]

    async def accept(self):
        connection, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(self.listener), LIMIT_SECONDS)
        return connection


async def pauses(proxy):
    samples, _ = await proxy.samples()
    return total(samples, "tokenweir_backpressure_pauses_total")


async def fill(proxy, writer):
    """Uploads until the upstream takes no more, and a little more, which stands in the proxy's own socket then. (An end
    that stands behind more than fits there does not arrive at all.)"""
    before = await pauses(proxy)
    while await pauses(proxy) == before:
        writer.write(PIECE)
        await asyncio.sleep(0)
    writer.write(PIECE)


async def send_ahead(proxy, writer):
    """More than the proxy reads ahead of a response that does not come."""
    writer.write(PIECE * 10)

    async def read():
        samples, _ = await proxy.samples()
        return total(samples, "tokenweir_client_bytes_total", 'direction="read"') - read.before >= 8 * len(PIECE)

    read.before = 0
    await until("the proxy to have read enough", read)


async def check_leaving(proxy, upstream, name, port, tls):
    ways = {"closes": lambda w: w.close(), "resets": reset, "half-closes": lambda w: w.write_eof()}
    if tls:  # asyncio would wait for the proxy's close_notify
        ways = {"closes": lambda w: w.transport.abort(), "resets": reset}
    for what, head in {"a blocked upload": b"Content-Length: 1000000000\r\n", "bytes sent ahead": b""}.items():
        for how, leave in ways.items():
            _, writer = await proxy.connect(port, ssl=tls)
            writer.write(b"POST /v1/files HTTP/1.1\r\nHost: t\r\n" + head + b"\r\n")
            connection = await upstream.accept()
            await (fill if head else send_ahead)(proxy, writer)
            left = time.monotonic()
            leave(writer)
            await settled(proxy)  # the upstream cannot tell: what it did not read stands before the end
            took = (time.monotonic() - left) * 1000
            writer.transport.abort()
            connection.close()
            slow = [] if took <= 300 else [f"{took:.1f} ms"]
            check(f"{name}: {what}: a client that {how} is noticed after {took:.0f} ms", slow)


async def main(binary):
    upstream = StuckUpstream()
    with tempfile.TemporaryDirectory() as directory:
        certificate, key = make_certificate(directory)
        config = os.path.join(directory, "tokenweir.yaml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"listen: [127.0.0.1:0, {{address: 127.0.0.1:0, tls: {{certificate: {certificate}, key: {key}}}}}]\n"
                       f"upstream: http://127.0.0.1:{upstream.port}\n")
        proxy = await Proxy().start(binary, "off", config=config)
        try:
            await check_leaving(proxy, upstream, "http", proxy.ports[0], None)
            await check_leaving(proxy, upstream, "https", proxy.ports[1], ssl.create_default_context(cafile=certificate))
            outcomes = finished_by_outcome(await settled(proxy))
            check("all are recorded as cancelled", differ("outcomes", outcomes, {"cancelled_before_first_token": 10}))
        finally:
            await proxy.stop()


if __name__ == "__main__":
    harness.run(main(sys.argv[1]))

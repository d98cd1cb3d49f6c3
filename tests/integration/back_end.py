"""A back end that takes OTLP or Zipkin spans over HTTP, and misbehaves as it is told."""

import asyncio
import gzip


SLOW_SECONDS = 0.1


class BackEnd:
    """`script`: what becomes of the next requests, in their order; then `always` becomes of each: 200, it is taken.

    An item is a status, a (status, fields, body), or one of the words "cut" (the request is read in part and the
    connection reset), "half" (half an answer), "silent" (no answer), "slow" (taken after a while).
    """

    def __init__(self):
        self.script, self.always, self.taken, self.seen = [], 200, [], 0
        self.more = asyncio.Event()
        self.server = None
        self.port = 0

    async def start(self, **how):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, **how)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        """Nobody listens any more; the port stays ours to come back to."""
        self.server.close()

    async def wait_for(self, count):
        """Until so many requests have begun."""
        while self.seen < count:
            self.more.clear()
            await asyncio.wait_for(self.more.wait(), 10)

    async def serve(self, reader, writer):
        try:
            while await self.serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()

    async def serve_one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = [line.partition(": ") for line in head.split("\r\n")[1:] if line]
        fields = {name.lower(): value for name, _, value in lines}
        self.seen += 1
        self.more.set()
        what = self.script.pop(0) if self.script else self.always
        if what == "cut":
            await reader.read(10)
            writer.transport.abort()
            return False
        body = await reader.readexactly(int(fields["content-length"]))
        if what == "silent":
            await reader.read(1)  # until the other side gives up
            return False
        if what == "half":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            await writer.drain()
            return False
        if what == "slow":
            await asyncio.sleep(SLOW_SECONDS)
            what = 200
        status, more, answer = what if isinstance(what, tuple) else (what, {}, b"")
        if status == 200:
            plain = gzip.decompress(body) if fields.get("content-encoding") == "gzip" else body
            self.taken.append((head.split(" ")[1], fields, plain))
        more = "".join(f"{name}: {value}\r\n" for name, value in more.items())
        writer.write(f"HTTP/1.1 {status} S\r\n{more}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
        await writer.drain()
        return True

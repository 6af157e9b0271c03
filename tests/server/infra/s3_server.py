"""As much of S3 over HTTP as a store of files needs, so that the real client can be tried without a cloud."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class S3Server:
    """What is stored, by path below the bucket, with its media type. While `failing`, everything answers 500."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str]] = {}
        self.uploads: dict[str, tuple[str, dict[int, bytes]]] = {}
        self.numbers = count(1)
        self.failing = False
        self.url = ""


class Handler(BaseHTTPRequestHandler):
    """One request. Paths are `/bucket/key`."""

    protocol_version = "HTTP/1.1"
    s3: S3Server

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "ETag": '"1"', **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def xml(self, name: str, content: str) -> None:
        self.answer(200, f"<{name}>{content}</{name}>".encode())

    def asked(self) -> tuple[str, dict[str, list[str]], bytes] | None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.s3.failing:
            self.answer(500)
            return None
        return unquote(url.path).removeprefix("/bucket").lstrip("/"), parse_qs(url.query, keep_blank_values=True), body

    def do_PUT(self) -> None:
        if (asked := self.asked()) is None:
            return
        key, query, body = asked
        if "uploadId" in query:
            self.s3.uploads[query["uploadId"][0]][1][int(query["partNumber"][0])] = body
        else:
            self.s3.files[key] = (body, self.headers.get("Content-Type", ""))
        self.answer(200)

    def do_GET(self) -> None:
        if (asked := self.asked()) is None:
            return
        key, query, _ = asked
        if "list-type" in query:
            found = [name for name in sorted(self.s3.files) if name.startswith(query.get("prefix", [""])[0])]
            # Files here are never older than their test.
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            items = "".join(
                f"<Contents><Key>{escape(name)}</Key><LastModified>{now}</LastModified>"
                f"<Size>{len(self.s3.files[name][0])}</Size></Contents>"
                for name in found
            )
            self.xml("ListBucketResult", f"<KeyCount>{len(found)}</KeyCount><IsTruncated>false</IsTruncated>{items}")
        elif key in self.s3.files:
            data, media_type = self.s3.files[key]
            self.answer(200, data, Content_Type=media_type, Last_Modified="Thu, 01 Jan 2026 00:00:00 GMT")
        else:
            self.answer(404)

    def do_POST(self) -> None:
        if (asked := self.asked()) is None:
            return
        key, query, body = asked
        if "uploads" in query:
            upload = str(next(self.s3.numbers))
            self.s3.uploads[upload] = (self.headers.get("Content-Type", ""), {})
            self.xml("InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>")
        elif "uploadId" in query:
            media_type, parts = self.s3.uploads.pop(query["uploadId"][0])
            self.s3.files[key] = (b"".join(parts[number] for number in sorted(parts)), media_type)
            self.xml("CompleteMultipartUploadResult", '<ETag>"1"</ETag>')
        else:
            names = re.findall(r"<Key>(.*?)</Key>", body.decode())
            for name in names:
                self.s3.files.pop(name, None)
            self.xml("DeleteResult", "".join(f"<Deleted><Key>{name}</Key></Deleted>" for name in names))

    def do_DELETE(self) -> None:
        if (asked := self.asked()) is None:
            return
        key, query, _ = asked
        if "uploadId" in query:
            self.s3.uploads.pop(query["uploadId"][0], None)
        else:
            self.s3.files.pop(key, None)
        self.answer(204)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A running server on a free port of this machine."""
    s3 = S3Server()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"s3": s3}))
    server.daemon_threads = True
    s3.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield s3
    finally:
        server.shutdown()
        server.server_close()

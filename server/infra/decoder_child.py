"""A process that decodes pictures of strangers: `python -m server.infra.decoder_child PIXELS MEMORY SECONDS`.

It reads requests on its standard input and replies on its standard output. Once warm it can open no file and no
socket, start no process, and use no more than so much memory (bytes) and processor time (seconds a picture). It ends
when its input does, so it never outlives its parent by more than one picture.
"""

from __future__ import annotations

import encodings.ascii
import encodings.latin_1
import encodings.utf_16  # noqa: F401  (what a decoder may ask for once no file can be opened)
import io
import json
import os
import resource
import sys
from typing import BinaryIO

from PIL import Image, MpoImagePlugin, TiffImagePlugin  # noqa: F401  (read by others while decoding)

from server.infra.decoder_messages import REPLY, REQUEST
from server.infra.renditions import Made, Unreadable, make_renditions


def main(pixels: int, memory: int, seconds: int) -> None:
    """Serve until the input ends."""
    replies = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not end up between two replies.
    os.dup2(2, 1)
    _warm_up()
    _confine(memory, descriptors=replies.fileno() + 1)
    _send(replies, {"ready": True})
    requests = sys.stdin.buffer
    while len(head := requests.read(REQUEST.size)) == REQUEST.size:
        keep_original, length = REQUEST.unpack(head)
        data = requests.read(length)
        _send(replies, {"taken": True})
        _allow(seconds)
        try:
            made = make_renditions(data, keep_original, pixels)
        except Unreadable as error:
            _send(replies, {"error": str(error)})
        else:
            _send_files(replies, made, keep_original)
            del made
        del data


def _warm_up() -> None:
    """Load all that is loaded late: decoders, encoders, notes and colours of every format."""
    exif = Image.Exif()
    exif[0x0112] = 6
    for format, mode in (("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("WEBP", "RGBA")):
        picture = io.BytesIO()
        Image.linear_gradient("L").convert(mode).save(picture, format, exif=exif)
        make_renditions(picture.getvalue(), False, 1_000_000)
    for stranger in (b"", b"GIF89a", picture.getvalue()[:-100]):
        try:
            make_renditions(stranger, False, 1_000_000)
        except Unreadable:
            continue


def _confine(memory: int, descriptors: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    if sys.platform != "darwin":
        # macOS refuses a bound on the address space.
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _allow(seconds: int) -> None:
    """So much processor time for the next picture, then SIGXCPU ends the process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds, hard))


def _send_files(replies: BinaryIO, made: Made, keep_original: bool) -> None:
    # The parent has the bytes of an original that is kept.
    sent = [b"" if keep_original and file.name == "original" else file.data for file in made.files]
    described = [
        {"name": f.name, "media_type": f.media_type, "width": f.width, "height": f.height, "size": len(data)}
        for f, data in zip(made.files, sent, strict=True)
    ]
    _send(replies, {"flat": made.flat, "thumbhash": made.thumbhash, "files": described}, *sent)


def _send(replies: BinaryIO, header: dict[str, object], *bodies: bytes) -> None:
    encoded = json.dumps(header).encode()
    replies.write(REPLY.pack(len(encoded)) + encoded)
    for body in bodies:
        replies.write(body)
    replies.flush()


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    except BrokenPipeError:
        # The parent is gone. Nothing is left to flush, and Python must not try.
        os._exit(1)

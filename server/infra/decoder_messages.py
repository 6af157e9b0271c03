"""How a decoder and its child processes speak over pipes.

A request is `REQUEST` (keep the original or not, length) and the picture. A reply is `REPLY` (length) and a JSON
header. The first is `{"ready": true}`. Each request gets two: `{"taken": true}` as soon as it was read, and `{"error":
sentence}` or `{"flat": …, "thumbhash": …, "files": [{name, media_type, width, height, size}]}`, then the files one
after the other.
"""

from __future__ import annotations

import struct

REQUEST = struct.Struct("!?I")
REPLY = struct.Struct("!I")
LONGEST_HEADER = 64 * 1024

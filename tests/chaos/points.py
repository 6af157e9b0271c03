"""The named crash points: before and after which of the product's functions a process can be made to die.

The product knows nothing of them. `armed.py` wraps the functions named here in a process of the harness's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Point:
    """Right before or after `target` (`module:function` or `module:Class.method`).

    `fact`: only where an argument is of the class of that name.
    """

    name: str
    target: str
    after: bool
    fact: str = ""


POINTS: tuple[Point, ...] = (
    Point("before the intent", "server.usecases.intend_submit:commit_intent", after=False),
    Point("after the intent", "server.usecases.intend_submit:commit_intent", after=True),
    Point("after the POST", "jobs.nanobanana.client:NanoBanana.submit", after=True),
    Point("after the task id", "server.usecases.record_fact:keep_task", after=True),
    Point("before a poll", "jobs.nanobanana.client:NanoBanana.ask", after=False),
    Point("before the download", "jobs.nanobanana.download:ResultFetcher.fetch", after=False),
    Point("after the download", "jobs.nanobanana.download:ResultFetcher.fetch", after=True),
    Point("after a blob", "server.infra.blobs:ObjectBlobs.put", after=True),
    Point("before the final commit", "server.usecases.record_fact:record_fact", after=False, fact="Stored"),
    Point("before the publish", "server.infra.outbox:Outbox.put", after=False),
    Point("after a reservation", "server.usecases.dispatch_images:dispatch_images", after=True),
    Point("after a rescue's claim", "server.usecases.rescue_overdue:rescue_overdue", after=True),
    Point("after a request's commit", "server.usecases.request_images:request_images", after=True),
    Point("after an upload's commit", "server.usecases.upload_image:upload_images", after=True),
    Point("before a push", "server.infra.push:WebPush.send", after=False),
    Point("after a push", "server.infra.push:WebPush.send", after=True),
    Point("after a callback's commit", "server.usecases.note_callback:note_callback", after=True),
)
TURNS = "jobs.steps:work_on"
"""Its second argument tells whose turn it is: what happens from there on is done for that image."""

CUT = "commit cut"
"""Not a point but an order: the connection is cut right after COMMIT was written, its answer unread (`sent`), or right
before (`unsent`). Who sent it cannot tell which."""


def find(target: str) -> tuple[Any, str, Callable[..., Any]]:
    """Where the target is kept (a module or a class), under which name, and the function itself."""
    module, _, path = target.partition(":")
    holder: Any = import_module(module)
    *classes, name = path.split(".")
    for each in classes:
        holder = getattr(holder, each)
    return holder, name, getattr(holder, name)

"""What everybody who may see an entity sees of it: the one shape of REST answers and live events alike.

Nothing here expires and nothing is secret: no URL of the provider, no nonce, no storage key.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from server.core.account import Project
from server.core.fair_queue import QueueState
from server.core.image import Image
from server.core.pause import Pause


def public_image(image: Image) -> dict[str, Any]:
    """The JSON shape `Image` of the API."""
    return {
        "id": str(image.id),
        "project": str(image.project),
        "author": str(image.author) if image.author else None,
        "kind": str(image.kind),
        "status": str(image.status),
        "version": image.version,
        "created_at": _iso(image.created_at),
        "phase_started_at": _iso(image.phase_started_at),
        "finished_at": _iso(image.finished_at),
        "trashed_at": _iso(image.trashed_at),
        "moved_at": _iso(image.moved_at),
        "cancel_requested": image.cancel_requested_at is not None,
        "batch": str(image.batch) if image.batch else None,
        "position": image.position,
        "name": image.name,
        "prompt": image.prompt,
        "model": image.model,
        "aspect_ratio": image.options.aspect_ratio,
        "resolution": image.options.resolution,
        "inputs": [str(input) for input in image.inputs],
        "estimate": {"p50": image.estimate.p50, "p90": image.estimate.p90} if image.estimate else None,
        "attempt": image.attempt,
        "favorite": image.favorite,
        "width": image.width,
        "height": image.height,
        "thumbhash": image.thumbhash,
        "renditions": {
            name: {"media_type": r.media_type, "width": r.width, "height": r.height, "size": r.size, "sha256": r.sha256}
            for name, r in image.renditions.items()
        },
        "error": dict(image.error) if image.error else None,
        "metadata": dict(image.metadata),
    }


def public_project(project: Project) -> dict[str, Any]:
    """The JSON shape `Project` of the API."""
    return {
        "id": str(project.id),
        "name": project.name,
        "version": project.version,
        "created_at": _iso(project.created_at),
        "updated_at": _iso(project.updated_at),
        "trashed_at": _iso(project.trashed_at),
    }


def public_read_mark(account: UUID, project: UUID, seen_at: datetime) -> dict[str, Any]:
    """The JSON shape `ReadMark` of the API."""
    return {"account": str(account), "project": str(project), "seen_at": _iso(seen_at)}


def public_queue(state: QueueState, provider: Pause, now: datetime) -> dict[str, Any]:
    """The JSON shape `Queue` of the API; the places in their order."""
    reason, until = provider.told(now)
    return {
        "paused": state.paused,
        "provider": {
            "reason": str(reason) if reason else None,
            "since": _iso(provider.since) if reason and reason is provider.reason else None,
            "until": _iso(until),
            "credits": provider.credits,
        },
        "in_flight": state.in_flight,
        "waiting": state.waiting,
        "places": {str(id): place for id, place in state.places.items()},
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

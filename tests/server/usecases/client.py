"""What a tab holds, and the rules by which it applies events: the other half of Zulip's proof."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from server.core.events import Event, EventKind
from server.core.projection import public_image, public_project, public_read_mark
from server.usecases.read_images import PageMark, list_images, list_projects
from server.usecases.read_unread import read_unread
from tests.server.usecases.studio import Studio

Entity = Mapping[str, Any]
# Small, so that a few pictures already need several pages.
PAGE = 3


@dataclass
class Client:
    """Entities by id, the versions of removed ones, the person's read marks, and the number of the last event."""

    seq: int
    account: str
    projects: dict[str, Entity] = field(default_factory=dict)
    images: dict[str, Entity] = field(default_factory=dict)
    tombstones: dict[str, int] = field(default_factory=dict)
    marks: dict[str, Entity] = field(default_factory=dict)

    def apply(self, events: Iterable[Event]) -> Client:
        """The higher version wins; what is at or below a tombstone is dropped."""
        for event in events:
            self.seq = max(self.seq, event.seq)
            if event.kind is EventKind.READ_MARK_CHANGED:
                self._see(event.data)
                continue
            entities = self.projects if event.kind.startswith("project.") else self.images
            if event.kind in (EventKind.PROJECT_REMOVED, EventKind.IMAGE_REMOVED):
                self._remove(entities, event.data)
            else:
                self._take(entities, event.data)
        return self

    def _see(self, mark: Entity) -> None:
        """A mark only rises; that of somebody else is passed over."""
        known = self.marks.get(mark["project"])
        if mark["account"] == self.account and (known is None or _time(mark["seen_at"]) > _time(known["seen_at"])):
            self.marks[mark["project"]] = mark

    def _take(self, entities: dict[str, Entity], data: Entity) -> None:
        known = entities.get(data["id"], {"version": 0})["version"]
        if data["version"] > max(known, self.tombstones.get(data["id"], 0)):
            entities[data["id"]] = data

    def _remove(self, entities: dict[str, Entity], data: Entity) -> None:
        self.tombstones[data["id"]] = max(data["version"], self.tombstones.get(data["id"], 0))
        if entities.get(data["id"], {"version": 0})["version"] <= data["version"]:
            entities.pop(data["id"], None)

    @property
    def shelf(self) -> dict[str, list[str]]:
        """What the page shows: by project, the ids of its pictures that are not in the trash, newest first."""
        shown: dict[str, list[str]] = {project: [] for project in self.projects}
        places = sorted(self.images.values(), key=lambda image: (image["position"], image["id"]))
        for image in sorted(places, key=lambda image: image["created_at"], reverse=True):
            if image["trashed_at"] is None and image["project"] in shown:
                shown[image["project"]].append(image["id"])
        return shown

    @property
    def unread(self) -> list[str]:
        """The ids of the generations that ended after the mark of their project, last ended first."""
        found = [image for image in self.images.values() if self._is_unread(image)]
        found.sort(key=lambda image: image["id"])
        found.sort(key=lambda image: _time(image["finished_at"]), reverse=True)
        return [image["id"] for image in found]

    def _is_unread(self, image: Entity) -> bool:
        project = self.projects.get(image["project"])
        ended = image["kind"] == "generation" and image["status"] in ("completed", "failed")
        if project is None or not ended or image["trashed_at"] is not None:
            return False
        mark = self.marks.get(image["project"])
        times = [project["created_at"], *([mark["seen_at"]] if mark else []), image["moved_at"] or image["created_at"]]
        return _time(image["finished_at"]) > max(_time(time) for time in times)


async def fetch(studio: Studio) -> Client:
    """A fresh start: every project and every picture of the workspace, those in the trash too."""
    projects = await list_projects(studio.database, studio.viewer)
    account = studio.viewer.account
    marks = (await read_unread(studio.database, studio.viewer)).marks
    return Client(
        seq=projects.position.seq,
        account=str(account),
        marks={str(project): plain(public_read_mark(account, project, at)) for project, at in marks.items()},
        projects={str(project.id): plain(public_project(project)) for project in projects.items},
        images={str(image.id): plain(public_image(image)) for image in await studio.all_images()},
    )


async def fetch_shelf(studio: Studio) -> dict[str, list[str]]:
    """What the listings of the API show, page by page."""
    shown: dict[str, list[str]] = {}
    for project in (await list_projects(studio.database, studio.viewer)).items:
        shown[str(project.id)] = []
        mark: PageMark | None = None
        while True:
            page = await list_images(studio.database, studio.viewer, project.id, PAGE, mark)
            shown[str(project.id)] += [str(image.id) for image in page.items]
            if (mark := page.following) is None:
                break
    return shown


async def fetch_unread(studio: Studio) -> list[str]:
    """The ids of what the API says is unread."""
    return [str(image.id) for image in (await read_unread(studio.database, studio.viewer)).images]


def _time(written: str) -> datetime:
    return datetime.fromisoformat(written)


def plain(entity: Entity) -> Entity:
    """The entity after its way through JSON."""
    return json.loads(json.dumps(entity))

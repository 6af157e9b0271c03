"""A workspace with something of everything in it, made through the API of a running Atelier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from tests.running import Running
from tests.studio import eventually

FINISHED = frozenset({"completed", "failed", "canceled"})
PATIENCE = 300.0
MOST_AT_ONCE = 4
PROMPTS = (
    "A lighthouse at dusk, in watercolour",
    "The old harbour in fog, in comic style",
    "Mountains behind a lake, at night",
    "A bowl of oranges in the morning light",
    "Paper boats on a river, as a sketch",
    "A greenhouse full of ferns, in sepia",
    "Roofs of a town after rain",
    "A fox in the snow, in watercolour",
)
# What each prompt comes to, and where it comes to rest.
STATES = (
    ("A meadow that is being painted [[never]]", "processing"),
    ("A castle of which nothing was heard [[cut]] [[never]] [[no-callback]]", "unknown"),
    ("A prompt that was not liked [[refuse]]", "failed"),
    ("A picture that could not be made [[flag-3]]", "failed"),
    ("A result at a place that nobody visits [[result-redirect]]", "failed"),
    ("A picture that is black [[black]]", "completed"),
)

Entity = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """The ids of a person's projects, and of pictures to be opened."""

    email: str
    pictures: str
    states: str
    empty: str
    picture: str
    edit: str


class Maker:
    """Asks for things with a person's key, and waits for them."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def project(self, name: str) -> str:
        """A new project's id."""
        return str((await self._post("/api/projects", json={"name": name}))["id"])

    async def generate(self, project: str, prompt: str, count: int = 1, **options: Any) -> list[Entity]:
        """Generations that were asked for."""
        body = {"prompt": prompt, "count": count, **options}
        images: list[Entity] = (await self._post(f"/api/projects/{project}/generations", json=body))["images"]
        return images

    async def rest(self, image: Entity, status: str) -> None:
        """Until the picture is in that state."""

        async def now() -> str:
            answer = await self._http.get(f"/api/images/{image['id']}")
            answer.raise_for_status()
            return str(answer.json()["status"])

        await eventually(now, lambda found: found == status, PATIENCE)

    async def change(self, ids: list[str], action: str) -> None:
        """The same for several pictures."""
        await self._post("/api/images/changes", json={"ids": ids, "action": action})

    async def act(self, path: str) -> None:
        """A POST without a body."""
        await self._post(path)

    async def _post(self, path: str, **content: Any) -> Entity:
        answer = await self._http.post(path, **content)
        answer.raise_for_status()
        found: Entity = answer.json()
        return found


async def fill(atelier: Running, email: str, pictures: int) -> Scene:
    """So many pictures in one project, a card in every state in another, and a third that is empty."""
    headers = {"Authorization": f"Bearer {await atelier.key(email)}"}
    async with httpx.AsyncClient(base_url=atelier.address, headers=headers, timeout=60) as http:
        maker = Maker(http)
        full, states, empty = [await maker.project(name) for name in ("Summer", "Work", "New")]
        asked = await _many(maker, full, pictures + 2)
        for image in asked:
            await maker.rest(image, "completed")
        [edit] = await maker.generate(full, "The same in watercolour", inputs=[asked[0]["id"]])
        await maker.rest(edit, "completed")
        await maker.change([image["id"] for image in asked[1:4]], "trash")
        await maker.change([image["id"] for image in asked[5:7]], "favor")
        await _states(maker, states)
        return Scene(email, full, states, empty, asked[-1]["id"], edit["id"])


async def _many(maker: Maker, project: str, number: int) -> list[Entity]:
    asked: list[Entity] = []
    shapes = ("1:1", "3:2", "3:4", "16:9", "4:5")
    while len(asked) < number:
        turn = len(asked) // MOST_AT_ONCE
        count = min(MOST_AT_ONCE, number - len(asked))
        asked += await maker.generate(
            project, PROMPTS[turn % len(PROMPTS)], count, aspect_ratio=shapes[turn % len(shapes)]
        )
    return asked


async def _states(maker: Maker, project: str) -> None:
    for prompt, status in STATES:
        [image] = await maker.generate(project, prompt)
        await maker.rest(image, status)
    await maker.act("/api/queue/pause")
    waiting = await maker.generate(project, "A boat that waits for its turn", 3)
    await maker.act(f"/api/images/{waiting[0]['id']}/cancel")

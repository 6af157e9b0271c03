"""Makes a person with a workspace and a project, and gives a short way to do what the doors and jobs do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from server.core import facts as f
from server.core.account import Role, Viewer
from server.core.catalog import Terms
from server.core.events import Event
from server.core.image import Attempt, Image, Kind, Rendition, Status
from server.core.limits import Policy
from server.core.ports import Unit
from server.core.stores import Wake
from server.infra.database import PostgresDatabase
from server.infra.sql import Sql
from server.usecases.answer_once import OnceKey
from server.usecases.change_image import cancel_image
from server.usecases.change_project import create_project
from server.usecases.dispatch_images import dispatch_images
from server.usecases.intend_submit import Intent, commit_intent, prepare_intent
from server.usecases.move_image import Rules
from server.usecases.record_fact import keep_task, record_fact
from server.usecases.request_images import Wish, request_images
from server.usecases.sign_in import add_account
from server.usecases.upload_image import StagedFile, upload_images

TASK = "31ce2c17b257492959d62279e6d01a54"
RESULT = "https://files.example/result.png"


def picture(width: int = 640, height: int = 480) -> dict[str, Rendition]:
    """The renditions of a stored picture."""
    sha256 = uuid4().hex * 2
    return {
        name: Rendition(f"w/i/{name}-{sha256}.png", sha256, "image/png", width, height, 1234)
        for name in ("original", "preview", "thumb")
    }


@dataclass
class Told:
    """What was announced after commits."""

    events: list[Event] = field(default_factory=list)
    wakes: list[Wake] = field(default_factory=list)
    stirred: int = 0

    def clear(self) -> None:
        """Forget all of it."""
        self.events.clear()
        self.wakes.clear()
        self.stirred = 0


@dataclass
class Studio:
    """A person at home in their workspace."""

    database: PostgresDatabase
    viewer: Viewer
    project: UUID
    told: Told
    rules: Rules = field(default_factory=lambda: Rules(Policy(), lambda: 0.5))
    terms: Terms = field(default_factory=Terms)

    # What people do

    def wish(self, **changes: Any) -> Wish:
        """A plain wish for one picture."""
        plain = Wish(self.project, "a fox", (), "nano-banana-2", "auto", "1K", 1)
        return replace(plain, **changes)

    async def request(self, once: OnceKey | None = None, **changes: Any) -> list[Image]:
        """Generations, pending."""
        answer = await request_images(self.database, self.viewer, self.wish(**changes), self.terms, self.rules, once)
        return [await self.load(UUID(image["id"])) for image in answer["images"]]

    async def upload(self, number: int = 1) -> list[Image]:
        """Uploads, pending."""
        files = [StagedFile(uuid4(), f"{place}.jpg") for place in range(number)]
        await upload_images(self.database, self.viewer, self.project, files, None, self.rules)
        return [await self.load(file.id) for file in files]

    async def another_project(self, name: str = "Another") -> UUID:
        """One more project."""
        return UUID((await create_project(self.database, self.viewer, name))["id"])

    async def colleague(self, email: str, role: Role) -> Viewer:
        """Somebody else who is a member of the workspace."""
        account = await add_account(self.database, email)
        await self.sql(
            "INSERT INTO membership (account, workspace, role) VALUES (:account, :workspace, :role) RETURNING account",
            account=account,
            workspace=self.viewer.workspace,
            role=str(role),
        )
        return replace(self.viewer, account=account, email=email, role=role)

    # What the worker does

    async def record(self, image: Image | UUID, *facts: f.Fact) -> Image:
        """Record facts, one after the other."""
        id = image if isinstance(image, UUID) else image.id
        for fact in facts:
            await record_fact(self.database, id, fact, self.rules)
        return await self.load(id)

    async def reserve(self, image: Image) -> Image:
        """Dispatch all that is pending; the image, reserved."""
        await dispatch_images(self.database, 1_000, 1_000)
        reserved = await self.load(image.id)
        assert reserved.dispatched_at is not None
        return reserved

    async def submit(self, image: Image) -> Intent:
        """Dispatch, and commit the intent of this one."""
        intent = await prepare_intent(self.database, await self.reserve(image))
        await commit_intent(self.database, intent, self.rules)
        return intent

    async def accept(self, image: Image, task: str = TASK) -> Image:
        """The provider has taken it: the answer as the worker writes it down."""
        intent = await self.submit(image)
        await keep_task(self.database, intent.attempt, task, self.rules.policy)
        return await self.record(image, f.Accepted(intent.attempt.number, task))

    async def generate(self, image: Image, task: str = TASK) -> Image:
        """The provider is done: the image is to be saved."""
        accepted = await self.accept(image, task)
        return await self.record(image, f.Generated(accepted.attempt, task, RESULT))

    async def bring(self, status: Status, kind: Kind = Kind.GENERATION) -> Image:
        """A new image in that status, brought there by the road that every image takes."""
        if kind is Kind.UPLOAD:
            return await self._bring_upload(status)
        [image] = await self.request()
        if status is Status.SUBMITTING:
            await self.submit(image)
        elif status is Status.UNKNOWN:
            await self.submit(image)
            await self.record(image, f.Ambiguous(1, "no answer"))
        elif status is Status.PROCESSING:
            await self.accept(image)
        elif status is Status.SAVING:
            await self.generate(image)
        elif status is Status.COMPLETED:
            await self.record(await self.generate(image), f.Stored(1, picture()))
        elif status is Status.FAILED:
            await self.record(await self.accept(image), f.GenerationFailed(1, TASK))
        elif status is Status.CANCELED:
            await cancel_image(self.database, self.viewer, image.id, self.rules)
        brought = await self.load(image.id)
        assert brought.status is status
        return brought

    async def _bring_upload(self, status: Status) -> Image:
        [image] = await self.upload()
        road = {
            Status.PENDING: (),
            Status.SAVING: (f.IngestStarted(),),
            Status.COMPLETED: (f.IngestStarted(), f.Stored(renditions=picture())),
            Status.FAILED: (f.IngestStarted(), f.ResultRejected()),
            Status.CANCELED: (f.CancelRequested(),),
        }
        return await self.record(image, *road[status])

    # What a witness sees, and how a test lets time pass

    async def load(self, id: UUID) -> Image:
        """The row as it stands."""
        image = await self.database.transact(lambda unit: unit.images.load(id))
        assert image is not None
        return image

    async def attempt(self, image: Image | UUID, number: int = 1) -> Attempt:
        """An attempt of the image as it stands."""
        id = image if isinstance(image, UUID) else image.id
        attempt = await self.database.transact(lambda unit: unit.attempts.of(id, number))
        assert attempt is not None
        return attempt

    async def all_images(self) -> list[Image]:
        """Everything in the workspace, in the trash or not, by age."""

        workspace = self.viewer.workspace
        rows = await self.sql("SELECT id FROM image WHERE workspace = :workspace", workspace=workspace)
        ids = [row["id"] for row in rows]
        images = await self.database.transact(lambda unit: unit.images.in_workspace(workspace, ids))
        return sorted(images, key=lambda image: (image.created_at, image.position, image.id))

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """Rows of a statement in a transaction of its own."""

        async def run(sql: Sql) -> list[Any]:
            return await sql.all(statement, **values)

        return await self.database.query(run)

    async def let_pass(self, seconds: float, *images: Image) -> None:
        """Everything that was to happen to these images is that much nearer."""
        await self.sql(
            "UPDATE image SET wake_at = wake_at - make_interval(secs => :seconds), "
            "deadline_at = deadline_at - make_interval(secs => :seconds) "
            "WHERE id = ANY(CAST(:ids AS uuid[])) RETURNING id",
            seconds=seconds,
            ids=[image.id for image in images],
        )

    async def expire(self, image: Image) -> Image:
        """Its deadline has just passed."""
        await self.sql(
            "UPDATE image SET wake_at = now() - interval '1 second', deadline_at = now() - interval '1 second' "
            "WHERE id = :id RETURNING id",
            id=image.id,
        )
        return await self.load(image.id)

    async def end_pause(self) -> None:
        """The provider's pause is over and forgotten."""
        await self.sql(
            "UPDATE provider_state SET paused_until = NULL, reason = NULL, failures = 0, stopped = false RETURNING id"
        )

    async def charges(self) -> int:
        """How many attempts the ledger holds."""
        [row] = await self.sql("SELECT count(*) AS charges FROM ledger WHERE workspace = :id", id=self.viewer.workspace)
        return int(row["charges"])


async def open_studio(database: PostgresDatabase, told: Told, email: str = "ada@example.org") -> Studio:
    """A new person, with the workspace and the project that every account begins with."""
    account = await add_account(database, email)

    async def read(unit: Unit) -> tuple[UUID, UUID]:
        home = await unit.accounts.home(account)
        assert home is not None
        [project] = await unit.projects.all(home.id)
        return home.id, project.id

    workspace, project = await database.transact(read)
    return Studio(database, Viewer(account, email, workspace, Role.OWNER), project, told)

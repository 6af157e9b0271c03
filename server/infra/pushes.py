"""The outbox of pushes in PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core.notices import NoticeKind, images_of, outcome_key
from server.core.pushes import BatchState, Claim, Fate, NewPush, Story, Tally
from server.infra.devices import ALIVE, device_of
from server.infra.sql import Row, Sql

# A device that rests is told when it has rested: its service said so, or its trouble advises it.
_INSERT = """
    INSERT INTO push (subscription, kind, project, image, attempt, batch, ended_at, wake_at, deadline_at)
    SELECT id, :kind, CAST(:project AS uuid), CAST(:image AS uuid), CAST(:attempt AS integer), CAST(:batch AS uuid),
           :ended_at, greatest(CAST(:wake_at AS timestamptz), rests_until), :deadline_at
    FROM push_subscription WHERE id = :device
"""
_AGAIN = """
    DO UPDATE SET wake_at = EXCLUDED.wake_at, deadline_at = EXCLUDED.deadline_at, tries = 0,
        ended_at = greatest(push.ended_at, EXCLUDED.ended_at), project = EXCLUDED.project
    WHERE push.sent_at IS NULL
"""
# A stop that nobody could be told of gives way to the next one, which is known by its beginning.
_LATER = """
    DO UPDATE SET ended_at = EXCLUDED.ended_at, deadline_at = EXCLUDED.deadline_at WHERE push.sent_at IS NULL
"""
_OCCASION = "ON CONFLICT (subscription, kind) WHERE kind IN ('credits_low', 'test')"
_PLAN = {
    NoticeKind.READY: f"{_INSERT} ON CONFLICT DO NOTHING",
    NoticeKind.FAILED: f"{_INSERT} ON CONFLICT DO NOTHING",
    NoticeKind.CREDITS_LOW: f"{_INSERT} {_OCCASION} {_LATER}",
    NoticeKind.BATCH: f"{_INSERT} ON CONFLICT (subscription, batch) WHERE kind = 'batch' {_AGAIN}",
    NoticeKind.TEST: f"{_INSERT} {_OCCASION} {_AGAIN}",
}
_ROUSE = """
    UPDATE push SET wake_at = greatest(CAST(:wake_at AS timestamptz), device.rests_until), tries = 0,
                    ended_at = greatest(ended_at, CAST(:ended_at AS timestamptz))
    FROM push_subscription AS device
    WHERE device.id = push.subscription AND device.account = :account
      AND push.kind = 'batch' AND push.batch = :batch AND push.sent_at IS NULL
    RETURNING push.id
"""
# The lock is the device's: its messages go one after the other, and two workers never build the same one. Planning
# only reads the key of the row, so it does not wait for it.
_DEVICES = """
    SELECT * FROM push_subscription WHERE id IN (SELECT subscription FROM push WHERE wake_at <= now())
    ORDER BY id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
"""
_TAKE = """
    UPDATE push SET wake_at = now() + make_interval(secs => :duration)
    WHERE subscription = ANY(CAST(:devices AS uuid[])) AND wake_at <= now() RETURNING id, wake_at
"""
# News is: what the image still is, unread by the device's person, who may see it. As in read marks, what was moved
# since it ended is not. `greatest` passes over what is not there.
_STORIES = f"""
    SELECT push.*, coalesce(image.prompt, '') AS prompt, image.error ->> 'code' AS problem,
           coalesce(image.renditions -> 'thumb' IS NOT NULL, false) AS has_thumb,
           coalesce(project.name, '') AS project_name, project.workspace,
           {ALIVE} AND (push.sent_at IS NOT NULL OR push.deadline_at > now()) AND CASE
               WHEN push.kind = 'test' THEN true
               WHEN push.kind = 'credits_low' THEN
                   EXISTS (SELECT FROM provider_state WHERE stopped AND reason = 'out_of_credits')
               ELSE project.trashed_at IS NULL
                   AND push.ended_at > greatest(project.created_at, read_mark.seen_at, image.moved_at)
                   AND EXISTS (SELECT FROM membership WHERE membership.account = device.account
                               AND membership.workspace = project.workspace)
                   AND (push.kind = 'batch' OR (image.finished_at = push.ended_at AND image.trashed_at IS NULL
                        AND image.author = device.account
                        AND image.status = CASE push.kind WHEN 'ready' THEN 'completed' ELSE 'failed' END))
           END AS stands
    FROM push JOIN push_subscription AS device ON device.id = push.subscription
    LEFT JOIN image ON image.id = push.image
    LEFT JOIN project ON project.id = push.project
    LEFT JOIN read_mark ON read_mark.account = device.account AND read_mark.project = push.project
    WHERE push.id = ANY(CAST(:taken AS uuid[]))
       OR (push.subscription = ANY(CAST(:devices AS uuid[])) AND push.sent_at IS NOT NULL
           AND push.kind IN ('ready', 'failed'))
    ORDER BY push.ended_at DESC, push.id
"""
_BATCH = """
    SELECT id, status, attempt, prompt, finished_at, renditions -> 'thumb' IS NOT NULL AS has_thumb FROM image
    WHERE batch = :batch AND author = :account AND workspace = :workspace AND kind = 'generation' AND trashed_at IS NULL
    ORDER BY finished_at DESC NULLS FIRST, position DESC
"""
# A batch is told of its last ending: whoever was shown that knows that all are done.
_DROP_SHOWN = """
    WITH dropped AS (DELETE FROM push USING push_subscription AS device
    WHERE device.id = push.subscription AND device.account = :account
      AND (CAST(:device AS uuid) IS NULL OR device.id = CAST(:device AS uuid))
      AND (push.image || ':' || push.attempt = ANY(CAST(:outcomes AS text[]))
           OR (push.kind = 'credits_low'
               AND 'credits:' || floor(extract(epoch FROM push.ended_at) * 1000) = ANY(CAST(:outcomes AS text[])))
           OR (push.kind = 'batch' AND push.sent_at IS NULL AND EXISTS (
               SELECT FROM image WHERE image.id = ANY(CAST(:images AS uuid[])) AND image.author = :account
                 AND image.id || ':' || image.attempt = ANY(CAST(:outcomes AS text[]))
                 AND image.batch = push.batch AND image.finished_at >= push.ended_at)))
    RETURNING sent_at) SELECT count(*) AS number FROM dropped WHERE sent_at IS NULL
"""
# That a batch was told is remembered: it is told once.
_DROP_READ = """
    WITH dropped AS (DELETE FROM push USING push_subscription AS device
    WHERE device.id = push.subscription AND device.account = :account AND push.project = :project
      AND push.ended_at <= :seen_at AND (push.kind <> 'batch' OR push.sent_at IS NULL)
    RETURNING sent_at) SELECT count(*) AS number FROM dropped WHERE sent_at IS NULL
"""
_DROP = """
    WITH dropped AS (DELETE FROM push WHERE id = ANY(CAST(:ids AS uuid[])) RETURNING sent_at)
    SELECT count(*) AS number FROM dropped WHERE sent_at IS NULL
"""
_COUNT = """
    INSERT INTO push_count AS before (fate, number) VALUES (:fate, :number)
    ON CONFLICT (fate) DO UPDATE SET number = before.number + EXCLUDED.number
"""
_TALLY = """
    SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(ended_at)), 0) AS oldest,
           (SELECT count(*) FROM push_subscription) AS devices,
           (SELECT count(*) FROM push_subscription WHERE trouble IS NOT NULL) AS troubled
    FROM push WHERE wake_at IS NOT NULL
"""


class PostgresPushes:
    """See `server.core.pushes.Pushes`."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._counted: Counter[Fate] = Counter()

    async def plan(self, pushes: Sequence[NewPush]) -> None:
        """One statement each: hardly anybody has more than a few devices."""
        for push in pushes:
            await self._sql.run(
                _PLAN[push.kind],
                device=push.device,
                kind=str(push.kind),
                project=push.project,
                image=push.image,
                attempt=push.attempt,
                batch=push.batch,
                ended_at=push.ended_at,
                wake_at=push.wake_at,
                deadline_at=push.deadline_at,
            )

    async def rouse_batch(self, batch: UUID, account: UUID, ended_at: datetime, wake_at: datetime) -> bool:
        """At any device of the account."""
        rows = await self._sql.all(_ROUSE, batch=batch, account=account, ended_at=ended_at, wake_at=wake_at)
        return bool(rows)

    async def claim(self, limit: int, duration: float) -> Claim | None:
        """A rival may have sent what was due between the look and the lock: then there is nothing to take."""
        devices = [device_of(row) for row in await self._sql.all(_DEVICES, limit=limit)]
        ids = [device.id for device in devices]
        taken = await self._sql.all(_TAKE, devices=ids, duration=duration) if devices else []
        if not taken:
            return None
        rows = await self._sql.all(_STORIES, devices=ids, taken=[row["id"] for row in taken])
        return Claim(taken[0]["wake_at"], devices, [_story(row) for row in rows])

    async def batch_state(self, account: UUID, workspace: UUID, batch: UUID) -> BatchState:
        """What is unfinished comes first."""
        rows = await self._sql.all(_BATCH, account=account, workspace=workspace, batch=batch)
        ended = [row for row in rows if row["status"] in ("completed", "failed")]
        prompts = {row["prompt"] for row in ended}
        return BatchState(
            unfinished=sum(row["finished_at"] is None for row in rows),
            ready=sum(row["status"] == "completed" for row in ended),
            failed=sum(row["status"] == "failed" for row in ended),
            outcomes=[outcome_key(row["id"], row["attempt"]) for row in ended],
            prompt=prompts.pop() if len(prompts) == 1 else "",
            thumb=next((row["id"] for row in ended if row["has_thumb"]), None),
        )

    async def drop(self, ids: Collection[UUID], fate: Fate) -> None:
        """Harmless twice."""
        if ids:
            await self._dropped(fate, _DROP, ids=list(ids))

    async def _dropped(self, fate: Fate, statement: str, **named: Any) -> None:
        row = await self._sql.one(statement, **named)
        self.count(fate, int(row["number"]) if row else 0)

    def count(self, fate: Fate, number: int) -> None:
        """Written by `write_counts`."""
        self._counted[fate] += number

    async def write_counts(self) -> None:
        """One row a fate, for all processes, in one order, and last: each is locked until the unit ends, at once."""
        for fate, number in sorted(self._counted.items()):
            if number:
                await self._sql.run(_COUNT, fate=str(fate), number=number)

    async def tally(self) -> Tally:
        """Two statements, for a scrape or an operator."""
        rows = await self._sql.all("SELECT fate, number FROM push_count")
        counted = {Fate(row["fate"]): int(row["number"]) for row in rows}
        now = await self._sql.one(_TALLY)
        assert now is not None
        fates = {fate: counted.get(fate, 0) for fate in Fate}
        return Tally(fates, now["waiting"], float(now["oldest"]), now["devices"], now["troubled"])

    async def sleep(self, id: UUID) -> None:
        """Only batches sleep: a CHECK says so."""
        await self._sql.run("UPDATE push SET wake_at = NULL WHERE id = :id", id=id)

    async def note_sent(self, ids: Collection[UUID]) -> None:
        """Whoever's turn it is: that it was taken is a fact."""
        sent = await self._sql.all(
            "UPDATE push SET sent_at = now(), wake_at = NULL WHERE id = ANY(CAST(:ids AS uuid[])) AND sent_at IS NULL "
            "RETURNING id",
            ids=list(ids),
        )
        # Nothing is ever added to these, so there is nothing to remember of them.
        await self._sql.run(
            "DELETE FROM push WHERE id = ANY(CAST(:ids AS uuid[])) AND kind IN ('credits_low', 'test')", ids=list(ids)
        )
        self.count(Fate.SENT, len(sent))

    async def postpone(self, ids: Collection[UUID], turn: datetime, until: datetime) -> None:
        """What was sent, dropped or taken over meanwhile is left alone."""
        held = "id = ANY(CAST(:ids AS uuid[])) AND wake_at = :turn"
        named = {"ids": list(ids), "turn": turn, "until": until}
        late = await self._sql.all(f"DELETE FROM push WHERE {held} AND deadline_at <= :until RETURNING id", **named)
        again = await self._sql.all(
            f"UPDATE push SET wake_at = :until, tries = tries + 1 WHERE {held} RETURNING id", **named
        )
        self.count(Fate.GIVEN_UP, len(late))
        self.count(Fate.UNREACHABLE, len(late) + len(again))

    async def drop_shown(self, account: UUID, outcomes: Collection[str], device: UUID | None) -> None:
        """What was sent is dropped too: no later message need speak of it again."""
        named = {"images": images_of(outcomes), "outcomes": list(outcomes)}
        await self._dropped(Fate.HELD_BACK, _DROP_SHOWN, account=account, device=device, **named)

    async def drop_read(self, account: UUID, project: UUID, seen_at: datetime) -> None:
        """At all of the account's devices."""
        await self._dropped(Fate.HELD_BACK, _DROP_READ, account=account, project=project, seen_at=seen_at)

    async def prune(self, older_than: float) -> None:
        """Of no interest to anybody any more, read or not."""
        await self._sql.run(
            "DELETE FROM push WHERE wake_at IS NULL "
            "AND coalesce(sent_at, ended_at) < now() - make_interval(secs => :older_than)",
            older_than=older_than,
        )


def _story(row: Row) -> Story:
    return Story(
        id=row["id"],
        device=row["subscription"],
        kind=NoticeKind(row["kind"]),
        ended_at=row["ended_at"],
        deadline_at=row["deadline_at"],
        tries=row["tries"],
        sent=row["sent_at"] is not None,
        stands=bool(row["stands"]),
        project=row["project"],
        project_name=row["project_name"],
        workspace=row["workspace"],
        image=row["image"],
        attempt=row["attempt"],
        batch=row["batch"],
        prompt=row["prompt"],
        problem=row["problem"],
        has_thumb=row["has_thumb"],
    )

"""The bugs: for each kind of fault one that it must find. A text that the code no longer has fails a test."""

from __future__ import annotations

from tests.chaos.mutations import Mutation, bug
from tests.chaos.provider_bugs import PROVIDER_BUGS

_CORE, _USE, _INFRA = "server/core", "server/usecases", "server/infra"
_NO_RESCUE = (
    "jobs/rescue.py",
    "    outlook = await parts.database.outlook()\n",
    "    return 0\n    outlook = await parts.database.outlook()\n",
)
_NO_CATCHING_UP = (
    f"{_INFRA}/turns.py",
    'f"SELECT id FROM {table} WHERE wake_at <= now() ORDER BY wake_at',
    "f\"SELECT id FROM {table} WHERE wake_at <= now() AND wake_at > now() - interval '0.4 s' ORDER BY wake_at",
)

BUGS: tuple[Mutation, ...] = (
    bug(
        "the turn of a worker that died never ends",
        "kill-before-intent kill-polling kill-before-download kill-after-download stop-before-final-commit "
        "commit-cut-final",
        (f"{_CORE}/limits.py", "    turn: float = 4.0\n", "    turn: float = 4_000.0\n"),
    ),
    bug(
        "a submit in doubt is sent again",
        "kill-after-intent kill-after-post-no-callback",
        (
            f"{_CORE}/rules.py",
            "    return _enter(image, Status.UNKNOWN, moment, policy.unknown_poll, ",
            "    if isinstance(fact, f.DeadlinePassed):\n"
            "        return _enter(image, Status.PENDING, moment, 0.0, policy.pending_deadline, dispatched_at=None)\n"
            "    return _enter(image, Status.UNKNOWN, moment, policy.unknown_poll, ",
        ),
        (
            f"{_CORE}/lifecycle.py",
            "(_S.SUBMITTING, f.DeadlinePassed): _to(rules.doubt, _S.UNKNOWN),",
            "(_S.SUBMITTING, f.DeadlinePassed): _to(rules.doubt, _S.UNKNOWN, _S.PENDING),",
        ),
    ),
    bug(
        "the task id that a callback brings is dropped",
        "kill-after-post kill-web-at-callback",
        (
            f"{_USE}/note_callback.py",
            "        await unit.attempts.keep_candidate(attempt.id, news)\n",
            "        pass\n",
        ),
    ),
    bug(
        "the task id is not written by itself",
        "kill-after-task-id",
        (f"{_INFRA}/attempts.py", '"UPDATE attempt SET task_id = :task, ', '"UPDATE attempt SET task_id = task_id, '),
    ),
    bug(
        "files are named by chance, not by content",
        "kill-after-a-blob kill-before-final-commit",
        ("jobs/save.py", "/{name}-{sha256}.", "/{name}-{__import__('uuid').uuid4().hex}."),
    ),
    bug(
        "the watermark is not compared",
        "kill-before-publish",
        ("server/live/hub.py", "                room.compare(top, before)\n", "                pass\n"),
    ),
    bug(
        "a reservation whose wake-up is lost is not looked at",
        "kill-after-reservation",
        (f"{_INFRA}/fair_queue.py", "wake_at = now() + interval '4 seconds'", "wake_at = now() + interval '4 hours'"),
    ),
    bug(
        "what rescue has claimed is its own for ever",
        "kill-rescue",
        (
            f"{_INFRA}/turns.py",
            '    rows = await sql.all(\n        f"UPDATE {table} SET wake_at = now() + ',
            "    rows = await sql.all(\n        f\"UPDATE {table} SET wake_at = now() + interval '1 hour' + ",
        ),
    ),
    bug(
        "the answer is not kept under its key",
        "kill-web-after-commit kill-web-after-upload commit-cut-request",
        (
            f"{_USE}/answer_once.py",
            "    await unit.idempotency.keep(viewer.account, once.key, answer)\n",
            "    pass\n",
        ),
    ),
    bug(
        "a replay leaves its first event out",
        "kill-web restart-web",
        (
            "server/live/past.py",
            "for seq, (key, payload) in enumerate(kept, since + 1)]",
            "for seq, (key, payload) in enumerate(kept, since + 1)][1:]",
        ),
        ("server/live/room.py", "if since < frame.seq < start]", "if since + 1 < frame.seq < start]"),
    ),
    bug(
        "a task id that comes too late is not asked about",
        "stop-after-post",
        (f"{_USE}/record_fact.py", "            await _settle_apart(unit, id, learned)\n", "            pass\n"),
        (
            f"{_USE}/record_fact.py",
            "        if image is not None and not image.lives_by(attempt.number):\n",
            "        if False:\n",
        ),
    ),
    bug(
        "rescue does no step itself",
        "stop-both-workers redis-stopped redis-gone",
        ("jobs/rescue.py", "        await _do_it_here(shop, wake, hands)\n", "        pass\n"),
    ),
    bug(
        "a poll that is broken off counts as a failure",
        "term-with-polls",
        (
            "jobs/steps.py",
            "            await give_back(shop.parts.database, image)\n            return None\n",
            "            answer = f.GenerationFailed(image.attempt, task_id)\n",
        ),
    ),
    bug(
        "a picture that cannot be stored now is given up",
        "disk-full",
        (
            "jobs/save.py",
            "        return f.SaveFailed(number, str(error))\n",
            "        return f.ResultRejected(number)\n",
        ),
    ),
    bug(
        "time is the worker's own",
        "clock-off",
        (
            f"{_INFRA}/database.py",
            'unit = PostgresUnit(sql, row["now"])',
            'unit = PostgresUnit(sql, datetime.fromtimestamp(__import__("time").time(), row["now"].tzinfo))',
        ),
    ),
    bug(
        "nobody looks for what is overdue",
        "redis-killed redis-flushed",
        _NO_RESCUE,
        _NO_CATCHING_UP,
    ),
    bug(
        "a loop ends when PostgreSQL is away",
        "postgres-restarted postgres-crashed",
        ("jobs/rescue.py", '            LOG.warning("rescue waits: %s", error)\n', "            raise\n"),
    ),
    bug(
        "an intent whose commit failed is taken for committed",
        "commit-cut-intent",
        (
            "jobs/submit.py",
            "        await commit_intent(shop.parts.database, intent, shop.parts.rules)\n",
            "        with __import__('contextlib').suppress(Unavailable):\n"
            "            await commit_intent(shop.parts.database, intent, shop.parts.rules)\n",
        ),
    ),
    bug(
        "a paid answer is written once or never",
        "commit-cut-task-id",
        ("jobs/submit.py", "            if time() > end:\n", "            if True:\n"),
    ),
    bug(
        "a connection is waited for for a minute",
        "pool-exhausted",
        (f"{_INFRA}/database.py", "ACQUIRE_TIMEOUT = 2.0\n", "ACQUIRE_TIMEOUT = 60.0\n"),
    ),
    bug(
        "a database that has no room is a bug",
        "database-crowded",
        (f"{_INFRA}/database.py", "    asyncpg.InsufficientResourcesError,\n", ""),
    ),
    bug(
        "a push that whoever died had taken is nobody's for an hour",
        "kill-before-push",
        (
            f"{_INFRA}/pushes.py",
            "    UPDATE push SET wake_at = now() + make_interval(secs => :duration)\n",
            "    UPDATE push SET wake_at = now() + interval '1 hour' + make_interval(secs => :duration)\n",
        ),
    ),
    bug(
        "no message takes the place of the one before",
        "kill-after-push",
        (f"{_CORE}/push_message.py", 'f"{device}:{tag}".encode()', "__import__('os').urandom(9)"),
    ),
    bug(
        "that a push was sent is not written down",
        "push-service-away",
        (
            f"{_INFRA}/pushes.py",
            '"UPDATE push SET sent_at = now(), wake_at = NULL WHERE id',
            '"UPDATE push SET tries = 0 WHERE id',
        ),
    ),
    *PROVIDER_BUGS,
)


def breaks(kind: str) -> Mutation:
    """The bug that this kind of fault must find."""
    return next(mutation for mutation in BUGS if kind in mutation.kinds)

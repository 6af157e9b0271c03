"""The bugs in how we take what the provider says and does."""

from __future__ import annotations

from tests.chaos.mutations import Mutation, bug

_CORE, _USE, _INFRA = "server/core", "server/usecases", "server/infra"

PROVIDER_BUGS: tuple[Mutation, ...] = (
    bug(
        "no connection is a failure of the picture",
        "provider-refuses",
        (
            f"{_CORE}/lifecycle.py",
            "(_S.PENDING, f.Refused): _to(rules.stay_pending, _S.PENDING),",
            "(_S.PENDING, f.Refused): _to(rules.input_failed, _S.FAILED),",
        ),
    ),
    bug(
        "the submit time-out is far too short",
        "provider-slow",
        ("jobs/workshop.py", "submit_timeout=policy.submit_timeout", "submit_timeout=0.3"),
    ),
    bug(
        "a submit that got no answer is taken for refused",
        "provider-silent provider-cuts submit-never-answered",
        (
            "jobs/nanobanana/client.py",
            "    return Ambiguous(attempt, _words(error), excerpt(bytes(exchange.body)))\n",
            "    return Refused(attempt, Halt.UNREACHABLE, None, _words(error))\n",
        ),
    ),
    bug(
        "an answer that makes no sense is taken for refused",
        "submit-lies submit-lies-uncharged",
        (
            "jobs/nanobanana/protocol.py",
            "    return Ambiguous(attempt, reason, excerpt(reply.body))\n",
            "    return Refused(attempt, Halt.UNREACHABLE, None, reason)\n",
        ),
    ),
    bug(
        "Retry-After is not read",
        "rate-limited",
        (
            "jobs/nanobanana/protocol.py",
            "return Refused(attempt, verdict, retry_after(reply), ",
            "return Refused(attempt, verdict, None, ",
        ),
    ),
    bug(
        "what is to be waited for fails the picture",
        "maintenance out-of-credits bad-key",
        ("jobs/nanobanana/codes.py", "455: Meaning(Halt.MAINTENANCE,", "455: Meaning(_P.REQUEST_REJECTED,"),
        ("jobs/nanobanana/codes.py", "402: Meaning(Halt.OUT_OF_CREDITS,", "402: Meaning(_P.REQUEST_REJECTED,"),
        ("jobs/nanobanana/codes.py", "401: Meaning(Halt.BAD_KEY,", "401: Meaning(_P.REQUEST_REJECTED,"),
    ),
    bug(
        "the HTTP status is believed before the body's code",
        "body-contradicts",
        (
            "jobs/nanobanana/envelope.py",
            "return Envelope(code_of_status(reply) if code is None else code, ",
            "return Envelope(code_of_status(reply), ",
        ),
    ),
    bug(
        "a task that is not known yet is given up",
        "polls-lie",
        (
            "jobs/nanobanana/protocol.py",
            "        return TaskMissing(attempt)\n",
            "        return GenerationFailed(attempt, task_id)\n",
        ),
    ),
    bug(
        "nobody ends what is past its deadline",
        "never-done",
        (f"{_CORE}/lifecycle.py", "    (_S.PROCESSING, f.DeadlinePassed): _to(rules.expire, *_FAILS),\n", ""),
    ),
    bug(
        "a callback for a task that is known is refused",
        "callback-ten-times",
        (
            f"{_USE}/note_callback.py",
            "        if attempt is None:\n",
            "        if attempt is None or attempt.known_task == task_id:\n",
        ),
    ),
    bug(
        "a task id that a callback brought first raises an alarm",
        "callback-first",
        (
            f"{_INFRA}/attempts.py",
            "AND (task_id IS NULL OR task_id = :task) RETURNING id",
            "AND task_id IS NULL AND candidate_task_id IS NULL RETURNING id",
        ),
    ),
    bug(
        "a callback's task is taken for ours unproved",
        "callback-forged",
        (f"{_USE}/confirm_candidate.py", "        return False\n", "        return True\n"),
    ),
    bug(
        "a callback may be of any size",
        "callback-hostile",
        ("server/api/callbacks.py", "BODY_LIMIT = 64 * 1024\n", "BODY_LIMIT = 64 * 1024 * 1024\n"),
    ),
    bug(
        "only callbacks are counted on",
        "callback-never",
        (
            f"{_CORE}/rules.py",
            "    wait = last_look(wait, deadline, moment.policy.turn)\n",
            "    wait = deadline\n",
        ),
    ),
    bug(
        "success without an address is asked about for ever",
        "success-without-url",
        (
            f"{_CORE}/rules.py",
            "        return _fail(image, Problem(ProblemCode.PROVIDER_NO_OUTPUT, charged=True), moment)\n",
            "        return _look_again(image, moment, wait)\n",
        ),
    ),
    bug(
        "a result that is gone is fetched for ever",
        "result-gone",
        ("jobs/save.py", "        return f.ResultMissing(number)\n", '        return f.SaveFailed(number, "")\n'),
    ),
    bug(
        "results are fetched from anywhere",
        "result-elsewhere",
        (f"{_CORE}/destination.py", "        if origin == self.trusted:\n            return\n", "        return\n"),
        (f"{_CORE}/destination.py", "        if origin != self.trusted and not all(", "        if False and not all("),
    ),
    bug(
        "a result that is no picture is fetched for ever",
        "result-bad",
        (
            "jobs/save.py",
            "        return f.ResultRejected(number, Problem(ProblemCode.BAD_RESULT, str(error)[:200]",
            '        return f.SaveFailed(number, "") or (number, Problem(ProblemCode.BAD_RESULT, str(error)[:200]',
        ),
    ),
    bug(
        "a black picture is not flagged",
        "result-odd",
        (
            f"{_CORE}/rules.py",
            'metadata = {**image.metadata, "flat": True} if fact.flat else image.metadata',
            "metadata = image.metadata",
        ),
    ),
)

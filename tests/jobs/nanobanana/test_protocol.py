"""The protocol without a socket: what is asked, and what every reply means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.nanobanana.codes import MEANINGS
from jobs.nanobanana.protocol import (
    Record,
    Reply,
    Submission,
    credit_request,
    read_credit,
    read_record,
    read_submit,
    record_request,
    submit_request,
)
from server.core.catalog import MODELS
from server.core.errors import ProblemCode
from server.core.facts import (
    Accepted,
    Ambiguous,
    Generated,
    Generating,
    GenerationFailed,
    Halt,
    NoOutput,
    PollFailed,
    Refused,
    Rejected,
    TaskMissing,
)

TASK = "31ce2c17b257492959d62279e6d01a54"
URL = "https://tempfile.example/x.jpeg"


def reply(content: Any, status: int = 200, **headers: str) -> Reply:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def record(content: Any, status: int = 200, **headers: str) -> Record:
    return read_record(2, TASK, reply(content, status, **headers))


def task(**data: Any) -> Record:
    return record({"code": 200, "msg": "success", "data": {"taskId": TASK, **data}})


# Requests


def test_the_first_model_is_asked_by_its_misspelled_type() -> None:
    request = submit_request(Submission("nano-banana", "a fox", (), "16:9"))
    assert (request.method, request.path) == ("POST", "/api/v1/nanobanana/generate")
    assert request.json == {"prompt": "a fox", "type": "TEXTTOIAMGE", "numImages": 1, "image_size": "16:9"}


def test_the_first_model_with_inputs() -> None:
    request = submit_request(Submission("nano-banana", "a fox", ("https://a/1",), "1:1", "1K", "https://a/cb"))
    assert request.json == {
        "prompt": "a fox",
        "type": "IMAGETOIAMGE",
        "numImages": 1,
        "image_size": "1:1",
        "imageUrls": ["https://a/1"],
        "callBackUrl": "https://a/cb",
    }


def test_pro_is_asked_with_resolution_and_ratio() -> None:
    request = submit_request(Submission("nano-banana-pro", "a fox", ("https://a/1", "https://a/2"), "4:3", "4K"))
    assert request.path == "/api/v1/nanobanana/generate-pro"
    inputs = ["https://a/1", "https://a/2"]
    assert request.json == {"prompt": "a fox", "imageUrls": inputs, "resolution": "4K", "aspectRatio": "4:3"}


def test_the_second_model_says_that_there_are_no_inputs() -> None:
    request = submit_request(Submission("nano-banana-2", "a fox", (), "8:1", "2K", "https://a/cb"))
    assert request.path == "/api/v1/nanobanana/generate-2"
    assert request.json == {
        "prompt": "a fox",
        "imageUrls": [],
        "aspectRatio": "8:1",
        "resolution": "2K",
        "outputFormat": "jpg",
        "callBackUrl": "https://a/cb",
    }


def test_every_model_on_offer_can_be_asked() -> None:
    paths = {submit_request(Submission(model, "a fox")).path for model in MODELS}
    assert len(paths) == len(MODELS)


def test_an_unknown_model_is_told() -> None:
    with pytest.raises(ValueError, match="nano-banana-9"):
        submit_request(Submission("nano-banana-9", "a fox"))


def test_the_record_is_asked_by_task_id_in_camel_case() -> None:
    request = record_request(TASK)
    assert (request.method, request.path, request.json) == ("GET", "/api/v1/nanobanana/record-info", None)
    assert request.params == {"taskId": TASK}
    assert credit_request().path == "/api/v1/common/credit"


# A submit's answer


def test_a_task_id_is_accepted() -> None:
    assert read_submit(3, reply({"code": 200, "msg": "success", "data": {"taskId": TASK}})) == Accepted(3, TASK)
    assert read_submit(3, reply({"code": "200", "message": "ok", "data": {"taskId": 12}})) == Accepted(3, "12")


@pytest.mark.parametrize("code", [402, 429, 500, 501, 777])
def test_a_task_id_is_never_dropped(code: int) -> None:
    assert read_submit(1, reply({"code": code, "data": {"taskId": TASK}}, 502)) == Accepted(1, TASK)


@pytest.mark.parametrize(
    ("code", "halt"),
    [
        (401, Halt.BAD_KEY),
        (403, Halt.BAD_KEY),
        (402, Halt.OUT_OF_CREDITS),
        (429, Halt.RATE_LIMITED),
        (455, Halt.MAINTENANCE),
    ],
)
def test_a_clear_refusal_names_its_halt(code: int, halt: Halt) -> None:
    by_body = read_submit(1, reply({"code": code, "msg": "no", "data": None}))
    by_status = read_submit(1, reply(b"<html>no</html>", code))
    assert by_body == Refused(1, halt, None, "no")
    assert by_status == Refused(1, halt, None, f"code {code}")


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        (400, ProblemCode.REQUEST_REJECTED),
        (404, ProblemCode.REQUEST_REJECTED),
        (413, ProblemCode.REQUEST_REJECTED),
        (422, ProblemCode.REQUEST_REJECTED),
        (451, ProblemCode.INPUT_UNREACHABLE),
        (505, ProblemCode.MODEL_UNAVAILABLE),
    ],
)
def test_a_rejection_names_its_problem_and_cost_nothing(code: int, problem: ProblemCode) -> None:
    fact = read_submit(1, reply({"code": code, "message": "wrong field", "data": {}}))
    assert isinstance(fact, Rejected) and fact.problem is not None
    assert (fact.problem.code, fact.problem.detail, fact.problem.charged) == (problem, "wrong field", False)


def test_a_flagged_prompt_is_the_prompts_fault() -> None:
    fact = read_submit(1, reply({"code": 400, "msg": "Your prompt was flagged as violating content policies"}))
    assert isinstance(fact, Rejected) and fact.problem and fact.problem.code is ProblemCode.PROMPT_REJECTED


def test_the_bodys_code_wins_over_the_status() -> None:
    assert read_submit(1, reply({"code": 402, "msg": "no credits"}, 200)) == Refused(
        1, Halt.OUT_OF_CREDITS, None, "no credits"
    )
    assert isinstance(read_submit(1, reply({"code": 200}, 429)), Ambiguous)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<html><h1>502 Bad Gateway</h1>", 502),
        (b"", 200),
        (b'{"code":200,"data":{"taskId":"31ce', 200),
        ({"code": 200, "msg": "success", "data": {}}, 200),
        ({"code": 200, "msg": "success", "data": {"taskId": "  "}}, 200),
        ({"code": 200, "msg": "success", "data": {"taskId": "a\x00b"}}, 200),
        ({"code": 200, "msg": "success", "data": None}, 200),
        ({"code": 500, "msg": "internal"}, 200),
        ({"code": 501, "msg": "failed"}, 200),
        ([1, 2], 200),
        (b"HTTP Version Not Supported", 505),
        (b"[" * 100_000, 200),
        (b"", 302),
    ],
)
def test_what_may_have_been_accepted_is_ambiguous(content: Any, status: int) -> None:
    fact = read_submit(4, reply(content, status))
    assert isinstance(fact, Ambiguous) and fact.attempt == 4 and fact.reason
    assert len(fact.body) <= 2_048


def test_an_ambiguous_body_is_kept_without_what_cannot_be_stored_or_shown() -> None:
    body = b'<html>\x00\xff see https://studio.example/api/inputs/SECRET?sig=1 "ok"'
    fact = read_submit(1, reply(body, 502))
    assert isinstance(fact, Ambiguous)
    assert fact.body == '<html>\ufffd see https://studio.example/… "ok"'


@pytest.mark.parametrize(
    ("value", "wait"), [("30", 30.0), (" 1.5 ", 1.5), ("999999", 3600.0), ("-5", None), ("soon", None), ("", None)]
)
def test_retry_after_in_seconds_is_bounded(value: str, wait: float | None) -> None:
    fact = read_submit(1, reply({"code": 429}, 429, RETRY_AFTER=value))
    assert isinstance(fact, Refused) and fact.retry_after == wait


def test_retry_after_as_a_date_is_measured_on_the_providers_clock() -> None:
    dates = {"Date": "Tue, 01 Jan 2030 00:00:00 GMT", "Retry-After": "Tue, 01 Jan 2030 00:00:42 GMT"}
    fact = read_submit(1, reply({"code": 429}, 429, **dates))
    assert isinstance(fact, Refused) and fact.retry_after == 42.0
    past = read_submit(1, reply({"code": 429}, 429, Date=dates["Retry-After"], Retry_After=dates["Date"]))
    assert isinstance(past, Refused) and past.retry_after == 0.0


def test_retry_after_as_a_date_alone_is_measured_on_ours() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    fact = read_submit(1, reply({"code": 429}, 429, Retry_After=date))
    assert isinstance(fact, Refused) and fact.retry_after is not None and 60 < fact.retry_after <= 100


# A task's record


def test_success_gives_the_address_and_what_the_provider_said() -> None:
    found = task(
        successFlag=1,
        response={"originImageUrl": "https://tempfile.example/origin", "resultImageUrl": URL},
        operationType="nano-banana-2_1k",
        createTime="2026-02-27 24:00:00",
        completeTime=1_772_150_400_000,
        errorCode=0,
        errorMessage="",
    )
    details = {
        "operationType": "nano-banana-2_1k",
        "createTime": "2026-02-27 24:00:00",
        "completeTime": "1772150400000",
    }
    assert found.fact == Generated(2, TASK, URL, {"provider": details})


@pytest.mark.parametrize(
    "response",
    [
        {"resultImageUrl": URL},
        {"resultImageUrl": [URL]},
        {"resultUrls": [URL, "https://tempfile.example/2"]},
        {"resultImageUrl": None, "resultUrls": json.dumps([URL])},
        {"resultImageUrl": f"{URL}, https://tempfile.example/2"},
        {"resultUrls": ["", None, f" {URL} "]},
        json.dumps({"resultImageUrl": URL}),
        [URL],
        URL,
    ],
)
def test_a_result_is_found_in_every_shape(response: Any) -> None:
    fact = task(successFlag="1", response=response).fact
    assert isinstance(fact, Generated) and fact.url == URL


def test_a_comma_inside_an_address_does_not_cut_it() -> None:
    fact = task(successFlag=1, response={"resultImageUrl": "https://h.example/w_1,h_2/x.png"}).fact
    assert isinstance(fact, Generated) and fact.url == "https://h.example/w_1,h_2/x.png"


@pytest.mark.parametrize("response", [None, "", 0, {}, [], {"resultImageUrl": ""}, {"resultUrls": []}, "null", "{"])
def test_success_without_an_address_is_no_output(response: Any) -> None:
    assert task(successFlag=1, response=response).fact == NoOutput(2, TASK)


def test_the_original_image_is_never_taken_for_the_result() -> None:
    assert task(successFlag=1, response={"originImageUrl": URL}).fact == NoOutput(2, TASK)


@pytest.mark.parametrize("flag", [0, "0", 7, -1, None, "", True, 1.5, "soon", [], 10**400])
def test_any_other_flag_is_still_generating(flag: Any) -> None:
    assert task(successFlag=flag).fact == Generating(2, TASK)


def test_a_task_that_was_not_created_may_have_been_charged_all_the_same() -> None:
    fact = task(successFlag=2, errorMessage="create failed").fact
    assert isinstance(fact, GenerationFailed) and fact.problem
    assert fact.problem.as_json() == {"code": "create_failed", "detail": "create failed", "charged": True}


@pytest.mark.parametrize(
    ("code", "message", "problem"),
    [
        (400, "flagged", ProblemCode.PROMPT_REJECTED),
        ("400", None, ProblemCode.PROMPT_REJECTED),
        (500, "Internal error", ProblemCode.GENERATION_FAILED),
        ("501", "", ProblemCode.GENERATION_FAILED),
        (None, None, ProblemCode.GENERATION_FAILED),
        ("", "content policy violation", ProblemCode.PROMPT_REJECTED),
        (451, "cannot fetch", ProblemCode.INPUT_UNREACHABLE),
        (505, "disabled", ProblemCode.MODEL_UNAVAILABLE),
        ("E_WHATEVER", "odd", ProblemCode.GENERATION_FAILED),
    ],
)
def test_a_failed_generation_names_its_problem_and_may_have_cost(code: Any, message: Any, problem: ProblemCode) -> None:
    fact = task(successFlag=3, errorCode=code, errorMessage=message).fact
    assert isinstance(fact, GenerationFailed) and fact.problem
    assert (fact.problem.code, fact.problem.detail, fact.problem.charged) == (problem, message or None, True)


def test_an_address_in_an_error_is_cut_after_its_host() -> None:
    fact = task(successFlag=3, errorCode=451, errorMessage="no https://us.example/api/inputs/SECRET!").fact
    assert isinstance(fact, GenerationFailed) and fact.problem and fact.problem.detail == "no https://us.example/…"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"code": 404, "msg": "not found"}, 200),
        ({"message": "not found"}, 404),
        ({"code": 422, "msg": "recordInfo is null", "data": None}, 200),
        ({"code": 200, "msg": "success", "data": None}, 200),
        ({"code": 200, "data": ""}, 200),
        ({"code": 200, "data": 0}, 200),
        ({"code": 200, "data": {}}, 200),
        ({"code": 200}, 200),
    ],
)
def test_a_task_unknown_as_yet_is_missing(content: Any, status: int) -> None:
    assert record(content, status).fact == TaskMissing(2)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<html>502</html>", 502),
        (b"<html>404</html>", 404),
        (b"", 200),
        ({"code": 401, "msg": "bad key"}, 200),
        ({"code": 402}, 402),
        ({"code": 455}, 200),
        ({"code": 500, "data": {"taskId": TASK, "successFlag": 0}}, 200),
        ({"code": 200, "data": [1]}, 200),
        ({"code": 200, "data": {"taskId": "another", "successFlag": 1, "response": URL}}, 200),
    ],
)
def test_an_answer_that_tells_nothing_is_asked_again(content: Any, status: int) -> None:
    fact = record(content, status).fact
    assert isinstance(fact, PollFailed) and fact.reason


def test_a_rate_limited_poll_says_how_long() -> None:
    fact = record({"code": 429, "msg": "slow down"}, 429, Retry_After="30").fact
    assert fact == PollFailed(2, "code 429: slow down", 30.0)


def test_an_ended_task_is_believed_whatever_the_code_around_it() -> None:
    fact = record({"code": 501, "data": {"taskId": TASK, "successFlag": 3}}).fact
    assert isinstance(fact, GenerationFailed) and fact.problem and fact.problem.code is ProblemCode.GENERATION_FAILED
    assert isinstance(record({"code": 501, "msg": "failed", "data": None}).fact, GenerationFailed)
    done = record({"code": 500, "data": {"successFlag": 1, "response": {"resultImageUrl": URL}}}).fact
    assert isinstance(done, Generated)


def test_the_callback_address_is_read_out_of_the_request_it_repeats() -> None:
    asked = {"prompt": "a fox", "callBackUrl": "https://us.example/api/callbacks/nanobanana/n"}
    assert task(successFlag=0, paramJson=json.dumps(asked)).callback_url == asked["callBackUrl"]
    assert task(successFlag=0, paramJson=asked).callback_url == asked["callBackUrl"]
    for unreadable in ("", "{", "[]", None, 0, json.dumps({"callBackUrl": 1})):
        assert task(successFlag=0, paramJson=unreadable).callback_url is None


# The balance


@pytest.mark.parametrize(
    ("content", "credit"),
    [
        ({"code": 200, "data": 100}, 100.0),
        ({"code": "200", "data": "12.5"}, 12.5),
        ({"code": 200, "data": 0}, 0.0),
        ({"code": 200, "data": None}, None),
        ({"code": 200, "data": True}, None),
        ({"code": 200, "data": "NaN"}, None),
        ({"code": 200, "data": 10**400}, None),
        ({"code": 401, "data": 100}, None),
        (b"<html>", None),
    ],
)
def test_the_balance_is_a_number_or_unknown(content: Any, credit: float | None) -> None:
    assert read_credit(reply(content)) == credit


# Anything at all

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_codes = st.sampled_from([0, 200, *MEANINGS, "200", "402", None, 1e300, True]) | _json
_data = _json | st.fixed_dictionaries(
    {},
    optional={
        "taskId": st.just(TASK) | _json,
        "successFlag": st.integers(-1, 4) | _json,
        "response": st.fixed_dictionaries({}, optional={"resultImageUrl": _json, "resultUrls": _json}) | _json,
        "errorCode": _codes,
        "errorMessage": _json,
        "paramJson": _json,
    },
)
_envelopes = st.fixed_dictionaries({}, optional={"code": _codes, "msg": _json, "message": _json, "data": _data})
_bodies = st.binary(max_size=300) | (_envelopes | _json).map(lambda value: json.dumps(value).encode())
_replies = st.builds(
    Reply,
    st.integers(100, 599) | st.sampled_from([200, *MEANINGS]),
    st.fixed_dictionaries({}, optional={"Retry-After": st.text(), "date": st.text()}),
    _bodies,
)


@given(_replies)
def test_no_submit_raises_and_none_is_accepted_without_a_task_id(answer: Reply) -> None:
    fact = read_submit(1, answer)
    assert isinstance(fact, Accepted | Refused | Rejected | Ambiguous) and fact.attempt == 1
    if isinstance(fact, Accepted):
        data = json.loads(answer.body)["data"]
        assert fact.task_id and fact.task_id == str(data["taskId"]).strip()
    if isinstance(fact, Refused):
        assert fact.retry_after is None or 0 <= fact.retry_after <= 3_600
    _assert_storable(fact)


@given(_replies)
def test_no_record_raises_and_none_is_generated_without_an_address(answer: Reply) -> None:
    found = read_record(1, TASK, answer)
    if isinstance(found.fact, Generated):
        assert found.fact.url and found.fact.task_id == TASK
    _assert_storable(found.fact)


@given(_replies)
def test_no_balance_raises(answer: Reply) -> None:
    credit = read_credit(answer)
    assert credit is None or abs(credit) < float("inf")


def _assert_storable(fact: Any) -> None:
    for text in _texts(asdict(fact)):
        assert "\x00" not in text
        text.encode()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (*_texts(key), *_texts(inner))
    elif isinstance(value, str):
        yield value


# The page that people read


def test_the_documented_table_is_the_table() -> None:
    page = (Path(__file__).parents[3] / "docs" / "nanobanana.md").read_text()
    rows = re.findall(r"^\| (\d{3}) \|[^|]*\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    documented = {int(code): tuple(re.findall(r"`([^`]+)`", cells[0] + cells[1] + cells[2])) for code, *cells in rows}
    in_code = {
        code: (str(meaning.submit or "ambiguous"), str(meaning.record), str(meaning.task))
        for code, meaning in MEANINGS.items()
    }
    assert documented == in_code

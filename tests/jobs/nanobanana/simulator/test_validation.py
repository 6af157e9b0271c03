"""The rules of the three endpoints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobs.nanobanana.simulator.envelope import Refused
from jobs.nanobanana.simulator.models import NANO_BANANA, NANO_BANANA_2, NANO_BANANA_PRO, Model
from jobs.nanobanana.simulator.validation import Submission, validated

TEXT = {"prompt": "a cat", "type": "TEXTTOIAMGE"}
PLAIN = {"prompt": "a cat"}
URL = "http://example.test/a.png"


def checked(model: Model, **fields: Any) -> Submission:
    return validated(model, json.dumps(fields).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_code_400_and_http_400(body: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        validated(NANO_BANANA_2, body)
    assert (refusal.value.code, refusal.value.status) == (400, 400)


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (NANO_BANANA_2, {}),
        (NANO_BANANA_2, {"prompt": "  "}),
        (NANO_BANANA_2, {"prompt": 3}),
        (NANO_BANANA, PLAIN),
    ],
)
def test_what_is_missing_is_code_400(model: Model, fields: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        checked(model, **fields)
    assert refusal.value.code == 400


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (NANO_BANANA, {**TEXT, "type": "TEXTTOIMAGE"}),
        (NANO_BANANA, {**TEXT, "type": "IMAGETOIAMGE"}),
        (NANO_BANANA, {**TEXT, "image_size": "auto"}),
        (NANO_BANANA, {**TEXT, "numImages": 5}),
        (NANO_BANANA, {**TEXT, "numImages": True}),
        (NANO_BANANA, {**TEXT, "watermark": 1}),
        (NANO_BANANA_PRO, {**PLAIN, "resolution": "8K"}),
        (NANO_BANANA_PRO, {**PLAIN, "aspectRatio": "1:8"}),
        (NANO_BANANA_PRO, {**PLAIN, "imageUrls": [URL] * 9}),
        (NANO_BANANA_2, {**PLAIN, "imageUrls": [URL] * 15}),
        (NANO_BANANA_2, {**PLAIN, "imageUrls": ["data:image/png;base64,AA"]}),
        (NANO_BANANA_2, {**PLAIN, "imageUrls": ["http://[bad"]}),
        (NANO_BANANA_2, {**PLAIN, "imageUrls": URL}),
        (NANO_BANANA_2, {**PLAIN, "aspectRatio": ["1:1"]}),
        (NANO_BANANA_2, {**PLAIN, "outputFormat": "webp"}),
        (NANO_BANANA_2, {**PLAIN, "googleSearch": "yes"}),
        (NANO_BANANA_2, {**PLAIN, "callBackUrl": "ftp://example.test"}),
        (NANO_BANANA_2, {"prompt": "x" * 20_001}),
    ],
)
def test_what_breaks_a_rule_is_code_422_and_http_200(model: Model, fields: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refusal:
        checked(model, **fields)
    assert (refusal.value.code, refusal.value.status) == (422, 200)


def test_defaults_and_unknown_fields() -> None:
    submission = checked(NANO_BANANA_2, **PLAIN, type="whatever", seed=3, imageUrls=[])
    assert (submission.resolution, submission.ratio, submission.form) == ("1K", "auto", "jpg")
    assert json.loads(submission.raw)["seed"] == 3


def test_text_to_image_ignores_inputs_where_the_type_says_so() -> None:
    assert checked(NANO_BANANA, **TEXT, imageUrls=[URL]).image_urls == ()
    assert checked(NANO_BANANA, prompt="x", type="IMAGETOIAMGE", imageUrls=[URL]).image_urls == (URL,)


@pytest.mark.parametrize(
    ("model", "fields", "usd"),
    [
        (NANO_BANANA, TEXT, 0.02),
        (NANO_BANANA, {**TEXT, "numImages": 3}, 0.06),
        (NANO_BANANA_2, PLAIN, 0.04),
        (NANO_BANANA_2, {**PLAIN, "resolution": "2K"}, 0.06),
        (NANO_BANANA_2, {**PLAIN, "resolution": "4K"}, 0.09),
        (NANO_BANANA_PRO, {**PLAIN, "resolution": "2K"}, 0.09),
        (NANO_BANANA_PRO, {**PLAIN, "resolution": "4K"}, 0.12),
    ],
)
def test_prices(model: Model, fields: dict[str, Any], usd: float) -> None:
    assert checked(model, **fields).amount_usd == usd

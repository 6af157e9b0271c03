"""What a submit may hold: the rules of each endpoint, and the codes of their breach.

Code 400 (HTTP 400): the body is no JSON object, or `prompt` or `type` is missing. Code 422 (HTTP 200): a field breaks
its rule. Fields that are not known are ignored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from .envelope import Refused
from .models import NANO_BANANA, NANO_BANANA_2, Model
from .painting.commission import Form

MOST_BODY_BYTES = 1024 * 1024
_TEXT, _IMAGE = "TEXTTOIAMGE", "IMAGETOIAMGE"
_FORMS: dict[object, Form] = {"png": "png", "jpg": "jpg"}


@dataclass(frozen=True)
class Submission:
    """A valid request: what is to be painted, and the request itself as JSON text (`raw`)."""

    model: Model
    prompt: str
    raw: str
    resolution: str = "1K"
    ratio: str = "auto"
    form: Form = "jpg"
    image_urls: tuple[str, ...] = ()
    callback_url: str | None = None
    watermark: str = ""
    count: int = 1

    @property
    def amount_usd(self) -> float:
        """What it costs, in US$."""
        return round(self.model.prices[self.resolution] * self.count, 4)


def validated(model: Model, body: bytes) -> Submission:
    """The submission; raises Refused with the provider's code."""
    fields = _object(body)
    prompt = fields.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refused(400, "prompt is required", status=400)
    if model.longest_prompt is not None and len(prompt) > model.longest_prompt:
        raise Refused(422, f"prompt exceeds {model.longest_prompt} characters")
    urls = _image_urls(fields, model)
    if model is NANO_BANANA:
        urls = _by_type(fields, urls)
    return Submission(
        model=model,
        prompt=prompt,
        raw=json.dumps(fields, ensure_ascii=False),
        resolution=str(_one_of(fields, "resolution", tuple(model.prices), "1K")) if len(model.prices) > 1 else "1K",
        ratio=str(_one_of(fields, model.ratio_field, model.ratios, "auto")),
        form=_form(fields) if model is NANO_BANANA_2 else "jpg",
        image_urls=urls,
        callback_url=_callback_url(fields),
        watermark=_watermark(fields) if model is NANO_BANANA else "",
        count=_count(fields) if model is NANO_BANANA else 1,
    )


def _object(body: bytes) -> dict[str, object]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "the body is not valid JSON", status=400) from error
    if not isinstance(fields, dict):
        raise Refused(400, "the body is not a JSON object", status=400)
    return fields


def _by_type(fields: dict[str, object], urls: tuple[str, ...]) -> tuple[str, ...]:
    kind = fields.get("type")
    if kind is None:
        raise Refused(400, "type is required", status=400)
    if kind not in (_TEXT, _IMAGE):
        raise Refused(422, f"type must be {_TEXT} or {_IMAGE}")
    if kind == _IMAGE and not urls:
        raise Refused(422, f"imageUrls is required for {_IMAGE}")
    return urls if kind == _IMAGE else ()


def _image_urls(fields: dict[str, object], model: Model) -> tuple[str, ...]:
    urls = fields.get("imageUrls")
    if urls is None:
        return ()
    if not isinstance(urls, list) or not all(_is_web_url(url) for url in urls):
        raise Refused(422, "imageUrls must be a list of http or https URLs")
    if len(urls) > model.most_inputs:
        raise Refused(422, f"imageUrls holds more than {model.most_inputs} URLs")
    return tuple(urls)


def _callback_url(fields: dict[str, object]) -> str | None:
    url = fields.get("callBackUrl")
    if url is None or url == "":
        return None
    if not _is_web_url(url):
        raise Refused(422, "callBackUrl must be an http or https URL")
    return str(url)


def _is_web_url(url: object) -> bool:
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _one_of(fields: dict[str, object], name: str, allowed: tuple[str, ...], default: str) -> object:
    value = fields.get(name)
    if value is None:
        return default
    if value not in allowed:
        raise Refused(422, f"{name} must be one of {', '.join(allowed)}")
    return value


def _form(fields: dict[str, object]) -> Form:
    search = fields.get("googleSearch")
    if search is not None and not isinstance(search, bool):
        raise Refused(422, "googleSearch must be a boolean")
    return _FORMS[_one_of(fields, "outputFormat", ("png", "jpg"), "jpg")]


def _watermark(fields: dict[str, object]) -> str:
    text = fields.get("watermark")
    if text is not None and not isinstance(text, str):
        raise Refused(422, "watermark must be a string")
    return text or ""


def _count(fields: dict[str, object]) -> int:
    count = fields.get("numImages", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= 4:
        raise Refused(422, "numImages must be a whole number from 1 to 4")
    return count

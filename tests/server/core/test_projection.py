"""What everybody sees of an entity: exactly the shapes of the API, and nothing secret."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from server.api import schemas
from server.core.account import Project
from server.core.image import Estimate
from server.core.projection import public_image, public_project
from tests.server.core.reachable_images import START, reachable_images

IMAGES = reachable_images()
# Parts of keys that must never be told: storage, the provider's addresses, times of the machine, people.
SECRET = ("nonce", "key", "url", "wake_at", "deadline", "dispatched", "workspace", "author", "tries", "misses")


def all_keys(value: object) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(all_keys, value.values()))
    if isinstance(value, list):
        return set().union(*map(all_keys, value))
    return set()


def test_an_image_is_exactly_the_apis_shape() -> None:
    for image in IMAGES:
        told = public_image(image)
        assert list(told) == list(schemas.Image.model_fields)
        parsed = schemas.Image.model_validate_json(json.dumps(told))
        assert parsed.model_dump(mode="json", by_alias=True).keys() == told.keys()
        assert schemas.Image.model_validate(parsed.model_dump()) == parsed


def test_every_value_survives_the_way_through_json() -> None:
    for image in IMAGES:
        told = public_image(image)
        parsed = schemas.Image.model_validate_json(json.dumps(told))
        assert (parsed.id, parsed.status, parsed.version) == (image.id, image.status, image.version)
        assert (parsed.created_at, parsed.finished_at) == (image.created_at, image.finished_at)
        assert parsed.metadata == dict(image.metadata)
        assert set(parsed.renditions) == set(image.renditions)
        assert parsed.cancel_requested == (image.cancel_requested_at is not None)


def test_nothing_secret_is_told() -> None:
    for image in IMAGES:
        # Whose it is, its workspace may know.
        keys = set(all_keys(public_image(image))) - {"author"}
        assert not {key for key in keys for word in SECRET if word in key}


def test_storage_keys_stay_inside() -> None:
    [stored, *_] = [image for image in IMAGES if image.renditions]
    assert stored.renditions["original"].key not in json.dumps(public_image(stored))


def test_options_and_estimates_are_told_flat() -> None:
    image = replace(IMAGES[0], estimate=Estimate(2.5, 7.0), inputs=(UUID(int=5), UUID(int=4)))
    told = public_image(image)
    assert told["estimate"] == {"p50": 2.5, "p90": 7.0}
    assert told["inputs"] == [str(UUID(int=5)), str(UUID(int=4))]
    assert (told["aspect_ratio"], told["resolution"]) == (image.options.aspect_ratio, image.options.resolution)


def test_a_project_is_exactly_the_apis_shape() -> None:
    project = Project(UUID(int=1), UUID(int=2), "Atelier", 3, START, START, None)
    told = public_project(project)
    assert list(told) == list(schemas.Project.model_fields)
    assert schemas.Project.model_validate_json(json.dumps(told)).version == 3


def test_times_carry_their_zone() -> None:
    told = public_project(Project(UUID(int=1), UUID(int=2), "A", 1, START, START, START))
    assert datetime.fromisoformat(told["trashed_at"]).tzinfo == UTC

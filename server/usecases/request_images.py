"""Ask for generated pictures: N images are N rows, N tasks and N prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from server.core.account import Viewer
from server.core.catalog import MODELS, Model, Terms, nearest_ratio
from server.core.errors import ErrorCode, Refusal
from server.core.image import Estimate, Image, Kind, Options, Status
from server.core.limits import seconds
from server.core.poll_times import learn
from server.core.ports import Database, Unit
from server.core.projection import public_image
from server.core.stores import Lock, Wake
from server.usecases.answer_once import OnceKey, answer_once
from server.usecases.find import find_project, require_writer
from server.usecases.move_image import Rules, tell_image
from server.usecases.require_budget import require_budget

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks for."""

    project: UUID
    prompt: str
    inputs: tuple[UUID, ...]
    model: str
    aspect_ratio: str
    resolution: str
    count: int
    batch: UUID | None = None


async def request_images(
    database: Database, viewer: Viewer, wish: Wish, terms: Terms, rules: Rules, once: OnceKey | None = None
) -> Mapping[str, Any]:
    """`{"images": […]}`, all pending. Nothing is written, nothing will be charged, where it raises.

    Raises `Refusal` (NOT_FOUND, UNSUPPORTED_OPTION, INPUTS_UNREACHABLE, WRONG_STATE, DAILY_CAP_REACHED, KEY_REUSED,
    READ_ONLY), `Unavailable`.
    """
    require_writer(viewer)
    model = _check_options(wish, terms)

    async def work(unit: Unit) -> Mapping[str, Any]:
        return await answer_once(unit, viewer, once, lambda: _write(unit, viewer, wish, model, terms, rules))

    return await database.transact(work)


def _check_options(wish: Wish, terms: Terms) -> Model:
    model = MODELS.get(wish.model)
    if model is None:
        raise Refusal(ErrorCode.UNSUPPORTED_OPTION, f"There is no model {wish.model}.", field="model")
    if wish.resolution not in model.resolutions:
        raise Refusal(ErrorCode.UNSUPPORTED_OPTION, f"{model.name} has no {wish.resolution}.", field="resolution")
    if wish.aspect_ratio not in (AUTO, *model.ratios):
        raise Refusal(ErrorCode.UNSUPPORTED_OPTION, f"{model.name} has no {wish.aspect_ratio}.", field="aspect_ratio")
    if len(wish.inputs) > model.max_inputs:
        raise Refusal(
            ErrorCode.UNSUPPORTED_OPTION, f"{model.name} takes {model.max_inputs} pictures at most.", field="inputs"
        )
    if len(set(wish.inputs)) != len(wish.inputs):
        raise Refusal(ErrorCode.UNSUPPORTED_OPTION, "The same picture is named twice.", field="inputs")
    if wish.inputs and not terms.inputs_reachable:
        raise Refusal(
            ErrorCode.INPUTS_UNREACHABLE,
            "NanoBanana cannot fetch pictures from here: the operator has to set PUBLIC_URL.",
            field="inputs",
        )
    return model


async def _write(unit: Unit, viewer: Viewer, wish: Wish, model: Model, terms: Terms, rules: Rules) -> Mapping[str, Any]:
    project = await find_project(unit, viewer, wish.project, hold=True)
    inputs = await _find_inputs(unit, viewer, wish)
    past = await unit.attempts.learned(wish.model, wish.resolution)
    estimate = learn(terms.expected(wish.model, wish.resolution), past, terms.callbacks)
    options = Options(_ratio(wish, inputs, model), wish.resolution)
    cost = wish.count * rules.prices.of(wish.model, wish.resolution)
    await require_budget(unit, viewer.workspace, cost, rules.prices)
    batch = wish.batch or uuid4()
    images = [
        _pending(unit, viewer, wish, options, estimate, rules, project.id, batch, position)
        for position in range(wish.count)
    ]
    await unit.images.add(images)
    for image in images:
        tell_image(unit, image)
    unit.wake(Wake("dispatch"))
    unit.stir_queue()
    return {"images": [public_image(image) for image in images]}


async def _find_inputs(unit: Unit, viewer: Viewer, wish: Wish) -> list[Image]:
    found = {image.id: image for image in await unit.images.in_workspace(viewer.workspace, wish.inputs, Lock.DELETE)}
    if len(found) < len(wish.inputs):
        raise Refusal(ErrorCode.NOT_FOUND, "There is no such picture.", field="inputs")
    inputs = [found[id] for id in wish.inputs]
    for input in inputs:
        if input.status in (Status.FAILED, Status.CANCELED) or input.trashed_at is not None:
            raise Refusal(ErrorCode.WRONG_STATE, "A picture you start from is not there any more.", field="inputs")
    return inputs


def _ratio(wish: Wish, inputs: list[Image], model: Model) -> str | None:
    """The ratio that is asked for, or None where the first input must be turned upright first."""
    if wish.aspect_ratio != AUTO:
        return wish.aspect_ratio
    if not inputs:
        return "1:1"
    first = inputs[0]
    return nearest_ratio(first.width, first.height, model.ratios) if first.width and first.height else None


def _pending(
    unit: Unit,
    viewer: Viewer,
    wish: Wish,
    options: Options,
    estimate: Estimate,
    rules: Rules,
    project: UUID,
    batch: UUID,
    position: int,
) -> Image:
    return Image(
        id=uuid4(),
        workspace=viewer.workspace,
        project=project,
        author=viewer.account,
        kind=Kind.GENERATION,
        status=Status.PENDING,
        version=1,
        created_at=unit.now,
        phase_started_at=unit.now,
        # Dispatch moves it on; alone it has only its end to be woken for.
        wake_at=unit.now + seconds(rules.policy.pending_deadline),
        deadline_at=unit.now + seconds(rules.policy.pending_deadline),
        batch=batch,
        position=position,
        prompt=wish.prompt,
        model=wish.model,
        options=options,
        inputs=wish.inputs,
        estimate=estimate,
    )

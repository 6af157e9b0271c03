"""The simulator's table of contents: the provider's endpoints, its result host, and the control interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import control
from .doors import door
from .envelope import Answer, Refused
from .models import MODELS
from .records import record_answer
from .results import result_endpoint
from .settings import Settings
from .simulation import Simulation, Visit
from .submits import submit_endpoint

API = "/api/v1"


def create_app(settings: Settings) -> Starlette:
    """The ASGI application. Its state holds the one `simulation` while it runs."""

    @asynccontextmanager
    async def running(app: Starlette) -> AsyncIterator[None]:
        simulation = app.state.simulation = Simulation(settings)
        simulation.painters.warm_up()
        try:
            yield
        finally:
            await simulation.close()

    controls = (
        Route("/simulator/ledger", control.controlled(control.ledger)),
        Route("/simulator/tasks", control.controlled(control.tasks)),
        Route("/simulator/tasks/{task_id}", control.controlled(control.task)),
        Route("/simulator/requests", control.controlled(control.requests)),
        Route("/simulator/behaviours", control.controlled(control.behaviours)),
        Route("/simulator/settings", control.controlled(control.settings), methods=["GET", "POST"]),
        Route("/simulator/release", control.controlled(control.release), methods=["POST"]),
        Route("/simulator/reset", control.controlled(control.reset), methods=["POST"]),
    )
    submits = (Route(f"{API}/nanobanana/{model.path}", submit_endpoint(model), methods=["POST"]) for model in MODELS)
    return Starlette(
        routes=[
            Route("/", _contents),
            Route("/healthz", _health),
            *submits,
            Route(f"{API}/nanobanana/record-info", door(_record_info)),
            Route(f"{API}/common/credit", door(_credit)),
            Route("/results/{name}", result_endpoint),
            *controls,
        ],
        lifespan=running,
    )


async def _contents(request: Request) -> Response:
    paths = sorted(route.path for route in request.app.routes if isinstance(route, Route))
    return JSONResponse(
        {"what": "A simulator of the NanoBanana API. Its pictures are painted, not generated.", "paths": paths}
    )


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _record_info(simulation: Simulation, request: Request, visit: Visit) -> Response:
    task_id = request.query_params.get("taskId")
    if not task_id:
        raise Refused(400, "taskId is required", status=400)
    visit.task_id = task_id
    task = simulation.book.tasks.get(task_id)
    if task is None:
        raise Refused(404, "task not found")
    return record_answer(task)


async def _credit(simulation: Simulation, request: Request, visit: Visit) -> Response:
    return Answer(simulation.book.credits)

"""Signing in and out, the viewer's own data, API keys."""

from __future__ import annotations

from importlib.metadata import version

from starlette.responses import JSONResponse, Response

from server.api import schemas
from server.api.call import Call
from server.api.identity import COOKIE
from server.api.money import workspace_shape
from server.core.catalog import DEFAULT_MODEL, MAX_COUNT, MODELS
from server.core.picture_header import MEDIA_TYPES
from server.core.prices import Prices
from server.usecases import sign_in

VERSION = version("atelier")


async def open_session(call: Call) -> Response:
    """Trade a sign-in link's token for the session cookie."""
    asked = await call.body(schemas.SignIn)
    session = await sign_in.open_session(call.parts.database, asked.token)
    response = JSONResponse({"expires_at": session.expires_at.isoformat()}, 201, {"Cache-Control": "no-store"})
    secure = (call.parts.settings.public_url or "").startswith("https://")
    response.set_cookie(
        COOKIE, session.token, max_age=int(sign_in.SESSION_LIFE), httponly=True, samesite="lax", secure=secure
    )
    return response


async def close_session(call: Call) -> Response:
    """Sign out; live sockets of the session are closed too."""
    await sign_in.close_session(call.parts.database, call.viewer)
    if call.viewer.session is not None:
        await call.parts.tell_ended(call.viewer.session)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE)
    return response


async def read_me(call: Call) -> schemas.Me:
    """Everything a page needs to know before it draws."""
    home = await sign_in.read_home(call.parts.database, call.viewer)
    settings = call.parts.settings
    return schemas.Me(
        account=schemas.Account(id=call.viewer.account, email=call.viewer.email),
        workspace=workspace_shape(home),
        provider=schemas.Provider(
            simulated=call.parts.terms.simulated, inputs_reachable=call.parts.terms.inputs_reachable
        ),
        models=[_model(id, call.parts.rules.prices) for id in MODELS],
        default_model=DEFAULT_MODEL,
        limits=schemas.Limits(
            max_count=MAX_COUNT,
            upload_max_bytes=settings.upload_max_bytes,
            upload_max_pixels=settings.upload_max_pixels,
            upload_media_types=list(MEDIA_TYPES),
            trash_days=settings.trash_days,
        ),
        now=call.parts.clock.now(),
        version=VERSION,
    )


def _model(id: str, prices: Prices) -> schemas.Model:
    model = MODELS[id]
    return schemas.Model(
        id=model.id,
        name=model.name,
        max_prompt=model.max_prompt,
        max_inputs=model.max_inputs,
        ratios=list(model.ratios),
        resolutions=list(model.resolutions),
        prices=dict(prices.by_model[model.id]),
    )


async def create_key(call: Call) -> schemas.CreatedKey:
    """A new API key; its secret is shown this once."""
    asked = await call.body(schemas.NewKey)
    return schemas.CreatedKey(**await sign_in.add_key(call.parts.database, call.viewer.account, asked.name))


async def list_keys(call: Call) -> schemas.Keys:
    """The viewer's API keys."""
    keys = await sign_in.list_keys(call.parts.database, call.viewer)
    return schemas.Keys(items=[schemas.Key(**key) for key in keys], next=None)


async def revoke_key(call: Call) -> None:
    """Delete an API key; live sockets behind it are closed too."""
    await sign_in.revoke_key(call.parts.database, call.viewer, call.id())
    await call.parts.tell_ended(call.id())

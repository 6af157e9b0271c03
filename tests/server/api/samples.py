"""One good request for every operation of the table of contents."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

import httpx

from server.usecases import sign_in
from tests.push_endpoint import Receiver

from .pictures import picture
from .studio import Person, Studio

Sample = Callable[[Studio], Awaitable[httpx.Response]]


def _get(path: str) -> Sample:
    """Ada looks at something that needs no preparation; `{project}` is hers."""
    return lambda studio: studio.ada.http.get(path.format(project=studio.ada.project))


async def _open_session(studio: Studio) -> httpx.Response:
    token = await sign_in.make_link(studio.parts.database, studio.ada.email)
    answer = await studio.stranger.post("/api/sessions", json={"token": token})
    studio.stranger.cookies.clear()
    return answer


async def _close_session(studio: Studio) -> httpx.Response:
    return await studio.stranger.delete("/api/sessions/current", headers=studio.ada.bearer)


async def _create_key(studio: Studio) -> httpx.Response:
    return await studio.ada.http.post("/api/keys", json={"name": "for a script"})


async def _revoke_key(studio: Studio) -> httpx.Response:
    return await studio.ada.http.delete(f"/api/keys/{(await _create_key(studio)).json()['id']}")


async def _create_project(studio: Studio) -> httpx.Response:
    return await studio.ada.http.post("/api/projects", json={"name": "Kittens"})


async def _rename_project(studio: Studio) -> httpx.Response:
    return await studio.ada.http.patch(f"/api/projects/{await new_project(studio)}", json={"name": "Cats"})


async def _delete_project(studio: Studio) -> httpx.Response:
    return await studio.ada.http.delete(f"/api/projects/{await new_project(studio)}")


async def _restore_project(studio: Studio) -> httpx.Response:
    project = await new_project(studio)
    await studio.ada.http.delete(f"/api/projects/{project}")
    return await studio.ada.http.post(f"/api/projects/{project}/restore")


async def _upload(studio: Studio) -> httpx.Response:
    return await studio.ada.upload(("kitten.jpg", picture()), ("night.webp", picture("WEBP")))


async def _generate(studio: Studio) -> httpx.Response:
    return await studio.ada.generate(count=2)


async def _read_image(studio: Studio) -> httpx.Response:
    return await studio.ada.http.get(f"/api/images/{await studio.completed_upload(studio.ada)}")


async def _edit_image(studio: Studio) -> httpx.Response:
    changes = {"name": "Minou", "favorite": True}
    return await studio.ada.http.patch(f"/api/images/{await studio.ada.pending_upload()}", json=changes)


async def _trash_image(studio: Studio) -> httpx.Response:
    return await studio.ada.http.delete(f"/api/images/{await studio.completed_upload(studio.ada)}")


async def _restore_image(studio: Studio) -> httpx.Response:
    image = (await _trash_image(studio)).json()["id"]
    return await studio.ada.http.post(f"/api/images/{image}/restore")


async def _cancel_image(studio: Studio) -> httpx.Response:
    return await studio.ada.http.post(f"/api/images/{await studio.ada.pending_generation()}/cancel")


async def _retry_image(studio: Studio) -> httpx.Response:
    image = (await _cancel_image(studio)).json()["id"]
    return await studio.ada.http.post(f"/api/images/{image}/retry")


async def _refresh_image(studio: Studio) -> httpx.Response:
    image, _ = await studio.submitted_generation(studio.ada)
    return await studio.ada.http.post(f"/api/images/{image}/refresh")


async def _read_file(studio: Studio) -> httpx.Response:
    return await studio.ada.http.get(f"/api/images/{await studio.completed_upload(studio.ada)}/file/thumb")


async def _change_images(studio: Studio) -> httpx.Response:
    ids = [await studio.completed_upload(studio.ada) for _ in range(2)]
    return await studio.ada.http.post("/api/images/changes", json={"ids": ids, "action": "favor"})


async def _create_archive(studio: Studio) -> httpx.Response:
    ids = [await studio.completed_upload(studio.ada) for _ in range(2)]
    return await studio.ada.http.post("/api/images/archive", json={"ids": ids})


async def _read_archive(studio: Studio) -> httpx.Response:
    return await studio.stranger.get((await _create_archive(studio)).json()["url"])


async def _list_trash(studio: Studio) -> httpx.Response:
    await _trash_image(studio)
    return await studio.ada.http.get("/api/trash")


async def _purge(studio: Studio) -> httpx.Response:
    image = (await _trash_image(studio)).json()["id"]
    return await studio.ada.http.post("/api/trash/purge", json={"ids": [image]})


async def _order_queue(studio: Studio) -> httpx.Response:
    ids = [await studio.ada.pending_generation() for _ in range(2)]
    return await studio.ada.http.post("/api/queue/order", json={"ids": ids[::-1]})


async def _cancel_many(studio: Studio) -> httpx.Response:
    await studio.ada.pending_generation()
    return await studio.ada.http.post("/api/queue/cancel", json={})


async def _retry_many(studio: Studio) -> httpx.Response:
    return await studio.ada.http.post("/api/queue/retry", json={"include_charged": True})


def _post(path: str) -> Sample:
    """Ada does something that needs no preparation and no body."""
    return lambda studio: studio.ada.http.post(path)


async def _read_ledger(studio: Studio) -> httpx.Response:
    await studio.charged_generation(studio.ada)
    return await studio.ada.http.get("/api/ledger")


async def _edit_workspace(studio: Studio) -> httpx.Response:
    return await studio.ada.http.patch("/api/workspace", json={"daily_cap_usd": 25.0})


async def _read_input(studio: Studio) -> httpx.Response:
    return await studio.stranger.get(studio.signed_input(await studio.completed_upload(studio.ada)))


async def _callback(studio: Studio) -> httpx.Response:
    _, nonce = await studio.submitted_generation(studio.ada)
    news = {"code": 200, "data": {"taskId": "31ce2c17b257492959d62279e6d01a54", "successFlag": 1}}
    return await studio.stranger.post(f"/api/callbacks/nanobanana/{nonce}", json=news)


async def _mark_read(studio: Studio) -> httpx.Response:
    path = f"/api/projects/{studio.ada.project}/read-mark"
    return await studio.ada.http.put(path, json={"seen_at": studio.parts.clock.now().isoformat()})


async def _read_unread(studio: Studio) -> httpx.Response:
    await _mark_read(studio)
    await studio.failed_generation(studio.ada)
    return await studio.ada.http.get("/api/unread")


async def _read_notices(studio: Studio) -> httpx.Response:
    await studio.failed_generation(studio.ada)
    return await studio.ada.http.get("/api/notices")


async def _note_shown(studio: Studio) -> httpx.Response:
    shown = {"images": [await studio.failed_generation(studio.ada)], "device": await new_device(studio.ada)}
    return await studio.ada.http.post("/api/notices/shown", json=shown)


async def _read_untold(studio: Studio) -> httpx.Response:
    image = await studio.failed_generation(studio.ada)
    asked = {"outcomes": [f"{image}:1"], "device": await new_device(studio.ada), "language": "fr"}
    return await studio.ada.http.post("/api/notices/untold", json=asked)


async def _save_choices(studio: Studio) -> httpx.Response:
    choices = {"on": ["batch", "failed"], "muted_projects": [await new_project(studio)]}
    return await studio.ada.http.put("/api/notice-choices", json=choices)


async def _list_devices(studio: Studio) -> httpx.Response:
    await new_device(studio.ada)
    return await studio.ada.http.get("/api/devices")


async def _add_device(studio: Studio) -> httpx.Response:
    return await studio.ada.http.post("/api/devices", json=subscription())


async def _edit_device(studio: Studio) -> httpx.Response:
    changes = {"name": "Ada's phone", "language": "en", "off": ["ready"]}
    return await studio.ada.http.patch(f"/api/devices/{await new_device(studio.ada)}", json=changes)


async def _remove_device(studio: Studio) -> httpx.Response:
    return await studio.ada.http.delete(f"/api/devices/{await new_device(studio.ada)}")


async def _try_device(studio: Studio) -> httpx.Response:
    return await studio.ada.http.post(f"/api/devices/{await new_device(studio.ada)}/test")


async def _read_thumb(studio: Studio) -> httpx.Response:
    return await studio.stranger.get(studio.signed_thumb(await studio.completed_upload(studio.ada)))


def subscription(endpoint: str = "https://push.example/send/ada") -> dict[str, str]:
    """What a browser sends, with keys of its own."""
    receiver = Receiver()
    return {"endpoint": endpoint, "name": "Firefox, Linux", "language": "fr", **receiver.keys}


async def new_device(person: Person, endpoint: str = "https://push.example/send/ada") -> str:
    """The id of the person's device, added again if need be."""
    answer = await person.http.post("/api/devices", json=subscription(endpoint))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def new_project(studio: Studio) -> str:
    """The id of one more project of Ada's."""
    return str((await _create_project(studio)).json()["id"])


async def new_key(person: Person) -> str:
    """The id of one more key."""
    return str((await person.http.post("/api/keys", json={"name": "one more"})).json()["id"])


SAMPLES: Mapping[tuple[str, str], Sample] = {
    ("POST", "/api/sessions"): _open_session,
    ("DELETE", "/api/sessions/current"): _close_session,
    ("GET", "/api/me"): _get("/api/me"),
    ("POST", "/api/keys"): _create_key,
    ("GET", "/api/keys"): _get("/api/keys"),
    ("DELETE", "/api/keys/{id}"): _revoke_key,
    ("GET", "/api/projects"): _get("/api/projects"),
    ("POST", "/api/projects"): _create_project,
    ("GET", "/api/projects/{id}"): _get("/api/projects/{project}"),
    ("PATCH", "/api/projects/{id}"): _rename_project,
    ("DELETE", "/api/projects/{id}"): _delete_project,
    ("POST", "/api/projects/{id}/restore"): _restore_project,
    ("POST", "/api/projects/{id}/uploads"): _upload,
    ("POST", "/api/projects/{id}/generations"): _generate,
    ("GET", "/api/projects/{id}/images"): _get("/api/projects/{project}/images"),
    ("GET", "/api/unread"): _read_unread,
    ("PUT", "/api/projects/{id}/read-mark"): _mark_read,
    ("GET", "/api/notices"): _read_notices,
    ("POST", "/api/notices/shown"): _note_shown,
    ("POST", "/api/notices/untold"): _read_untold,
    ("GET", "/api/notice-choices"): _get("/api/notice-choices"),
    ("PUT", "/api/notice-choices"): _save_choices,
    ("GET", "/api/devices"): _list_devices,
    ("POST", "/api/devices"): _add_device,
    ("PATCH", "/api/devices/{id}"): _edit_device,
    ("DELETE", "/api/devices/{id}"): _remove_device,
    ("POST", "/api/devices/{id}/test"): _try_device,
    ("GET", "/api/images/{id}"): _read_image,
    ("PATCH", "/api/images/{id}"): _edit_image,
    ("DELETE", "/api/images/{id}"): _trash_image,
    ("POST", "/api/images/{id}/restore"): _restore_image,
    ("POST", "/api/images/{id}/cancel"): _cancel_image,
    ("POST", "/api/images/{id}/retry"): _retry_image,
    ("POST", "/api/images/{id}/refresh"): _refresh_image,
    ("GET", "/api/images/{id}/file/{rendition}"): _read_file,
    ("POST", "/api/images/changes"): _change_images,
    ("POST", "/api/images/archive"): _create_archive,
    ("GET", "/api/archives/{token}"): _read_archive,
    ("GET", "/api/trash"): _list_trash,
    ("POST", "/api/trash/purge"): _purge,
    ("GET", "/api/queue"): _get("/api/queue"),
    ("POST", "/api/queue/pause"): _post("/api/queue/pause"),
    ("POST", "/api/queue/resume"): _post("/api/queue/resume"),
    ("POST", "/api/queue/order"): _order_queue,
    ("POST", "/api/queue/cancel"): _cancel_many,
    ("POST", "/api/queue/retry"): _retry_many,
    ("GET", "/api/spending"): _get("/api/spending"),
    ("GET", "/api/ledger"): _read_ledger,
    ("PATCH", "/api/workspace"): _edit_workspace,
    ("GET", "/api/inputs/{token}"): _read_input,
    ("GET", "/api/thumbs/{token}"): _read_thumb,
    ("POST", "/api/callbacks/nanobanana/{nonce}"): _callback,
    ("GET", "/api/openapi.json"): _get("/api/openapi.json"),
    ("GET", "/api/docs"): _get("/api/docs"),
    ("GET", "/healthz"): _get("/healthz"),
    ("GET", "/readyz"): _get("/readyz"),
    ("GET", "/metrics"): _get("/metrics"),
}

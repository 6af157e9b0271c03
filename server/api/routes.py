"""The table of contents of the product: every operation of the API, one line each."""

from __future__ import annotations

from http import HTTPStatus

from server.api import (
    accounts,
    archive,
    callbacks,
    devices,
    documents,
    files,
    health,
    images,
    many_shapes,
    money,
    money_shapes,
    notice_shapes,
    notices,
    projects,
    queue,
    queue_shapes,
    read_mark_shapes,
    read_marks,
    schemas,
    trash,
    uploads,
)
from server.api.operation import Operation
from server.core.limits import Rate
from server.settings import Settings

WINDOW = 10.0


def generation(settings: Settings) -> Rate:
    """Requests that spend money."""
    return Rate("generation", settings.generation_rate, WINDOW)


def write(settings: Settings) -> Rate:
    """Every other change."""
    return Rate("write", settings.write_rate, WINDOW)


def uploading(settings: Settings) -> Rate:
    """Uploads; the page paces itself."""
    return Rate("upload", settings.upload_rate, WINDOW)


def showing(settings: Settings) -> Rate:
    """What pages have shown; they say so by themselves, so it takes nothing from what people do."""
    return Rate("showing", settings.write_rate, WINDOW)


_CREATED, _ACCEPTED, _GONE = HTTPStatus.CREATED, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT
_PAGING = {"cursor": "`next` of the page before.", "limit": "Images a page, 1 to 500; 100 unless told."}
_LEDGER_PAGING = {**_PAGING, "limit": "Entries a page, 1 to 500; 100 unless told."}
_SAVING = {"v": "Anything; the page sends the hash, so that a changed file has another address.", "download": "Save."}

# fmt: off
OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/api/sessions", accounts.open_session, "Sign in with a link's token",
              body=schemas.SignIn, status=_CREATED, public=True),
    Operation("DELETE", "/api/sessions/current", accounts.close_session, "Sign out", status=_GONE),
    Operation("GET", "/api/me", accounts.read_me, "Who I am and what is on offer", answer=schemas.Me),
    Operation("POST", "/api/keys", accounts.create_key, "Make an API key",
              body=schemas.NewKey, answer=schemas.CreatedKey, status=_CREATED, rate=write),
    Operation("GET", "/api/keys", accounts.list_keys, "My API keys", answer=schemas.Keys),
    Operation("DELETE", "/api/keys/{id}", accounts.revoke_key, "Revoke an API key", status=_GONE, rate=write),

    Operation("GET", "/api/projects", projects.list_projects, "All projects", answer=schemas.ProjectPage),
    Operation("POST", "/api/projects", projects.create_project, "Make a project",
              body=schemas.NewProject, answer=schemas.Project, status=_CREATED, rate=write, once=True),
    Operation("GET", "/api/projects/{id}", projects.read_project, "One project", answer=schemas.Project),
    Operation("PATCH", "/api/projects/{id}", projects.rename_project, "Rename a project",
              body=schemas.ProjectEdit, answer=schemas.Project, rate=write),
    Operation("DELETE", "/api/projects/{id}", projects.delete_project, "Delete a project with its pictures",
              status=_GONE, rate=write),
    Operation("POST", "/api/projects/{id}/restore", projects.restore, "Bring a deleted project back",
              answer=schemas.RestoredProject, rate=write),

    Operation("POST", "/api/projects/{id}/uploads", uploads.upload, "Upload pictures",
              answer=schemas.Images, status=_CREATED, rate=uploading, multipart=True, once=True,
              query={"batch": "A UUID of the client's own, to recognise the images by."}),
    Operation("POST", "/api/projects/{id}/generations", images.request_generation, "Generate pictures",
              body=schemas.GenerationRequest, answer=schemas.Images, status=_ACCEPTED, rate=generation, once=True),
    Operation("GET", "/api/projects/{id}/images", images.list_images, "A page of a project's pictures",
              answer=schemas.ImagePage, query=_PAGING),

    Operation("GET", "/api/unread", read_marks.read_unread, "What I have not seen yet", answer=read_mark_shapes.Unread),
    Operation("PUT", "/api/projects/{id}/read-mark", read_marks.mark_read, "I have seen what ended up to then",
              body=read_mark_shapes.ReadMarkEdit, answer=read_mark_shapes.ReadMark, rate=write),

    Operation("GET", "/api/notices", notices.read_notices, "How my last pictures ended",
              answer=notice_shapes.Notices),
    Operation("POST", "/api/notices/shown", notices.note_shown, "A page has shown these: tell them nowhere else",
              body=notice_shapes.Shown, status=_GONE, rate=showing),
    Operation("POST", "/api/notices/untold", notices.read_untold, "What of these a hidden tab is to tell",
              body=notice_shapes.UntoldAsked, answer=notice_shapes.Untold),
    Operation("GET", "/api/notice-choices", notices.read_choices, "What I am told of",
              answer=notice_shapes.NoticeChoices),
    Operation("PUT", "/api/notice-choices", notices.save_choices, "Choose what I am told of",
              body=notice_shapes.NoticeChoices, answer=notice_shapes.NoticeChoices, rate=write),
    Operation("GET", "/api/devices", devices.list_devices, "Where I am told", answer=notice_shapes.Devices),
    Operation("POST", "/api/devices", devices.add_device, "Tell this browser",
              body=notice_shapes.NewDevice, answer=notice_shapes.Device, status=_CREATED, rate=write),
    Operation("PATCH", "/api/devices/{id}", devices.edit_device, "Rename a device, or change what it is told",
              body=notice_shapes.DeviceEdit, answer=notice_shapes.Device, rate=write),
    Operation("DELETE", "/api/devices/{id}", devices.remove_device, "Tell a device nothing any more",
              status=_GONE, rate=write),
    Operation("POST", "/api/devices/{id}/test", devices.try_device, "Push something to a device now",
              status=_GONE, rate=write),

    Operation("POST", "/api/images/changes", trash.change_images, "Trash, restore, favour or move up to 500 pictures",
              body=many_shapes.ImageChanges, answer=schemas.Images, rate=write),
    Operation("POST", "/api/images/archive", archive.create_archive, "A link to up to 500 pictures in one zip",
              body=many_shapes.Selection, answer=many_shapes.Archive, status=_CREATED, rate=write),
    Operation("GET", "/api/archives/{token}", archive.read_archive_file, "The zip behind such a link",
              produces="application/zip", public=True),

    Operation("GET", "/api/trash", trash.list_trash, "A page of the trash, last trashed first",
              answer=schemas.ImagePage, query=_PAGING),
    Operation("POST", "/api/trash/purge", trash.purge, "Remove up to 500 pictures of the trash for ever",
              body=many_shapes.Selection, answer=many_shapes.Purged, rate=write),

    Operation("GET", "/api/images/{id}", images.read_image, "One picture", answer=schemas.Image),
    Operation("PATCH", "/api/images/{id}", images.edit_image, "Rename or favour a picture",
              body=schemas.ImageEdit, answer=schemas.Image, rate=write),
    Operation("DELETE", "/api/images/{id}", images.trash_image, "Move a picture to the trash",
              answer=schemas.Image, rate=write),
    Operation("POST", "/api/images/{id}/restore", images.restore_image, "Take a picture out of the trash",
              answer=schemas.Image, rate=write),
    Operation("POST", "/api/images/{id}/cancel", images.cancel_image, "Cancel a picture",
              answer=schemas.Image, rate=write),
    Operation("POST", "/api/images/{id}/retry", images.retry_image, "Try a picture again, which may be charged",
              answer=schemas.Image, rate=generation, once=True),
    Operation("POST", "/api/images/{id}/refresh", images.refresh_image, "Ask the provider about a picture now",
              answer=schemas.Image, rate=write),
    Operation("GET", "/api/images/{id}/file/{rendition}", files.read_file, "A stored file of a picture",
              produces="image/*", query=_SAVING),

    Operation("GET", "/api/queue", queue.read_own_queue, "How the queue stands", answer=queue_shapes.Queue),
    Operation("POST", "/api/queue/pause", queue.pause_queue, "Submit nothing more of this workspace",
              answer=queue_shapes.Queue, rate=write),
    Operation("POST", "/api/queue/resume", queue.resume_queue, "Go on", answer=queue_shapes.Queue, rate=write),
    Operation("POST", "/api/queue/order", queue.order_queue, "Put waiting pictures first",
              body=queue_shapes.QueueOrder, answer=queue_shapes.Queue, rate=write),
    Operation("POST", "/api/queue/cancel", queue.cancel_many, "Cancel all of mine, 1,000 at a time",
              body=queue_shapes.QueueScope, answer=schemas.Images, rate=write),
    Operation("POST", "/api/queue/retry", queue.retry_many, "Try again all that failed, 1,000 at a time",
              body=queue_shapes.QueueRetry, answer=schemas.Images, rate=generation, once=True),

    Operation("GET", "/api/spending", money.read_spending, "What was spent and may be", answer=money_shapes.Spending),
    Operation("GET", "/api/ledger", money.read_ledger, "What was charged, entry by entry",
              answer=money_shapes.LedgerPage, query=_LEDGER_PAGING),
    Operation("PATCH", "/api/workspace", money.edit_workspace, "Set what the workspace may spend a day",
              body=money_shapes.WorkspaceEdit, answer=schemas.Workspace, rate=write),

    Operation("GET", "/api/inputs/{token}", files.read_signed_input, "An input picture, for the provider",
              produces="image/*", public=True),
    Operation("GET", "/api/thumbs/{token}", files.read_signed_thumb, "A picture's thumb, for a notification",
              produces="image/*", public=True),
    Operation("POST", "/api/callbacks/nanobanana/{nonce}", callbacks.receive_callback, "The provider has news",
              public=True),

    Operation("GET", "/api/openapi.json", documents.read_openapi, "This document", public=True,
              produces="application/json"),
    Operation("GET", "/api/docs", documents.read_docs, "This document, for people", public=True, produces="text/html"),
    Operation("GET", "/healthz", health.healthz, "The process answers", public=True, produces="text/plain"),
    Operation("GET", "/readyz", health.readyz, "The process can serve", public=True, produces="application/json"),
    Operation("GET", "/metrics", health.metrics, "Counters for Prometheus", public=True, produces="text/plain"),
)
# fmt: on

"""Stands in for the server's part of notices. Goes as soon as that is there."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from playwright.async_api import BrowserContext, Route


class Desk:
    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.devices: list[dict[str, Any]] = []
        self.choices: dict[str, Any] = {"on": ["ready", "failed", "credits_low"], "muted_projects": []}
        self.tested: list[str] = []

    async def open(self, context: BrowserContext) -> None:
        await context.route("**/api/devices", self._devices)
        await context.route("**/api/devices/**", self._device)
        await context.route("**/api/notices/shown", self._shown)
        await context.route("**/api/notice-choices", self._choices)
        await context.route("**/api/notices", self._notices)

    async def _devices(self, route: Route) -> None:
        if route.request.method == "POST":
            sent = route.request.post_data_json
            device = {"id": str(uuid4()), "name": sent["name"], "language": sent["language"], "off": [],
                      "created_at": "2030-01-01T00:00:00Z", "pushed_at": None, "trouble": None}
            self.devices.append(device)
            return await route.fulfill(json=device, status=201)
        await route.fulfill(json={"items": self.devices, "key": "B" + "A" * 86})

    async def _device(self, route: Route) -> None:
        parts = route.request.url.split("/api/devices/")[1].split("/")
        [device] = [one for one in self.devices if one["id"] == parts[0]] or [None]
        if device is None:
            return await route.fulfill(status=404, json={"code": "not_found"})
        if len(parts) > 1:
            self.tested.append(parts[0])
            return await route.fulfill(status=204)
        if route.request.method == "DELETE":
            self.devices.remove(device)
            return await route.fulfill(status=204)
        device.update(route.request.post_data_json)
        await route.fulfill(json=device)

    async def _shown(self, route: Route) -> None:
        self.shown.append(route.request.post_data_json)
        await route.fulfill(status=204)

    async def _choices(self, route: Route) -> None:
        if route.request.method == "PUT":
            self.choices = route.request.post_data_json
        await route.fulfill(json=self.choices)

    async def _notices(self, route: Route) -> None:
        await route.fulfill(json={"images": [], "epoch": "x", "seq": 0, "now": "2030-01-01T00:00:00Z"})

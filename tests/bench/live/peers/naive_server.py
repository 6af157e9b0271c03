"""Starlette as its first tutorial has it: every socket has a subscription to Redis of its own."""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect


async def follow(websocket: WebSocket) -> None:
    """Until it goes."""
    redis: Redis = websocket.app.state.redis
    await websocket.accept()
    async with redis.pubsub() as pubsub:
        await pubsub.subscribe(websocket.path_params["room"])
        await websocket.send_text('{"type":"ready"}')
        listening = asyncio.create_task(forward(pubsub, websocket))
        try:
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect:
            pass
        finally:
            listening.cancel()


async def forward(pubsub: object, websocket: WebSocket) -> None:
    """Whatever is published."""
    async for message in pubsub.listen():  # type: ignore[attr-defined]
        if message["type"] == "message":
            await websocket.send_text(message["data"].decode())


def main(port: int, redis_url: str) -> None:
    """Serve until killed."""
    app = Starlette(routes=[WebSocketRoute("/{room}", follow)])
    app.state.redis = Redis.from_url(redis_url)
    uvicorn.run(app, port=port, log_level="warning", backlog=4096)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])

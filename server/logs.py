"""Logs: one line a happening, as text for people or as JSON for machines."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logs(as_json: bool = False) -> None:
    """Send every library's log and ours through structlog to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    text = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    machine = (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *(machine if as_json else (text,))],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # One line for every poll and every socket would bury the rest.
    for noisy in ("httpx", "httpcore", "arq.worker", "databases", "asyncio", "uvicorn.error"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

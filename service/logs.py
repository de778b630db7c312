"""What our programs write to their logs: one JSON line an event on standard error, without personal data."""

import logging
import sys
from typing import Any

import structlog


def configure(program: str) -> None:
    """Set up structlog for this process; `program` stands in every line."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(program=program)


def logger(room: str) -> Any:
    """The log of one room."""
    return structlog.get_logger(room=room)

"""What a WSGI server loads and how gunicorn is run; `kb serve` starts it with `options`."""

import logging
import socket
from typing import TYPE_CHECKING, Any

from gunicorn import glogging
from gunicorn.http.errors import LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker

from kb_service.config import Settings

if TYPE_CHECKING:
    from flask import Flask

_TOO_LONG = (
    "网址太长。长的文字请粘贴到检索框里提交。\nThe address is too long. Please paste long texts into the search box.\n"
)


class Worker(ThreadWorker):  # type: ignore[misc]
    """A thread worker that tells people in a sentence when an address is too long to be read at all."""

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Ctrl+C too lets requests in flight end. That of the library shuts its threads down within the handler, which
        may have interrupted the very one who holds their lock.
        """
        self.handle_exit(sig, frame)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        if not isinstance(exc, LimitRequestLine):
            super().handle_error(req, client, addr, exc)
            return
        body = _TOO_LONG.encode()
        head = (
            "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        client.sendall(head.encode() + body)


class Logger(glogging.Logger):  # type: ignore[misc]
    """gunicorn's own lines go where all others go, in the same format; the lines of requests are ours."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.setLevel(logging.NOTSET)
        self.error_log.propagate = True


def application() -> "Flask":
    """The application on the base the settings name: `gunicorn 'web.wsgi:application()'`."""
    from kb_service.bootstrap import open_base
    from kb_service.config import load
    from web import logs
    from web.app import create_app

    settings = load()
    logs.configure(settings)
    return create_app(open_base(settings))


def options(settings: Settings) -> dict[str, Any]:
    """gunicorn's settings: processes and threads, and limits on what a request may bring in its head."""
    return {
        "bind": f"{settings.host}:{settings.port}",
        "workers": settings.workers,
        "threads": settings.threads,
        "worker_class": "web.wsgi.Worker",
        "logger_class": "web.wsgi.Logger",
        "timeout": 60,
        "graceful_timeout": 20,
        "keepalive": 5,
        "limit_request_line": 8190,
        "limit_request_fields": 100,
        "limit_request_field_size": 8190,
        "forwarded_allow_ips": "",
        "control_socket_disable": True,
    }

"""`kb serve`: the service as processes of gunicorn, each with a thread beside the requests for the background work."""

import logging
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from kb_service.config import LOOPBACK, BadSettings, Settings
from kb_service.errors import NoBase, OldSchema, Unavailable
from web.cli import language, output
from web.cli.base import end_in_time
from web.cli.db import upgraded

if TYPE_CHECKING:
    from flask import Flask

    from kb_service.bootstrap import KnowledgeBase
    from web.cli.worker import Worker

_ = language.text
log = logging.getLogger(__name__)

PAUSE = 1.0
"""Seconds between two attempts to open the base while its database is away."""


@click.command("serve", help=_("启动服务：网页、接口和后台任务。没有知识库时先建一个空的。"))
def command() -> None:
    from kb_service import config

    serve(config.load())


def serve(settings: Settings) -> None:
    """Check the base, or create it, then answer until told to stop. Raises OldSchema and BadSettings."""
    from web import logs, metrics

    if settings.demo_marker.exists():
        demand_loopback(settings)
    demand_free_port(settings)
    demand_base(settings)
    logs.configure(settings)
    metrics.prepare(settings)
    _server(settings).run()


def demand_base(settings: Settings) -> None:
    """Create the base where there is none. Raises OldSchema when its tables are of another version."""
    from kb_service.store import schema
    from web import accounts

    try:
        schema.demand(settings.database_url())
    except NoBase:
        upgraded(settings)
    if not accounts.is_current(settings.database_url()):
        raise OldSchema


def demand_loopback(settings: Settings) -> None:
    """Raises BadSettings when a demo base, whose passwords everybody knows, would be reached from other machines."""
    if settings.host not in LOOPBACK:
        sentence = _("演示库的密码是公开的，只能在本机访问，不能监听 {host}。请去掉 KB_HOST，或换一个 KB_HOME。")
        raise BadSettings(sentence.format(host=settings.host))


def demand_free_port(settings: Settings) -> None:
    """Raises BadSettings when the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            sentence = _("不能监听 {host} 的端口 {port}：{reason}。请停掉占用它的程序，或用 KB_PORT 换一个端口。")
            reason = error.strerror or str(error)
            raise BadSettings(sentence.format(host=settings.host, port=settings.port, reason=reason)) from error


@dataclass(frozen=True)
class _Inside:
    """What lives in a serving process: its base, and a worker in a thread beside the requests."""

    base: "KnowledgeBase"
    worker: "Worker"
    thread: threading.Thread

    @classmethod
    def started(cls, settings: Settings) -> "_Inside":
        from web.cli.worker import Worker

        base = _opened(settings)
        worker = Worker(base, background=settings.background)
        thread = threading.Thread(target=worker.run, name="worker", daemon=True)
        thread.start()
        return cls(base, worker, thread)

    def stop(self) -> None:
        self.worker.stop()
        self.thread.join()
        self.base.close()


def _opened(settings: Settings) -> "KnowledgeBase":
    """The base, once its database answers: a process that replaces another must not give up the whole service."""
    from kb_service.bootstrap import open_base

    while True:
        try:
            return open_base(settings)
        except Unavailable as refusal:
            log.warning("%s", refusal)
            time.sleep(PAUSE)


def _server(settings: Settings) -> Any:
    """The gunicorn application. What is imported here is there already when its process forks."""
    from gunicorn.app.base import BaseApplication

    from web import app, metrics, wsgi

    class Server(BaseApplication):  # type: ignore[misc]
        inside: _Inside | None = None

        def load_config(self) -> None:
            for name, value in (wsgi.options(settings) | self.hooks()).items():
                self.cfg.set(name, value)

        def hooks(self) -> dict[str, Any]:
            """What is told on the terminal, and the clean end."""
            return {
                "post_worker_init": _tell_address,
                "worker_exit": self.stop,
                "child_exit": lambda server, worker: metrics.forget(worker.pid),
                "on_exit": lambda server: metrics.clear(settings),
                "proc_name": "kb",
            }

        def stop(self, server: Any, worker: Any) -> None:
            end_in_time()
            if self.inside:
                self.inside.stop()

        def load(self) -> "Flask":
            self.inside = _Inside.started(settings)
            return app.create_app(self.inside.base)

    def _tell_address(worker: Any) -> None:
        if worker.age > 1:  # one of several processes is enough to say it
            return
        bound = settings.model_copy(update={"port": worker.sockets[0].getsockname()[1]})
        click.echo(_("知解已启动：{address} （按 Ctrl+C 停止）").format(address=output.address(bound)))

    return Server()

"""Which reverse proxies are believed about where a request comes from; everybody else's word is dropped."""

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from kb_service.config import Settings, networks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORWARDED = (
    *("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT"),
    *("HTTP_X_FORWARDED_PREFIX", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA"),
)
"""What proxies add to a request."""
PASSED, TRUSTED = "kb.passed_a_proxy", "kb.trusted_proxy"
"""In the environ: whether a proxy says that it handed the request on; whether it is one of ours that did."""


class TrustedProxies:
    """Hands requests on with the address and scheme a trusted proxy tells, and without what anybody else tells."""

    def __init__(self, app: "WSGIApplication", trusted: str) -> None:
        """``trusted`` are addresses and networks, parted by commas; each is the last proxy in front of the service."""
        self._app = app
        self._fixed = ProxyFix(app, x_for=1, x_proto=1)
        self._networks = networks(trusted)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ[PASSED] = any(name in environ for name in FORWARDED)
        environ[TRUSTED] = self._trusts(environ.get("REMOTE_ADDR", ""))
        if environ[TRUSTED]:
            return self._fixed(environ, start_response)
        for name in FORWARDED:
            environ.pop(name, None)
        return self._app(environ, start_response)

    def _trusts(self, address: str) -> bool:
        try:
            peer = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(peer, "ipv4_mapped", None) or peer
        return any(mapped in network for network in self._networks)


def init_app(app: Flask, settings: Settings) -> None:
    wsgi_app: Callable[..., Any] = TrustedProxies(app.wsgi_app, settings.trusted_proxies)
    app.wsgi_app = wsgi_app  # type: ignore[method-assign]

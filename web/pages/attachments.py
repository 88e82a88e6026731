"""Attachments: files that belong to reports and articles, sent so that no browser runs what is in them."""

from flask import Blueprint, send_file
from werkzeug.wrappers import Response

from web.auth import current_actor
from web.context import kb

pages = Blueprint("attachments", __name__)

_SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp"}


@pages.get("/attachments/<string(maxlength=64):id>")
def show(id: str) -> Response:  # noqa: A002
    """Pictures keep their type to be shown in texts; everything else is a stream of bytes to be saved."""
    attachment, path = kb.attachments.open(current_actor(), id)
    media_type = attachment.media_type if attachment.media_type in _SHOWN else "application/octet-stream"
    response = send_file(
        path.resolve(), mimetype=media_type, as_attachment=True, download_name=attachment.name, conditional=True
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

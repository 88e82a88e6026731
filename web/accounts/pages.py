"""The pages of an account: sign in, sign out, change the password."""

from flask import Blueprint, Response, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from kb_service.errors import Invalid
from web import fragments, params
from web.accounts import identity
from web.auth import PASSWORD, SIGN_IN, SIGN_OUT, current_actor, sign_in_address
from web.pages.account import local_path

pages = Blueprint("accounts", __name__)


@pages.route(SIGN_IN, methods=["GET", "POST"])
def sign_in() -> AnyResponse:
    username, onward = params.text(request.form, "username"), request.values.get("next", "")
    if request.method == "GET":
        return _sign_in_form(username, onward)
    if identity.sign_in(username, request.form.get("password", "")):
        return redirect(local_path(onward), 303)
    return _sign_in_form(
        username, onward, gettext("用户名或密码不对，或者连续失败次数太多。请核对后重试；失败 5 次后请等 15 分钟。")
    )


@pages.post(SIGN_OUT)
def sign_out() -> AnyResponse:
    identity.sign_out()
    return redirect(url_for("search.home"), 303)


@pages.route(PASSWORD, methods=["GET", "POST"])
def password() -> AnyResponse:
    if not current_actor().signed_in:
        return redirect(sign_in_address())
    if request.method == "GET":
        return _password_form()
    new = request.form.get("new", "")
    if new != request.form.get("again", ""):
        return _password_form({"again": gettext("两次输入的新密码不一样。")})
    try:
        right = identity.change_password(request.form.get("current", ""), new)
    except Invalid as error:
        return _password_form(error.problems)
    return _password_form(done=True) if right else _password_form({"current": gettext("当前密码不对。")})


def _sign_in_form(username: str, onward: str, error: str = "") -> Response:
    status = 422 if error else 200
    return fragments.render("account/sign_in.html", status=status, username=username, next=onward, error=error)


def _password_form(problems: object = None, *, done: bool = False) -> Response:
    status = 422 if problems else 200
    return fragments.render("account/password.html", status=status, problems=problems or {}, done=done)

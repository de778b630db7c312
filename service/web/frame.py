"""What wraps every answer: security headers, CSRF, request ids, the access log, and errors in plain words."""

import secrets
import time
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.exceptions import HTTPException

from service.errors import (
    Conflict,
    DanganError,
    Forbidden,
    Malformed,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    Uncertain,
)
from service.logs import logger
from service.store import outage
from service.web import identity, language
from service.web.identity import bearer, request_id
from service.web.language import spoken

log = logger("web")

API = "/api/v1"
_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


def install(app: Flask) -> None:
    """Everything of this room that an app needs."""
    package = Path(__file__).parents[1]
    app.jinja_loader = ChoiceLoader(
        [FileSystemLoader(package / "templates"), FileSystemLoader(package.parent / "templates")]
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    language.install(app)
    csrf = CSRFProtect()
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = generate_csrf

    @app.before_request
    def begin() -> None:
        outage.begin()
        g.request_id, g.began = secrets.token_hex(8), time.monotonic()
        if request.method not in ("GET", "HEAD", "OPTIONS") and not _needs_no_csrf():
            csrf.protect()

    @app.after_request
    def finish(response: Response) -> Response:
        headers = response.headers
        headers["X-Request-ID"] = request_id()
        headers["Content-Security-Policy"] = _POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "no-referrer"
        headers["X-Frame-Options"] = "DENY"
        if not request.path.startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")
        took = round((time.monotonic() - g.began) * 1000, 1)
        # The path alone: search words and names may stand in the query (design §4).
        log.info(
            "request", id=request_id(), method=request.method, path=request.path, status=response.status_code, ms=took
        )
        return response

    _install_errors(app)


def _needs_no_csrf() -> bool:
    """A bearer token is not sent by a browser on its own, and a log-in by API uses no cookie."""
    return bearer(request) is not None or (request.method, request.path) == ("POST", f"{API}/session")


def _install_errors(app: Flask) -> None:
    @app.errorhandler(DanganError)
    def known(error: DanganError) -> ResponseReturnValue:
        return _answer(error)

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> ResponseReturnValue:
        return _answer(Malformed("页面已过期，本次操作没有保存：请刷新页面后重试"))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        plain = DanganError(_HTTP.get(error.code or 500, "请求无法完成"))
        return _answer(plain, status=error.code or 500)

    @app.errorhandler(Exception)
    def ours(error: Exception) -> ResponseReturnValue:
        if outage.away(error):
            changing = request.method not in ("GET", "HEAD")
            return _answer(Uncertain() if changing and outage.anything_kept() else Unavailable())
        log.error("fault", id=request_id(), kind=type(error).__name__, where=_where(error))
        return _answer(DanganError(), status=500)


_HTTP = {
    404: "没有找到这个页面",
    405: "不支持这种操作",
    413: "文件太大",
    415: "不支持这种内容",
    429: "从这个地址登录的尝试过多：请等一分钟再试",
}


def _where(error: Exception) -> str:
    """File and line of a fault, without its text, which may hold personal data."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""


def _answer(error: DanganError, status: int | None = None) -> ResponseReturnValue:
    code = status or error.status
    if request.path.startswith(API):
        return _problem(error, code)
    if isinstance(error, Unauthenticated) and request.method == "GET" and request.path != "/login":
        return redirect(url_for("access.login"))
    if isinstance(error, Unavailable):
        identity.forget()  # the error page must not ask the store who is reading it
    kind = "refused" if isinstance(error, Forbidden) else "wrong"
    return render_template(
        "error.html", error=error, words=spoken(error), status=code, kind=kind, id=request_id()
    ), code


def _problem(error: DanganError, status: int) -> Response:
    """RFC 9457. Nothing that was sent stands in it."""
    body: dict[str, Any] = {
        "type": f"about:blank#{error.code}", "title": spoken(error), "status": status, "request_id": request_id(),
        "errors": [{"name": f.name, "message": spoken(f)} for f in error.fields],
    }  # fmt: skip
    if error.mend is not None:
        body["mend"] = f"{API}{error.mend[0]}"
    if isinstance(error, Conflict) and error.current is not None:
        body["version"] = error.current.version
        body["current"] = error.values.get("shown")
    response = jsonify(body)
    response.status_code, response.mimetype = status, "application/problem+json"
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response

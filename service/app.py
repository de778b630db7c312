"""The web application over a wired archive: rooms' blueprints, and the probes."""

from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from apiflask import APIFlask
from flask import Flask, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pymongo.errors import PyMongoError
from werkzeug.middleware.proxy_fix import ProxyFix

from service.access import api as access_api
from service.access import views as access_views
from service.access.policy import Action, asks_purpose, says_purpose
from service.administration import catalogue_api, catalogue_views
from service.administration import views as administration_views
from service.bootstrap import Archive
from service.care import api as care_api
from service.care import register_views as care_registers
from service.care import views as care_views
from service.circulation.lending import api as lending_api
from service.circulation.lending import register_views as loans_views
from service.circulation.lending import views as lending_views
from service.circulation.pledging import api as pledging_api
from service.circulation.pledging import views as pledging_views
from service.circulation.registers import api as registers_api
from service.circulation.registers import views as registers_views
from service.circulation.viewing import api as viewing_api
from service.circulation.viewing import views as viewing_views
from service.circulation.viewing.parts import Parts
from service.desk import menu, printing_views, work_views
from service.desk import views as desk_views
from service.desk.waiting import Waiting
from service.errors import Forbidden
from service.files import api as files_api
from service.files import views as files_views
from service.files.rules import File
from service.intake import api as intake_api
from service.intake import entering_views
from service.intake import views as intake_views
from service.intake.submissions import api as submissions_api
from service.intake.submissions import register_api, register_views
from service.intake.submissions import views as submissions_views
from service.person import Person
from service.places import api as places_api
from service.places import views as places_views
from service.records import api as records_api
from service.records import schema
from service.records import views as records_views
from service.scans import api as scans_api
from service.scans import views as scans_views
from service.search import api as search_api
from service.search import views as search_views
from service.supervision import api as supervision_api
from service.supervision import views as supervision_views
from service.web import described, frame, identity, language

OPEN_TO_ALL = frozenset(
    {
        "static",
        "access.login",
        "access.log_in",
        "access.setup_page",
        "access.set_up",
        "language.choose",
        "session_api.begin",
        "openapi.spec",
        "alive",
        "ready",
        "metrics",
    }
)
"""Endpoints that ask nobody who they are; every other one does."""
WITH_ANY_PASSWORD = frozenset({"access.password", "access.change_password", "access.log_out", "session_api.end"})
"""What may be done with a password that somebody else has given."""
LOOKS = frozenset(
    {
        "desk.file_page", "printing.file", "records.detail", "records.edit_page", "records.row", "scans.pages_page",
        "scans.printed", "scans.viewer", "submissions.detail", "supplements.detail",
    }
)  # fmt: skip
"""Pages on which content is looked at."""
DEMO_PASSWORD = "dangan-demo"  # noqa: S105 - printed on the demo's log-in page
DEMO_ACCOUNTS = [
    ("hr", "人力资源：建档、录入、查看"), ("clerk", "部门文员：提交本部门材料"), ("head", "部门负责人：查看本部门"),
    ("head2", "另一部门的负责人"), ("archivist", "档案管理员：审核、归档"), ("archives", "档案室负责人"),
    ("agent", "客服员：看自己的档案"), ("leadership", "公司领导"), ("admin", "系统管理员：账号与设置"),
    ("auditor", "审计员：审计轨迹"), ("stranger", "没有角色的账号"),
]  # fmt: skip


def create_app(archive: Archive) -> Flask:
    """An application over `archive`."""
    settings = archive.settings
    app = APIFlask(
        __name__, title="dangan", version="1", spec_path="/api/v1/openapi.json", docs_path=None,
        static_folder="web/static", json_errors=False,
    )  # fmt: skip
    app.config.update(
        SECRET_KEY=archive.keys.system.digest(b"cookie"),
        SESSION_COOKIE_NAME="dangan",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=(settings.public_url or "").startswith("https:"),
        MAX_CONTENT_LENGTH=210 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=4 * 1024 * 1024,  # the rows of a checked sheet come back in a field
        SEND_FILE_MAX_AGE_DEFAULT=3600,
        OPENAPI_VERSION="3.1.0",
    )
    if settings.trusted_proxies:  # else every origin is the proxy's: one office, one limit, one place
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0)  # type: ignore[method-assign]
    app.security_schemes = {"bearer": {"type": "http", "scheme": "bearer"}}
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    frame.install(app)
    app.jinja_env.filters["moment"] = partial(moment, zone=ZoneInfo(settings.zone))
    identity.install(app, archive.accounts, OPEN_TO_ALL)
    _change_first(app)
    _ask_purpose(app)
    _pages(app, archive)
    _limit_log_ins(app, settings.logins_per_minute)
    _probes(app, archive)
    return app


def _change_first(app: Flask) -> None:
    """A password that somebody else has given is changed before anything else is done."""

    @app.before_request
    def given() -> ResponseReturnValue | None:
        free = OPEN_TO_ALL | WITH_ANY_PASSWORD
        if request.endpoint is None or request.endpoint in free or not identity.current_person().temporary:
            return None
        if request.path.startswith(frame.API):
            raise Forbidden("请先在网页上修改临时密码，再使用接口")
        return redirect(url_for("access.password"))


def _ask_purpose(app: Flask) -> None:
    """Before the first look of a session, whoever looks directly says what for (V3)."""

    @app.before_request
    def first() -> ResponseReturnValue | None:
        if request.endpoint in LOOKS and request.method in ("GET", "HEAD") and asks_purpose(identity.current_person()):
            return redirect(url_for("access.purpose", next=request.full_path))
        if request.endpoint == "search.export" and asks_purpose(identity.current_person()):
            asked = {name: said for name, said in request.form.items() if name != "csrf_token"}
            return redirect(url_for("access.purpose", next=f"{url_for('search.page')}?{urlencode(asked)}"))
        return None


def _limit_log_ins(app: Flask, per_minute: int) -> None:
    """So many tries a minute from one address, whatever account they are for; each account has its own waits."""
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", headers_enabled=False)
    for endpoint in ("access.log_in", "session_api.begin", "access.set_up"):
        limited: Any = limiter.limit(f"{per_minute} per minute")(app.view_functions[endpoint])
        app.view_functions[endpoint] = limited


def moment(instant: datetime, zone: ZoneInfo) -> str:
    """An instant as people of the office read it."""
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _remind_key(archive: Archive, person: Person) -> bool:
    """Whether this person should be asked for a copy of the master key."""
    may = archive.gate.decide(person, Action.KEEP_SETTINGS).allowed
    return may and not archive.administration.key_copied(person)


def _most(archive: Archive) -> int:
    """How many MiB one scan may have."""
    return int(archive.policy.value("upload_mebibytes"))


def _agents(archive: Archive, person: Person) -> list[File]:
    """The files that are offered where a file's number is asked for."""
    return archive.files.list(person, size=100)[0]


def _pages(app: APIFlask, archive: Archive) -> None:
    app.register_blueprint(language.blueprint())
    demo = DEMO_ACCOUNTS if archive.settings.demo else []
    app.register_blueprint(access_views.blueprint(archive.accounts, demo, DEMO_PASSWORD if demo else ""))
    app.register_blueprint(
        desk_views.blueprint(
            archive.files,
            archive.records,
            archive.catalogue,
            archive.gate,
            archive.search,
            partial(_remind_key, archive),
            archive.scans,
            archive.accounts.names,
            ZoneInfo(archive.settings.zone),
            partial(_most, archive),
            archive.places,
            archive.viewing,
            archive.lending,
            archive.accounts.begin_viewing,
        )
    )
    app.register_blueprint(
        printing_views.blueprint(archive.files, archive.records, archive.scans, archive.catalogue, archive.clock)
    )
    app.register_blueprint(
        work_views.blueprint(
            archive.work,
            archive.standing,
            archive.clock,
            {
                "submit": archive.submissions.may_submit,
                "view": archive.viewing.may_ask,
                "borrow": archive.lending.may_ask,
                "supervise": archive.supervision.may_read,
            },
            archive.digest,
        )
    )
    app.register_blueprint(files_views.blueprint(archive.files, archive.accounts))
    app.register_blueprint(intake_views.blueprint(archive.opening, archive.accounts))
    app.register_blueprint(entering_views.blueprint(archive.entering, archive.receiving, archive.catalogue))
    app.register_blueprint(care_views.blueprint(archive.care, archive.accounts.names))
    app.register_blueprint(
        care_registers.blueprint(
            archive.care, archive.trainings, archive.inspections, archive.accounts.names, archive.clock
        )
    )
    app.register_blueprint(
        supervision_views.blueprint(archive.supervision, archive.accounts.departments, archive.clock)
    )
    app.register_blueprint(
        lending_views.blueprint(
            archive.lending, archive.letters, archive.comparing, archive.clock, archive.accounts.names
        )
    )
    app.register_blueprint(loans_views.blueprint(archive.loans, archive.accounts.departments, archive.clock))
    app.register_blueprint(pledging_views.blueprint(archive.pledging))
    app.register_blueprint(registers_views.blueprint(archive.views, archive.accounts, archive.catalogue, archive.clock))
    app.register_blueprint(
        viewing_views.blueprint(
            archive.viewing,
            Parts(archive.records, archive.scans, archive.catalogue),
            archive.catalogue,
            archive.clock,
            archive.accounts.names,
        )
    )
    app.register_blueprint(
        records_views.blueprint(
            archive.records,
            archive.receiving,
            archive.catalogue,
            archive.gate,
            archive.scans.of_record,
            archive.accounts.names,
            archive.accounts.departments,
            partial(_most, archive),
            archive.places.where,
            archive.lending.out,
        )
    )
    for word, title, handing in (
        ("submissions", "材料提交", archive.submissions), ("supplements", "特殊情况补充", archive.supplements),
    ):  # fmt: skip
        app.register_blueprint(
            submissions_views.blueprint(
                handing,
                word,
                title,
                archive.scans,
                partial(_agents, archive),
                archive.catalogue,
                archive.accounts.names,
            )
        )
    app.register_blueprint(administration_views.blueprint(archive.accounts, archive.administration, archive.catalogue))
    app.register_blueprint(
        register_views.blueprint(archive.handed, archive.accounts.departments, archive.catalogue, archive.clock)
    )
    app.register_blueprint(catalogue_views.blueprint(archive.catalogue_keeping))
    app.register_blueprint(search_views.blueprint(archive.search, archive.accounts, archive.catalogue))
    app.register_blueprint(
        scans_views.blueprint(
            archive.scans, archive.arranging, archive.records, archive.catalogue, archive.clock, archive.files
        )
    )
    app.register_blueprint(
        places_views.blueprint(archive.places, archive.stocktaking, archive.labelling, archive.catalogue, archive.gate)
    )
    for blueprint in (
        places_api.api(archive.places, archive.stocktaking, archive.labelling),
        scans_api.api(archive.scans, archive.arranging),
        search_api.api(archive.search, archive.accounts.departments),
        access_api.api(archive.accounts),
        work_views.api(archive.work, archive.standing),
        files_api.api(archive.files),
        intake_api.api(archive.opening, archive.entering, archive.receiving),
        viewing_api.api(archive.viewing),
        care_api.api(
            archive.care, archive.trainings, archive.inspections, care_registers.trained_as, care_registers.wanted
        ),
        supervision_api.api(archive.supervision),
        lending_api.api(archive.lending, archive.letters, archive.comparing, archive.loans, loans_views.wanted),
        pledging_api.api(archive.pledging),
        registers_api.api(archive.views),
        submissions_api.api(archive.submissions, "submissions"),
        submissions_api.api(archive.supplements, "supplements"),
        register_api.api(archive.handed),
        records_api.api(archive.records, archive.receiving, archive.catalogue),
        administration_views.api(archive.administration),
        catalogue_api.api(archive.catalogue_keeping),
    ):
        app.register_blueprint(blueprint, url_prefix=frame.API)

    waiting = Waiting(
        {
            menu.HOME.endpoint: partial(desk_views.waiting_records, archive.search),
            menu.WORK.endpoint: archive.work.count,
            "scans.failed": archive.arranging.failed_count,
        }
    )

    @app.spec_processor
    def describe(spec: Any) -> Any:
        return schema.described(described.complete(spec, app), archive.catalogue)

    @app.context_processor
    def everywhere() -> dict[str, object]:
        person = current_user.person if current_user.is_authenticated else None
        return {
            "person": person,
            "waits": partial(waiting.count, person) if person else None,
            "bell": {"endpoint": "work.notices", "count": archive.work.unread(person)} if person else None,
            "may_search": person is not None and archive.gate.decide(person, Action.SEARCH).allowed,
            "may_retry": person is not None and archive.gate.decide(person, Action.ARRANGE_SCAN).allowed,
            "says_purpose": person is not None and says_purpose(person),
            "menu": menu.menu(person) if person else (),
            "here": menu.here(person, request.endpoint or "") if person else None,
            "role_name": menu.ROLES.get,
            "department_names": archive.accounts.departments() if person else {},
        }


def _probes(app: APIFlask, archive: Archive) -> None:
    @app.get("/healthz")
    @app.doc(hide=True)
    def alive() -> ResponseReturnValue:
        return jsonify(alive=True)

    @app.get("/readyz")
    @app.doc(hide=True)
    def ready() -> ResponseReturnValue:
        try:
            archive.store.client.admin.command("ping")
        except PyMongoError:
            return jsonify(store=False), 503
        demo = archive.heartbeats.last("demo") is not None if archive.settings.demo else None
        return jsonify(store=True, demo=demo)

    @app.get("/metrics")
    @app.doc(hide=True)
    def metrics() -> ResponseReturnValue:
        return generate_latest(), 200, {"Content-Type": CONTENT_TYPE_LATEST}

"""Every route has a rule: the whole cast walks the route map."""

import re
from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient

from indexer.follow import Follower
from service.app import OPEN_TO_ALL
from service.bootstrap import Archive
from tests.cast import CAST, PASSWORD

EVERYBODY = frozenset(CAST)
KEEPERS = frozenset({"hr", "archivist", "archives"})
ARCHIVISTS = KEEPERS - {"hr"}
READERS = KEEPERS | {"head", "agent", "clerk"}
SEARCHERS = READERS | {"head2"}
"""head2 may search and list, and finds nothing of another department."""
CONTENT = KEEPERS | {"agent"}
"""A filed record that someone else wrote, without a pass: not the clerk, nor the head."""
ASKERS = frozenset({"clerk", "head", "head2", "hr", "leadership"})
CARERS = ARCHIVISTS | {"auditor"}
BORROWERS = ASKERS | ARCHIVISTS
HANDS = frozenset({"clerk", "head", "archivist", "archives"})
"""Those who have a hand in the request that the north's clerk has made, and that its head signs."""
RULES: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "access.change_password", "access.log_out", "access.password", "access.purpose", "access.say_purpose",
            "desk.home", "session_api.end", "session_api.say_purpose", "work.page", "work.notices", "work.away_page",
            "work.mail", "work_api.lists", "work_api.notices",
        ),
        EVERYBODY,
    ),
    **dict.fromkeys(
        (
            "administration.accounts_page", "administration.change_settings", "administration.create",
            "administration.account_page", "administration.change_account",
            "administration.department", "administration.health_page", "administration.reset",
            "administration.settings_page", "administration.set_active", "administration.confirm_key",
            "pledging.text", "pledging.change", "pledging_api.change",
            "catalogue.overview", "catalogue.new_field", "catalogue.add_field", "catalogue.field_page",
            "catalogue.change_field", "catalogue.new_subcategory", "catalogue.add_subcategory", "catalogue.retire",
            "catalogue_api.add_subcategory", "catalogue_api.retire", "catalogue_api.add_field",
            "catalogue_api.change_field",
        ),
        frozenset({"admin"}),
    ),
    **dict.fromkeys(
        ("work.away", "work.back", "work_api.deputy", "work_api.name_deputy", "work_api.drop_deputy"),
        frozenset({"admin", "head"}),
    ),
    **dict.fromkeys(
        ("work.relatives_page", "work.relatives", "work_api.relatives", "work_api.keep_relatives"),
        frozenset({"admin", "hr"}),
    ),
    **dict.fromkeys(("administration.trail_page", "audit_api.trail"), frozenset({"admin", "auditor"})),
    **dict.fromkeys(
        ("files.list_files", "files_api.list_files", "search.page", "search_api.find", "search_api.suggest"), SEARCHERS
    ),
    **dict.fromkeys(("desk.file_page", "files_api.get_file", "records_api.of_file"), READERS),
    **dict.fromkeys(
        (
            "files.edit", "files.edit_page", "files.move", "files_api.edit_file", "files_api.move_file",
            "intake.check", "intake.import_files", "intake.import_page", "intake.open_file", "intake.open_page",
            "intake.template", "intake_api.open_all", "intake_api.open_file", "records.edit", "records.edit_page",
            "records.move", "records_api.edit", "records_api.move",
            "scans_api.content", "scans_api.retry", "scans_api.upload", "scans_api.arrange", "scans_api.correct",
            "scans_api.move", "scans.arrange", "scans.correct", "scans.move", "scans.retry", "scans.pages_page",
            "printing.file", "scans.printed",
        ),
        KEEPERS,
    ),
    "catalogue_api.get": SEARCHERS | {"admin"},
    **dict.fromkeys(
        (
            "places.rooms", "places.inside", "places.scanned", "places.stocktake", "places_api.rooms",
            "places_api.inside", "places_api.where", "places_api.where_record", "places_api.stocktake",
        ),
        KEEPERS,
    ),
    **dict.fromkeys(
        (
            "places.add", "places.edit", "places.put", "places.begin", "places.begin_here", "places.scan",
            "places.close", "places.labels", "places.labels_page", "places_api.add", "places_api.edit",
            "places.take_out", "places.close_place", "places_api.take_out", "places_api.close_place",
            "places_api.put", "places_api.begin", "places_api.scan", "places_api.close", "places_api.labels",
        ),
        ARCHIVISTS,
    ),
    **dict.fromkeys(("lending.ask", "lending.ask_page", "lending.mine"), BORROWERS),
    **dict.fromkeys(("lending_api.ask", "lending_api.mine"), BORROWERS),
    **dict.fromkeys(("lending.detail", "lending.slip", "lending_api.get"), HANDS | {"auditor"}),
    **dict.fromkeys(("lending.move", "lending_api.move"), frozenset({"head"})),
    **dict.fromkeys(("loans.page", "loans.export", "lending_api.register"), ARCHIVISTS | {"auditor"}),
    **dict.fromkeys(("lending.desk", "lending.returned"), ARCHIVISTS),
    **dict.fromkeys(("lending.keep_letter", "lending_api.keep_letter"), ARCHIVISTS),
    **dict.fromkeys(("lending.letter", "lending_api.letter", "lending_api.returned_page"), frozenset()),  # not there
    **dict.fromkeys(("care.room", "care.keeper", "care.duty", "care.facility"), CARERS),
    **dict.fromkeys(("care_registers.trainings", "care_registers.export_trainings"), CARERS),
    **dict.fromkeys(("care_registers.inspections", "care_registers.export_inspections"), CARERS),
    **dict.fromkeys(("care_api.room", "care_api.duties", "care_api.trainings", "care_api.inspections"), CARERS),
    "care_api.agreements": CARERS,
    **dict.fromkeys(
        ("supervision.overview", "supervision.export", "supervision_api.overview"),
        frozenset({"archives", "leadership", "auditor"}),
    ),
    **dict.fromkeys(
        ("supervision.lines", "supervision.export_lines", "supervision_api.lines"), frozenset({"archives"})
    ),
    **dict.fromkeys(("care.take", "care_api.take", "care.report", "care_api.report"), ARCHIVISTS),
    **dict.fromkeys(
        (
            "care.add_facility", "care.add_keeper", "care.agreement", "care.training", "care.end",
            "care.edit_facility", "care.retire_facility", "care_api.edit_facility", "care_api.retire_facility",
            "care_api.end",
            "care_api.add_facility", "care_api.add_keeper", "care_api.agreement", "care_api.training",
        ),
        frozenset({"archives"}),
    ),
    **dict.fromkeys(("lending_api.returned", "lending_api.comparisons"), ARCHIVISTS),
    **dict.fromkeys(
        (
            "viewing.ask", "viewing.ask_page", "viewing_api.ask", "pledging.read", "pledging.sign",
            "pledging_api.read", "pledging_api.sign",
        ),
        ASKERS,
    ),
    **dict.fromkeys(("viewing.list_requests", "viewing_api.list_requests"), ASKERS | {"archivist", "archives"}),
    **dict.fromkeys(("viewing.detail", "viewing.paper", "viewing_api.get", "desk.begin_viewing"), HANDS),
    **dict.fromkeys(("viewing.choose", "viewing.grant_parts"), ARCHIVISTS),
    **dict.fromkeys(("viewing.move", "viewing_api.move"), frozenset({"head"})),
    **dict.fromkeys(
        [
            f"{room}{rest}"
            for room in ("submissions", "supplements")
            for rest in (".list_cases", ".choose", ".new_page", ".create", "_api.list_cases", "_api.create")
        ],
        KEEPERS | {"clerk"},
    ),
    **dict.fromkeys(
        ("submissions.move", "submissions_api.get", "submissions_api.move"),
        ARCHIVISTS | {"clerk"},
    ),
    "submissions.detail": ARCHIVISTS | {"clerk"},
    "supplements.detail": frozenset({"clerk"}),
    **dict.fromkeys(  # a draft yet
        ("supplements.move", "supplements_api.get", "supplements_api.move"), frozenset({"clerk"})
    ),
    **dict.fromkeys(("registers.views", "registers.export", "registers_api.views"), ARCHIVISTS | {"auditor"}),
    **dict.fromkeys(
        ("handed.start", "handed.register", "handed.export", "handed_api.register"), ARCHIVISTS | {"auditor"}
    ),
    "search.export": KEEPERS | {"head", "head2"},
    **dict.fromkeys(("scans.failed", "scans_api.unread"), KEEPERS | {"clerk"}),
    **dict.fromkeys(("records.verify", "records_api.verify"), ARCHIVISTS),  # HR wrote it
    **dict.fromkeys(
        (
            "records.add", "records.new_page", "records_api.add", "entering.start", "entering.template",
            "entering.check", "entering.enter", "intake_api.enter",
        ),
        KEEPERS | {"clerk"},
    ),
    **dict.fromkeys(
        (
            "records.detail", "records.row", "records_api.get", "records_api.versions", "scans.viewer", "scans_api.get",
            "scans_api.image", "scans_api.of_record", "scans_api.text", "scans_api.thumbnail",
        ),
        CONTENT,
    ),
}  # fmt: skip
"""Who gets past the gate at each endpoint, for the file of the north's agent; everybody else gets 403 or 404."""


FIRST = "KF-2021-00001"
BODY = {
    "version": 1, "category": "training", "subcategory": "internal", "fields": {}, "code": FIRST, "codes": [FIRST],
    "files": [],
}  # fmt: skip
FORM = {
    "version": "1",
    "account": "head",
    "page": "1",
    "change": "later",
    "item": FIRST,
    "codes": FIRST,
    "sheet": "3x8",
    "here": "K00001",
}
"""Well formed everywhere, so that what refuses is the gate."""


NOT_THERE = frozenset(
    {
        "administration.reset",
        "administration.set_active",
        "administration.account_page",
        "administration.change_account",
        "catalogue.field_page",
        "catalogue.change_field",
    }
)
"""What the address names is not there: no such account, no such field of the company's own."""


def address(rule: str, ids: Mapping[str, str]) -> str:
    values = {"category": "training", "subcategory": "internal", "name": "nobody", "account": "head", "int:number": "1"}
    for name, value in sorted({**values, **ids}.items(), key=lambda one: "/" not in one[0]):
        folder, slash, plain = name.rpartition("/")  # `loans/case_id` is the case of a rule with loans/<case_id>
        rule = rule.replace(f"{folder}{slash}<{plain}>", f"{folder}{slash}{value}")
    return re.sub(r"<any\('([a-z-]+)'.*?\):\w+>", r"\1", rule)


def log_in(client: FlaskClient, name: str) -> str:
    said = {"purpose": "appraisal"} if name == "hr" else {}  # whoever looks directly says what for
    answer = client.post("/api/v1/session", json={"username": name, "password": PASSWORD, **said})
    return str(answer.json["token"])


def walk(client: FlaskClient) -> list[tuple[str, str, str]]:
    """Endpoint, method and rule of every route that asks who one is."""
    return [
        (rule.endpoint, method, rule.rule)
        for rule in client.application.url_map.iter_rules()
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
        if rule.endpoint not in OPEN_TO_ALL
    ]


def test_every_route_has_a_rule(client: FlaskClient) -> None:
    """No route is missing from the table, and none in it is gone."""
    assert {endpoint for endpoint, _, _ in walk(client)} == set(RULES)


@pytest.mark.parametrize("name", sorted(CAST))
def test_the_cast_walks_the_route_map(archive: Archive, client: FlaskClient, ids: Mapping[str, str], name: str) -> None:
    """At every route, each of the cast gets through or is refused as the table says; nobody meets a fault."""
    later = {"access.log_out", "session_api.end", "access.change_password"}
    Follower(archive).rebuild()
    token = log_in(client, name)
    for endpoint, method, rule in sorted(walk(client), key=lambda one: one[0] in later):
        body = BODY if rule.startswith("/api/") and method != "GET" else None
        form = FORM if body is None and method != "GET" else None
        answer = client.open(
            address(rule, ids), method=method, json=body, data=form,
            headers={"Authorization": f"Bearer {token}"},
        )  # fmt: skip
        token = log_in(client, name) if endpoint == "access.log_out" else token
        assert answer.status_code < 500, (endpoint, answer.status_code)
        refused = answer.status_code in (401, 403, 404)
        if endpoint in NOT_THERE and name in RULES[endpoint]:
            assert answer.status_code == 404
        else:
            assert refused != (name in RULES[endpoint]), (endpoint, name, answer.status_code)

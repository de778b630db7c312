"""The application form as a page sends it, in the shape of the API."""

from typing import Any

from werkzeug.datastructures import MultiDict

_LISTS = ("categories", "records", "pages")
_WHOLE = ("files", "purpose", "reason", "from", "until", "places", "note")


def given(form: "MultiDict[str, str]") -> dict[str, Any]:
    """What was filled in. A box that is not ticked sends nothing, so its form says that it has boxes (`whole`)."""
    said: dict[str, Any] = {name: form[name] for name in _WHOLE if name in form}
    said |= {name: form.getlist(name) for name in _LISTS if name in form}
    if "whole" in form:
        said |= {
            "categories": form.getlist("categories"),
            "original": form.get("original", ""),
            "masked": form.get("unmasked") != "yes",
        }
    return said

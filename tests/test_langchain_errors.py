"""Errors that both `except` clauses catch: ours and LangChain's."""

from __future__ import annotations

import copy
import inspect
import pickle
import traceback

import pytest
from langchain_core import exceptions as theirs

from chatwright import errors as ours
from chatwright.langchain.errors import model_error, translated

PAIRS = [
    (ours.ContextOverflow("x"), theirs.ContextOverflowError, False),
    (ours.Unreachable("x"), theirs.ModelConnectionError, True),
    (ours.Unauthorized("x", status=401), theirs.ModelAuthenticationError, False),
    (ours.Unauthorized("x"), theirs.ModelAuthenticationError, False),
    (ours.Unauthorized("x", status=403), theirs.ModelPermissionDeniedError, False),
    (ours.NotServed("x", status=404), theirs.ModelNotFoundError, False),
    (ours.UnknownModel("x"), theirs.ModelNotFoundError, False),
    (ours.Refused("x", status=422), theirs.ModelInvalidRequestError, False),
    (ours.Unavailable("x", status=429), theirs.ModelRateLimitError, True),
    (ours.Unavailable("x", status=503), theirs.ModelAPIError, True),
    (ours.ServerFailed("x", status=500), theirs.ModelAPIError, True),
    (ours.BadReply("x"), theirs.ModelAPIError, True),
    (ours.TimedOut("x"), theirs.ModelTimeoutError, True),
    (ours.Interrupted("x", partial="Hel"), theirs.ModelConnectionError, True),
    (ours.UsageError("x"), theirs.ModelInvalidRequestError, False),
    (ours.TemplateError("x"), theirs.ModelInvalidRequestError, False),
    (ours.ConstraintError("x"), theirs.ModelInvalidRequestError, False),
    (ours.MissingExtra("x"), theirs.ModelError, False),
    (ours.BackendError("x"), theirs.ModelError, False),
]


@pytest.mark.parametrize(
    ("error", "kind", "again"), PAIRS, ids=lambda v: getattr(v, "__name__", str(type(v)))
)
def test_an_error_is_of_both_families_and_keeps_all_that_it_says(
    error: ours.ChatwrightError, kind: type[theirs.ModelError], again: bool
):
    error.hint = "try this"
    with pytest.raises(kind) as caught, translated():
        raise error
    found = caught.value
    assert isinstance(found, type(error)) and isinstance(found, ours.ChatwrightError)
    assert found.is_retryable is again
    for same in (found, pickle.loads(pickle.dumps(found)), copy.copy(found), copy.deepcopy(found)):
        assert type(same) is type(found)
        assert (str(same), same.hint) == ("x", "try this")
        assert {**error.__dict__} == {k: v for k, v in same.__dict__.items() if k != "__notes__"}


def test_every_error_of_a_backend_has_a_counterpart():
    classes = [
        c for _, c in inspect.getmembers(ours, inspect.isclass) if issubclass(c, ours.BackendError)
    ]
    assert len(classes) > 10
    assert all(isinstance(model_error(c("x")), theirs.ModelError) for c in classes)


def test_what_langchain_has_no_name_for_stays_what_it_is():
    error = ours.ToolError("no")
    assert model_error(error) is error
    with pytest.raises(ZeroDivisionError), translated():
        _ = 1 / 0


def test_an_error_is_translated_once_and_a_traceback_shows_its_hint_once():
    with pytest.raises(ours.TimedOut) as caught, translated(), translated():
        raise ours.TimedOut("nothing came", "wait longer")
    text = "".join(traceback.format_exception(caught.value))
    assert text.count("hint: wait longer") == 1
    assert "During handling" not in text
    assert "chatwright.errors.TimedOut: nothing came" in text
    assert model_error(caught.value) is caught.value


def test_the_cause_of_an_error_is_kept():
    with pytest.raises(ours.BadReply) as caught, translated():
        raise ours.BadReply("no JSON") from ValueError("at 0")
    assert isinstance(caught.value.__cause__, ValueError)

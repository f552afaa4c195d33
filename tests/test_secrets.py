"""Keys, tokens and passwords are taken out; ordinary text is not."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatwright.agent.secrets import Redactor

R = "[redacted]"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow-IBAAKC\nAQEA==\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch):
    import os

    for name in list(os.environ):
        if name != "PATH":
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("my hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345 key", f"my {R} key"),
        ("sk-proj-Ab12_cd34-EF56gh78", R),
        ("sk-ant-api03-Zz9_yy88-xxxxxxxx", R),
        ("(sk-abcdefghijklmnopqrstuvwxyzABCDEF)", f"({R})"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ012345.", f"{R}."),
        ("gho_0123456789abcdefghijABCDEFGHIJ012345", R),
        ("github_pat_11AAAAAAA0abcdefghijkl_mnopqrstuvwxyz0123", R),
        ("glpat-abcdefghij0123456789", R),
        ("xoxb-123456789012-abcdefABCDEF", R),
        ("id AKIAIOSFODNN7EXAMPLE, ok", f"id {R}, ok"),
        ("AIzaSyA-0123456789_abcdefghijklmnopqrstuv", R),
        (f"jwt={JWT}", f"jwt={R}"),
        (f"key:\n{PEM}\nend", f"key:\n{R}\nend"),
        (json.dumps(PEM), f'"{R}"'),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB", R),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {R}"),
        ("authorization: basic dXNlcjpwYXNz\r\nHost: x", f"authorization: basic {R}\r\nHost: x"),
        ("curl -H 'Authorization: token abcdef'", f"curl -H 'Authorization: token {R}'"),
        ("sent Bearer abcdefghij0123456789xyz", f"sent Bearer {R}"),
        ("X-API-Key: 0123456789abcdef0123", f"X-API-Key: {R}"),
        ("https://ada:hunter2@example.org/x", f"https://ada:{R}@example.org/x"),
        ("postgres://ada:p:w@db:5432/x, mysql://b:c@d", f"postgres://ada:{R}@db:5432/x, mysql://b:{R}@d"),
        (
            "https://serpapi.com/search.json?q=a+b&api_key=0123abcd&engine=google",
            f"https://serpapi.com/search.json?q=a+b&api_key={R}&engine=google",
        ),
        ("http://x/?key=a1&token=b2#frag", f"http://x/?key={R}&token={R}#frag"),
        ("(http://x/?access_token=a1)", f"(http://x/?access_token={R})"),
        ("http://x/?a=1&amp;X-Amz-Signature=0a1b", f"http://x/?a=1&amp;X-Amz-Signature={R}"),
        (r"http://x/?a=1\u0026apikey=0a1b", rf"http://x/?a=1\u0026apikey={R}"),
        ("HF_TOKEN=abcdefgh1\nDB_PASSWORD='pass word'", f"HF_TOKEN={R}\nDB_PASSWORD='pass word'"),
        ('{"password": "x y", "user": "ada"}', f'{{"password": "{R}", "user": "ada"}}'),
        ("{'api-key': 'it', 'n': 1}", f"{{'api-key': '{R}', 'n': 1}}"),
        (r'"{\"client_secret\": \"a\", \"b\": \"c\"}"', rf'"{{\"client_secret\": \"{R}\", \"b\": \"c\"}}"'),
    ],
)  # fmt: skip
def test_a_secret_goes_and_what_stands_around_it_stays(text: str, clean: str):
    redactor = Redactor()
    assert redactor.text(text) == clean
    assert redactor.text(clean) == clean


@pytest.mark.parametrize(
    "text",
    [
        "",
        "token: the word, and key=value in prose; a password is a secret",
        "The bearer of good news. Authorization: required. Basic training.",
        "sk-learn-contrib-packages, task-force-of-2024, risk-assessment-2024-01",
        "from huggingface_hub import hf_hub_download, hf_api",
        "https://example.org/a?page=2&q=key#token user@example.org http://h:8080/@x",
        "pip install chatwright==0.1.0; x = a&b; monkey=1 turkey=2",
        '{"tokens": 3, "page_token": "CAUQAA", "eos_token": "</s>", "keyboard": "qwerty"}',
        'API_KEY=os.environ["API_KEY"]; set $HOME_KEY=<your key>',
        "commit 2ffc67eb6ccb86b3a20e7ecf9bfad4f7f0b7ab54, Ada Lovelace, 6.09834746035264",
        "AKIA is a prefix; eyJ too; ghp_ as well; hf_ and xoxb-.",
    ],
)
def test_ordinary_text_is_the_same_object(text: str):
    assert Redactor().text(text) is text


def test_what_it_is_told_goes_in_every_spelling():
    redactor = Redactor(["pa/ss wörd&1", "short", "pa/ss wörd&1 and more"])
    told = 'pa/ss wörd&1 and more, pa/ss wörd&1, u=pa%2Fss%20w%C3%B6rd%261, v=pa%2Fss+w%C3%B6rd%261, "pa/ss w\\u00f6rd&1" short'
    assert redactor.text(told) == f'{R}, {R}, u={R}, v={R}, "{R}" short'


def test_a_secret_of_the_environment_goes_by_its_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MY_SERVICE_TOKEN", "correct-horse")
    monkeypatch.setenv("PGPASSWORD", "battery-staple")
    monkeypatch.setenv("TINY_KEY", "abc")
    monkeypatch.setenv("FAVOURITE_WORD", "ordinary-word")
    redactor = Redactor()
    monkeypatch.setenv("LATER_KEY", "added-afterwards")
    text = "correct-horse battery-staple abc ordinary-word added-afterwards"
    assert redactor.text(text) == f"{R} {R} abc ordinary-word added-afterwards"


def test_the_redactor_itself_shows_nothing():
    assert "hunter2hunter2" not in repr(Redactor(["hunter2hunter2"]))


def test_fields_with_a_telling_name_lose_their_text_whole():
    given = {
        "user": "ada",
        "Password": "x",
        "X-API-Key": "y",
        "accessToken": "z",
        "nested": [{"client_secret": "a", "cookie": ["b", {"id": "c"}]}, ("d",)],
        "max_tokens": 5,
        "token": 7,
        "secret": "",
        "private_key": None,
        "page_token": "p",
        "url": "https://x/?key=k",
    }
    assert Redactor().json(given) == {
        "user": "ada",
        "Password": R,
        "X-API-Key": R,
        "accessToken": R,
        "nested": [{"client_secret": R, "cookie": [R, {"id": "c"}]}, ["d"]],
        "max_tokens": 5,
        "token": 7,
        "secret": "",
        "private_key": None,
        "page_token": "p",
        "url": f"https://x/?key={R}",
    }


def test_the_value_that_was_given_is_left_as_it_was():
    given = {"a": [{"password": "x"}]}
    Redactor().json(given)
    assert given == {"a": [{"password": "x"}]}


def test_two_keys_that_become_equal_stay_two():
    token = "hf_" + "a" * 30
    assert Redactor().json({token: 1, token + "b": 2}) == {R: 1, f"{R}_": 2}


def test_a_value_nested_deeper_than_python_calls_is_read_to_its_end():
    deep: Any = "https://u:pw@h"
    for _ in range(50_000):
        deep = [deep]
    clean = Redactor().json(deep)
    for _ in range(50_000):
        clean, deep = clean[0], deep[0]
    assert clean == f"https://u:{R}@h"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=9) | st.sampled_from(["token", "a"]), inner, max_size=3)
    ),
    max_leaves=12,
)
PIECES = st.lists(
    st.sampled_from(
        ["hf_", "sk-", "ghp_", "eyJ", ".", "AKIA", "abcdefgh", "12345678", "Authorization: ", "Bearer ", "://", "u:", "@",
         "?key=", "&token=", '"password": "', '"', "'", "\\", R, "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----",
         " ", "\n", "A_TOKEN=", "known-secret"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(JSON)
def test_redacting_a_value_twice_changes_nothing_more(value: Any):
    redactor = Redactor(["known-secret"])
    once = redactor.json(value)
    assert redactor.json(once) == once


@given(PIECES)
def test_redacting_a_text_twice_changes_nothing_more(text: str):
    redactor = Redactor(["known-secret"])
    once = redactor.text(text)
    assert redactor.text(once) == once
    assert "known-secret" not in once


@pytest.mark.parametrize(
    "unit",
    ["sk-", "sk-a", "hf_", "eyJ", "eyJaaaaaa.", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\nA ", "://",
     "://a:b", "?key=", "&", "Bearer ", "authorization: ", '"password": "', '\\"a\\":', "'a':'", "A", "A_KEY=", "_TOKEN",
     "api-key", "x-", "-", " ", "\\", "AKIA", "["],
)  # fmt: skip
def test_a_flood_costs_no_more_for_each_character_than_a_stream(unit: str):
    redactor = Redactor(["known-secret"])

    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.process_time()
        redactor.text(text)
        return time.process_time() - start

    small = min(seconds(25_000) for _ in range(2))
    assert seconds(200_000) < max(0.3, 32 * small)

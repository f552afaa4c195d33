"""A token goes only home."""

from __future__ import annotations

import copy
import logging
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from chatwright.backends.tokens import Secret, find_token, is_hub, origin_of
from chatwright.errors import UsageError

HUB = "https://huggingface.co"
TOKEN = "hf_sesame"


@pytest.fixture(autouse=True)
def nothing_lying_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for name in (
        "HUGGINGFACEHUB_API_TOKEN", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_OIDC_RESOURCE",
        "HF_TOKEN_PATH", "HF_HUB_DISABLE_IMPLICIT_TOKEN",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        "https://huggingface.co",
        "https://huggingface.co:443/org/name",
        "https://router.huggingface.co/v1",
        "https://HuggingFace.CO/",
        "https://huggingface.co./",
        "https://org-app.hf.space",
        "https://abc.us-east-1.aws.endpoints.huggingface.cloud/generate",
        "https://huggingface。co",  # the ideographic full stop is a dot to every resolver
    ],
)
def test_the_hubs_hosts_get_a_token_from_the_environment(url: str, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    token = find_token(url=url)
    assert token and token.headers(url) == {"authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    "url",
    [
        "http://huggingface.co",
        "http://huggingface.co:443",
        "https://huggingface.co:8443",
        "https://evilhuggingface.co",
        "https://huggingface.co.evil.com",
        "https://huggingface.com",
        "https://xhf.space",
        "https://huggingface.cloud",
        "https://endpoints.huggingface.cloud.evil.com",
        "https://evil.com/huggingface.co",
        "https://evil.com?huggingface.co",
        "https://evil.com#.huggingface.co",
        "https://127.0.0.1",
        "https://[::1]",
        "http://localhost:8080",
        "https://huggıngface.co",
        "https://xn--huggngface-5ib.co",
    ],
)
def test_no_other_place_gets_it(url: str, monkeypatch):
    monkeypatch.setenv("HUGGINGFACEHUB_API_TOKEN", TOKEN)
    assert find_token(url=url) is None
    ambient = find_token(url=HUB)
    assert ambient and ambient.headers(url) == {}


@pytest.mark.parametrize(
    "url",
    [
        "https://huggingface.co@evil.com",
        "https://user:secret@huggingface.co",
        "https://evil.com\\@huggingface.co",
        "https://evil.com\\.huggingface.co",
        "https://huggingface.co\t.evil.com",
        "https://hugging\nface.co",
        "https://evil.com%00.huggingface.co",
        "https://evil.com%2f.huggingface.co",
        "https://.huggingface.co",
        "https://a..huggingface.co",
        "https://huggingface.co:port",
        "https://huggingface.co:0",
        "https://huggingface.co:99999",
        "https://[::1",
        "https://",
        "ftp://huggingface.co",
        "//huggingface.co",
        "huggingface.co",
        "",
    ],
)
def test_a_url_that_can_be_read_in_two_ways_is_refused_and_not_repeated(url: str):
    with pytest.raises(UsageError) as caught:
        origin_of(url)
    assert "secret" not in str(caught.value) + caught.value.hint


def test_an_explicit_token_goes_to_the_origin_it_was_given_for_alone():
    token = find_token(TOKEN, url="http://127.0.0.1:8080/v1")
    assert token
    assert token.goes_to("http://127.0.0.1:8080/generate")
    for other in ("http://127.0.0.1:8081", "http://localhost:8080", "https://127.0.0.1:8080", HUB):
        assert token.headers(other) == {}


def test_the_order_is_argument_then_the_variables_then_the_store(monkeypatch, tmp_path):
    (tmp_path / "token").write_text("hf_stored\n")
    seen = [find_token(url=HUB)]
    monkeypatch.setenv("HF_TOKEN", "hf_second")
    seen.append(find_token(url=HUB))
    monkeypatch.setenv("HUGGINGFACEHUB_API_TOKEN", "hf_first")
    seen.append(find_token(url=HUB))
    seen.append(find_token("hf_mine", url=HUB))
    assert [t and (t.source, t.secret.reveal()) for t in seen] == [
        ("the Hub's store", "hf_stored"),
        ("HF_TOKEN", "hf_second"),
        ("HUGGINGFACEHUB_API_TOKEN", "hf_first"),
        ("argument", "hf_mine"),
    ]


@pytest.mark.parametrize("none", ["", "  ", False])
def test_an_empty_token_means_none_at_all(none, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert find_token(none, url=HUB) is None


def test_the_hubs_own_switch_for_ambient_tokens_is_heard(monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    assert find_token(url=HUB) is None
    assert find_token(TOKEN, url=HUB)


def test_blank_variables_count_as_unset(monkeypatch):
    monkeypatch.setenv("HUGGINGFACEHUB_API_TOKEN", " \n")
    monkeypatch.setenv("HF_TOKEN", f" {TOKEN}\n")
    token = find_token(url=HUB)
    assert token and token.secret.reveal() == TOKEN


@pytest.mark.parametrize("bad", ["hf_a\r\nX-Evil: 1", "hf_ä", "hf_open sesame", "hf_sesame\x00"])
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(bad: str, monkeypatch):
    with pytest.raises(UsageError) as caught:
        find_token(bad, url=HUB)
    assert bad[3:] not in str(caught.value)
    if "\x00" not in bad:  # no variable can hold it
        monkeypatch.setenv("HF_TOKEN", bad)
        with pytest.raises(UsageError, match="the token in HF_TOKEN holds"):
            find_token(url=HUB)


def test_nothing_shows_the_value(caplog: pytest.LogCaptureFixture):
    token = find_token(TOKEN, url=HUB)
    with caplog.at_level(logging.DEBUG):
        logging.getLogger().info("%s %r", token, [token])
    shown = [
        caplog.text,
        repr(token),
        str(token),
        f"{token}",
        repr(Secret(TOKEN)),
        str(Secret(TOKEN)),
    ]
    assert not any("sesame" in text for text in shown)


def test_a_pickled_token_leaves_its_value_behind_and_says_so():
    token = find_token(TOKEN, url=HUB)
    data = pickle.dumps(token)
    assert b"sesame" not in data
    with pytest.raises(UsageError, match="stayed in the process"):
        pickle.loads(data).headers(HUB)
    assert copy.deepcopy(token).headers(HUB) == copy.copy(token).headers(HUB) != {}


def test_a_store_that_cannot_be_read_is_told_and_passed_over(tmp_path, caplog):
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    assert find_token(url=HUB) is None
    assert "cannot be read" in caplog.text


def test_the_hubs_package_is_not_loaded_for_any_other_server():
    script = (
        "import sys; from chatwright.backends.tokens import find_token\n"
        "find_token(url='http://127.0.0.1:1'); find_token('x', url='https://huggingface.co')\n"
        "print([m for m in ('huggingface_hub', 'httpx2') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_is_hub_takes_an_origin_too():
    assert is_hub(origin_of(HUB)) and str(origin_of("HTTP://[::1]:80/x")) == "http://[::1]"

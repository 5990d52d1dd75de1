"""Who is let in, and what is turned away, over a real server."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import httpx
import pytest
from gradio_client import Client

from rag.errors import SettingsError
from rag.langchain import ArticleQA
from rag.settings import Settings
from tests.browsing import Visit, chromium, expect, served
from ui.access import Access, is_loopback
from ui.settings import WindowSettings
from ui.window.server import serve

ACCOUNTS = "ada:secret, grace:an:other pass"
PLACES = ["/", "/config", "/theme.css", "/gradio_api/info", "/gradio_api/app_id", "/mcp", "/none"]
WRONG = ["", "Bearer secret", "Basic", "Basic ???", "Basic YWRhOg==", "Basic YWRhOlNFQ1JFVA=="]


@pytest.fixture(scope="module")
def window(qa: ArticleQA) -> Iterator[str]:
    with served(qa) as url:
        yield url


@pytest.fixture(scope="module")
def closed(qa: ArticleQA) -> Iterator[str]:
    with served(qa, Access.of("0.0.0.0", ACCOUNTS)) as url:
        yield url


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "articles.example"])
def test_other_machines_reach_the_window_only_where_somebody_said_so(seeds_home, host):
    with pytest.raises(SettingsError, match=r"ARTICLE_QA_AUTH .* --open-to-everyone"):
        serve(Settings(home=seeds_home), WindowSettings(host=host))
    assert Access.of(host, ACCOUNTS).is_known
    assert not Access.of(host, "", everyone=True).is_known


def test_this_machine_needs_no_sign_in():
    assert all(map(is_loopback, ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"]))
    assert Access.of("127.0.0.1", "").is_known


@pytest.mark.parametrize("written", ["secret", "ada:", ":secret", "ada:secret,hidden"])
def test_a_sign_in_that_cannot_be_read_is_an_error_which_does_not_repeat_it(written):
    with pytest.raises(SettingsError) as error:
        Access.of("127.0.0.1", written)
    assert "ARTICLE_QA_AUTH to user:password" in str(error.value)
    assert "secret" not in str(error.value)
    assert "hidden" not in str(error.value)


def test_a_password_is_shown_nowhere(monkeypatch):
    monkeypatch.setenv("ARTICLE_QA_AUTH", "ada:secret")
    settings = WindowSettings.load()
    assert "secret" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert "secret" not in repr(Access.of("::1", settings.auth.get_secret_value()))


@pytest.mark.parametrize("place", PLACES)
def test_nothing_at_all_is_served_before_the_sign_in(closed, place):
    for wrong in WRONG:
        answer = httpx.get(closed + place, headers={"authorization": wrong})
        assert (answer.status_code, answer.text) == (401, "Sign in first.\n")
        assert answer.headers["www-authenticate"].startswith("Basic")
        assert "content-security-policy" in answer.headers
    assert httpx.post(closed + place).status_code == 401


def test_who_signs_in_gets_everything(closed):
    for user, password in (("ada", "secret"), ("grace", "an:other pass")):
        assert httpx.get(closed + "/config", auth=(user, password)).status_code == 200
    signed_in = base64.b64encode(b"ada:secret").decode()
    client = Client(closed, verbose=False, headers={"authorization": f"Basic {signed_in}"})
    assert len(client.predict(api_name="/articles")) == 17


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "192.168.1.5", "", "["])
def test_no_other_name_leads_to_this_machine(window, host):
    """Else a site could point its name here and read with its visitors' browsers."""
    assert httpx.get(window + "/config", headers={"host": host}).status_code in (400, 403)


@pytest.mark.parametrize(
    "sent",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
    ],
)
def test_other_sites_pages_send_nothing(window, sent):
    join = window + "/gradio_api/call/articles"
    assert httpx.post(join, json={"data": []}, headers=sent).status_code == 403
    assert httpx.post(join, json={"data": []}, headers={"origin": window}).status_code == 200


def test_a_link_from_another_site_opens_the_window_and_no_origin_may_read_it(window):
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert httpx.get(window, headers=followed).status_code == 200
    asked = {"origin": "http://localhost:1234", "sec-fetch-site": "same-origin"}
    assert "access-control-allow-origin" not in httpx.get(window, headers=asked).headers


def test_a_browser_signs_in_and_chats(closed):
    ada = {"username": "ada", "password": "secret"}
    with chromium() as browser:
        visitor = Visit(browser.new_context(http_credentials=ada).new_page())
        visitor.open(closed)
        visitor.ask("Who condemned the missile launch?")
        visitor.page.locator(".card .open").first.click()
        expect(visitor.page.locator(".reader mark:not(.other)").first).to_be_visible()
        visitor.finish()

"""Whom people name to be called: never a machine of our own network, neither when they say it nor when it is called."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from config.checks import networks_are_networks
from outside.addresses import OutsideSession, Private, Refused, only_outside, refuse_private
from tests import http_server
from tests.http_server import HttpServer


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with http_server.listening() as found:
        yield found


@pytest.fixture
def our_network_allowed(settings: Any) -> None:
    settings.PRIVATE_NETWORKS_ALLOWED = ["127.0.0.1/32"]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/hook",
        "https://localhost/hook",
        "https://[::1]/hook",
        "https://0.0.0.0/hook",
        "https://10.1.2.3/hook",
        "https://172.16.0.1/hook",
        "https://192.168.1.1:8443/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1/hook",
        "https://224.0.0.251/hook",
        "https://[fd00::1]/hook",
        "https://[fe80::1]/hook",
        "https://[ff0e::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://[64:ff9b::a00:1]/hook",
        "https://[2002:7f00:1::]/hook",
        "https://[64:ff9b:1::a00:1]/hook",
        "https://[fec0::1]/hook",
        "https://[::127.0.0.1]/hook",
        "https://[::ffff:0:127.0.0.1]/hook",
        # One address in other writings, with a name in capitals, of a zone.
        "https://2130706433/hook",
        "https://0x7f000001/hook",
        "https://0x7f.1/hook",
        "https://0177.0.0.1/hook",
        "https://017700000001/hook",
        "https://127.1/hook",
        "https://LOCALHOST/hook",
        "https://[::ffff:7f00:1]/hook",
        "https://[0:0:0:0:0:ffff:7f00:1]/hook",
        "https://[::1%25lo]/hook",
        "https://[fe80::1%25eth0]/hook",
        "https://[2001:0:7f00:1::]/hook",
        "https://127.0.0.1#@93.184.216.34/hook",
        # Nobody's, or of a protocol.
        "https://192.0.0.8/hook",
        "https://198.18.0.1/hook",
        "https://[5f00::1]/hook",
        "https://[3fff::1]/hook",
        "https://[0:0:0:ffff:0:0:7f00:1]/hook",
    ],
)
def test_a_machine_of_a_private_network_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refusal:
        refuse_private(url)
    assert refusal.value.why == "private"


@pytest.mark.parametrize("url", ["https://93.184.216.34/hook", "https://[2606:2800:220:1::1]:8443/hook"])
def test_the_open_internet_is_not(url: str) -> None:
    refuse_private(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.216.34/hook",
        "ftp://93.184.216.34/hook",
        "https://somebody:secret@93.184.216.34/hook",
        "https:///hook",
        "https:127.0.0.1/hook",
        "https://93.184.216.34\\@127.0.0.1/hook",
        "https://93.184.216.34:99999/hook",
        "https://[::1/hook",
        "mattermost",
        "",
    ],
)
def test_what_is_no_https_address_is_refused(url: str) -> None:
    with pytest.raises(Refused) as refusal:
        refuse_private(url)
    assert refusal.value.why == "form"


def test_a_host_that_cannot_exist_is_unknown() -> None:
    with pytest.raises(Refused) as refusal:
        refuse_private(f"https://{'a' * 70}..example/hook")
    assert refusal.value.why == "unknown"


@pytest.mark.usefixtures("our_network_allowed")
def test_a_network_that_the_installation_allows_is_outside_and_needs_no_tls() -> None:
    refuse_private("https://127.0.0.1/hook")
    refuse_private("http://127.0.0.1/hook")
    with pytest.raises(Refused):
        refuse_private("https://127.0.0.2/hook")


class TestAConnection:
    def test_to_a_private_address_is_never_made(self, server: HttpServer) -> None:
        with pytest.raises(requests.ConnectionError) as failure:
            OutsideSession().post(server.url, timeout=5)
        assert any(isinstance(error, Private) for error in _causes(failure.value))
        assert server.requests == []

    def test_is_not_made_by_any_other_library_in_that_block(self, server: HttpServer) -> None:
        with only_outside(), pytest.raises(requests.ConnectionError):
            requests.post(server.url, timeout=5)
        assert server.requests == []
        requests.post(server.url, timeout=5)
        assert len(server.requests) == 1, "after the block it may"

    @pytest.mark.usefixtures("our_network_allowed")
    def test_is_not_asked_of_a_proxy_either(
        self, server: HttpServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The proxy would make it for us, and is allowed itself."""
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        with pytest.raises(requests.ConnectionError) as failure:
            OutsideSession().post("https://169.254.169.254/latest/meta-data", timeout=5)
        assert any(isinstance(error, Private) for error in _causes(failure.value))
        assert server.requests == []

    @pytest.mark.usefixtures("our_network_allowed")
    def test_is_made_where_the_installation_allows_it(self, server: HttpServer) -> None:
        assert OutsideSession().post(server.url, timeout=5).status_code == 200
        assert len(server.requests) == 1

    @pytest.mark.usefixtures("our_network_allowed")
    def test_follows_no_answer_that_points_elsewhere(self, server: HttpServer) -> None:
        server.answer = (302, {"Location": f"{server.url}/inside"}, "")
        assert OutsideSession().post(server.url, timeout=5).status_code == 302
        assert [request.path for request in server.requests] == ["/"]


@pytest.mark.parametrize(
    ("networks", "errors"),
    [([], 0), (["10.0.0.0/8", "fd00::/8", "10.1.2.3"], 0), (["10.0.0.1/8", "intranet"], 2)],
)
def test_what_is_no_network_is_said_at_the_start(settings: Any, networks: list[str], errors: int) -> None:
    settings.PRIVATE_NETWORKS_ALLOWED = networks
    assert len(networks_are_networks()) == errors


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__

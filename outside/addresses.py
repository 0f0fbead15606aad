"""Addresses that somebody gives us to call: the open internet alone, never a machine of our own network.

Asked when an address is given (`refuse_private`), and again of each connection in the moment in which it is made
(`only_outside`), whichever library makes it: between the two a name may come to mean another machine.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings

Address = IPv4Address | IPv6Address

_guarded = ContextVar("guarded", default=False)
# The open internet's IPv4 as seen from a network that has IPv6 alone (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")
# All of IPv6 that is given to machines of the open internet; whatever lies elsewhere is local, or a way of writing.
_GIVEN = IPv6Network("2000::/3")
# In neither, though Python's tables do not say so: of protocols (RFC 6890, RFC 7526), of documents (RFC 9637).
_OF_NOBODY = [ip_network(network) for network in ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20")]


class Refused(ValueError):
    """Not an address to call. `why`: "form" (no https address), "unknown" (no such host), "private"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Private(OSError):
    """A connection that would have ended in a network of our own; nothing was sent."""


def refuse_private(url: str) -> None:
    """Raises Refused unless each machine that answers to this https address stands on the open internet.

    Networks of PRIVATE_NETWORKS_ALLOWED count as outside, and may be called without TLS.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused("form") from None
    if parts.scheme not in ("https", "http") or not host or parts.username is not None:
        raise Refused("form")
    addresses = _addresses(host, port or 443)
    if not all(is_outside(address) for address in addresses):
        raise Refused("private")
    if parts.scheme == "http" and not all(_is_allowed(address) for address in addresses):
        raise Refused("form")


def is_outside(address: Address) -> bool:
    """Whether a machine with this address is none of our own network, or one that the installation allows."""
    if _is_allowed(address):
        return True
    meant = _meant(address)
    if isinstance(meant, IPv6Address) and meant not in _GIVEN:
        return False
    return meant.is_global and not meant.is_multicast and not any(meant in network for network in _OF_NOBODY)


@contextmanager
def only_outside() -> Iterator[None]:
    """In this block and thread, a connection to a private address fails as one that nobody answers: Private."""
    token = _guarded.set(True)
    try:
        yield
    finally:
        _guarded.reset(token)


class OutsideSession(requests.Session):
    """Calls addresses that somebody gave us: guarded, and an answer that points elsewhere is not followed."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """The name is asked too: behind a proxy of ours, the connection does not show where it ends."""
        try:
            refuse_private(request.url or "")
        except Refused as refused:
            if refused.why != "unknown":  # such a host nobody reaches
                raise requests.ConnectionError(refused.why) from Private(refused.why)
        with only_outside():
            return super().send(request, **options)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not _guarded.get():
        return
    address = arguments[1]
    if isinstance(address, tuple) and not is_outside(ip_address(address[0])):
        raise Private("a private address")


# The one place that every library passes, with the address that was really resolved.
sys.addaudithook(_watch)


def _addresses(host: str, port: int) -> list[Address]:
    """The addresses of a host, which may be written as one."""
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused("unknown") from None
    return [ip_address(address[0]) for *_, address in found]


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one wraps: it leads to the same machine."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    wrapped = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
    return wrapped or address


def _is_allowed(address: Address) -> bool:
    meant = _meant(address)
    return any(meant in ip_network(network) for network in settings.PRIVATE_NETWORKS_ALLOWED)

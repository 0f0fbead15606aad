"""Where a team talks: addresses as apprise writes them (mmosts://…), of a few services, on the open internet.

apprise knows a hundred and fifty services, and loads them all to find one: these are taken by name.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from apprise import AppriseAsset
from apprise.plugins.matrix import NotifyMatrix
from apprise.plugins.mattermost import NotifyMattermost
from apprise.plugins.nextcloudtalk import NotifyNextcloudTalk
from apprise.plugins.ntfy import NotifyNtfy
from apprise.plugins.rocketchat import NotifyRocketChat
from apprise.plugins.workflows import NotifyWorkflows
from django.conf import settings

from outside.addresses import Refused, refuse_private

# By the scheme, without the "s" of those with TLS; Tchap speaks Matrix. What people call each.
SERVICES: Mapping[str, tuple[type, str]] = {
    "matrix": (NotifyMatrix, "Matrix"),
    "mmost": (NotifyMattermost, "Mattermost"),
    "nctalk": (NotifyNextcloudTalk, "Nextcloud Talk"),
    "ntfy": (NotifyNtfy, "ntfy"),
    "rocket": (NotifyRocketChat, "Rocket.Chat"),
    "workflow": (NotifyWorkflows, "Microsoft Teams"),
}
# What an address may say beside where it leads: nothing of redirections, certificates or patience.
_KEPT = {"auth", "channel", "mode", "to", "version"}


class NoPlace(ValueError):
    """Not an address to write to. `why`: "form" (none of these services), or as `outside.Refused`."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def place(address: str) -> Any:
    """What writes there: apprise's own object. Raises NoPlace."""
    # A room is written "#equipe", as people and apprise do; of an address that would be its fragment.
    plain, _, options = address.strip().replace("/#", "/%23").partition("?")
    kept = [(name, value) for name, value in parse_qsl(options) if name in _KEPT]
    found = _read(f"{plain}?{urlencode(kept)}" if kept else plain)
    if found.host:
        port = f":{found.port}" if found.port else ""
        host = f"[{found.host}]" if ":" in found.host else found.host
        try:
            refuse_private(f"{'https' if found.secure else 'http'}://{host}{port}/")
        except Refused as error:
            raise NoPlace(error.why) from error
    # A picture would be fetched from elsewhere by whoever reads.
    found.include_image = False
    return found


def name(place: Any) -> str:
    """By what people know it, without what is secret of it."""
    called = next(words for service, words in SERVICES.values() if isinstance(place, service))
    return " · ".join(filter(None, (called, place.host)))


def _read(address: str) -> Any:
    scheme = address.partition("://")[0].lower()
    service, _called = SERVICES.get(scheme.removesuffix("s"), (None, ""))
    said = service.parse_url(address) if service else None  # type: ignore[attr-defined]
    if not said:
        raise NoPlace("form")
    asset = AppriseAsset(app_id="Accorde", app_url=settings.SITE_URL, http_redirects=False, async_mode=False)
    try:
        return service(**said, asset=asset)  # type: ignore[misc]
    except TypeError as error:  # apprise's own word for what an address lacks
        raise NoPlace("form") from error

"""What visitors may send: a little for nothing, more for some work of their machine, and at last no more today.

What has the service write to an address, or keep something, before anybody has proven who they are costs whoever sends
much of it: each page then brings a riddle, which a browser solves while its reader reads (config/static/js/app.js), and
which gets harder with each one more. One reception centre is one network with many people behind it: nobody is refused
for what a few before them have sent. Codes to sign in with are counted by themselves, and their day has no end: what
visitors send keeps no team out of its work. What is written without a name is counted by itself too.

A riddle is a text that this installation has signed. Its answer is a number so that the SHA-256 of "riddle.number"
begins with that many bits of nought (Dwork and Naor 1992, as hashcash does it); to find one takes 2^bits tries in the
mean.
"""

import ipaddress
import logging
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

FIELD = "stamp"
VALID_FOR = timedelta(hours=2)
# The first riddle takes an old phone half a second; the hardest some minutes, and a server a few seconds for each.
FIRST_BITS, MOST_BITS, HARDER_EVERY = 13, 20, 10
# What is written without a name to a town, which takes no more than so many a day of everybody together
# (voice.services.MOST_A_DAY): far fewer of one network, or one person could silence all others.
VOICE_A_DAY = 30
_SALT = "accounts.visitors"
_LONGEST = 400


class Act(StrEnum):
    """What a visitor sends. A riddle of one is worth nothing for another."""

    OFFER = "offer"
    NEED = "need"
    ASSOCIATION = "association"
    LETTER = "letter"
    VOICE = "voice"
    CODE = "code"


class Refused(Exception):
    """It was not sent; `words` say to the visitor what to do."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True, slots=True)
class Riddle:
    """A signed text, and with how many bits of nought the hash of its answer begins."""

    text: str
    bits: int


def riddle(request: HttpRequest, act: Act) -> Riddle | None:
    """What a page brings along for its form; None while it costs nothing."""
    bits = _bits(_sent(request, act))
    if not (_is_counted(request, act) and bits):
        return None
    return Riddle(signing.dumps([act, bits, secrets.token_urlsafe(9)], salt=_SALT), bits)


def let_pass(request: HttpRequest, act: Act) -> None:
    """Count one more act of this visitor. Raises Refused where it would have cost an answer, or is one too many today.

    Whoever is signed in is known, and counted by nothing here, but where even they write without a name. Without Valkey
    nobody is held back: no form is lost.
    """
    if not _is_counted(request, act):
        return
    try:
        # Counted first, so that forty at once are forty; what is refused is given back.
        before = _count(request, act)
        if refusal := _refusal(before, request.POST.get(FIELD, ""), act):
            logger.warning("a visitor sends too much: %s", act.value)
            give_back(request, act)
            raise Refused(refusal)
    except RedisError as failure:
        logger.warning("a visitor was not counted: %s", type(failure).__name__)


def give_back(request: HttpRequest, act: Act) -> None:
    """What was counted did not come about."""
    if _is_counted(request, act):
        with suppress(ValueError, RedisError):  # the day is over meanwhile, or Valkey away
            cache.decr(_key(request, act))


def passes(request: HttpRequest, act: Act, form: Form) -> bool:
    """`let_pass` for a page: what is refused stands on its form, with all that was typed."""
    try:
        let_pass(request, act)
    except Refused as refused:
        form.add_error(None, refused.words)
        return False
    return True


def _is_counted(request: HttpRequest, act: Act) -> bool:
    return act == Act.VOICE or not request.user.is_authenticated


def _refusal(before: int, stamp: str, act: Act) -> str:
    """What is said to whoever may not send one more after so many; "" where they may."""
    most = VOICE_A_DAY if act == Act.VOICE else settings.VISITOR_ACTS_A_DAY
    if act != Act.CODE and before >= most:
        return _(
            "Trop d’envois depuis votre connexion aujourd’hui. Réessayez demain, ou appelez votre ville."
        )
    wanted = _bits(before)
    if wanted and not _is_answered(stamp, act, wanted):
        return _(
            "Beaucoup d’envois viennent de votre connexion. Attendez quelques secondes, puis envoyez encore."
        )
    return ""


def _is_answered(stamp: str, act: Act, wanted: int) -> bool:
    """Whether this answers a riddle of ours for this act, about as hard as it has to be, that nobody has used."""
    text, _dot, number = stamp.rpartition(".")
    if len(stamp) > _LONGEST or not (number.isascii() and number.isdigit()):
        return False
    try:
        signed_act, bits, _salt = signing.loads(text, salt=_SALT, max_age=VALID_FOR)
    except signing.BadSignature:
        return False
    # Between the page and its answer others may have sent something: one step harder is let pass.
    if signed_act != act or bits < wanted - 1 or _noughts(stamp) < bits:
        return False
    used = f"stamp:{sha256(text.encode()).hexdigest()}"
    return cache.add(used, 1, timeout=int(VALID_FOR.total_seconds()))


def _noughts(stamp: str) -> int:
    """How many bits of nought its hash begins with."""
    return 256 - int.from_bytes(sha256(stamp.encode()).digest()).bit_length()


def _bits(sent: int) -> int:
    over = sent - settings.VISITOR_ACTS_FREE
    return min(FIRST_BITS + over // HARDER_EVERY, MOST_BITS) if over >= 0 else 0


def _sent(request: HttpRequest, act: Act) -> int:
    try:
        return int(cache.get(_key(request, act), 0))
    except RedisError:
        return 0


def _count(request: HttpRequest, act: Act) -> int:
    """One more; how many there were before in these 24 hours."""
    key = _key(request, act)
    cache.add(key, 0, timeout=24 * 60 * 60)
    return int(cache.incr(key)) - 1


def _key(request: HttpRequest, act: Act) -> str:
    counter = {Act.CODE: "visitor-codes", Act.VOICE: "visitor-voice"}.get(act, "visitor")
    return f"{counter}:{network_of(request)}"


def network_of(request: HttpRequest) -> str:
    """From where a visitor comes: one address, or of IPv6 the 64 bits that are one household's."""
    try:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied):
        return "unknown"
    if address.version == 4:
        return str(address)
    mapped = address.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((address, 64), strict=False).network_address)

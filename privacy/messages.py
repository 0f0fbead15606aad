"""What is told to people before their data go."""

from datetime import timedelta

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import links
from notifications.wording.texts import Text
from privacy.models import Notice

SALT = "privacy.keep"
# Until a week after the day that it names: whoever comes too late reads so.
VALID_FOR = timedelta(days=45)


def keep_path(notice: Notice) -> str:
    return reverse("privacy:keep", args=[links.sign(salt=SALT, subject_id=notice.pk, user=notice.person)])


def read(token: str) -> links.Grant:
    """The grant of a link; its subject is the notice. Raises accounts.links.LinkExpired or LinkBroken."""
    return links.read(token, salt=SALT, valid_for=VALID_FOR)


def before_it_goes(notice: Notice) -> Text:
    """The day, and one tap to stay."""
    day = date_format(notice.erase_on, "DATE_FORMAT")
    return Text(
        title=_("Vos données seront effacées le %(day)s") % {"day": day},
        body=_(
            "Bonjour,\n\nNous n’avons pas eu de vos nouvelles depuis deux ans. Le %(day)s, nous effaçons vos données "
            "de ce service\u202f: c’est ce que nous avons promis. Vous n’avez rien à faire.\n\nSi vous préférez que "
            "nous les gardions, dites-le d’ici là, d’un geste."
        )
        % {"day": day},
        action_label=_("Gardez-moi"),
        action_url=keep_path(notice),
        impersonal=_("Un message vous attend."),
    )

"""Which sources hold the words of a town's team alone: the languages for the public do without them."""

from fnmatch import fnmatchcase

# What the desk, the operators and the administrators of a town alone read. A text that stands elsewhere too is the
# public's.
TEAM_ONLY = (
    "*/admin.py", "*/management/*", "*/checks.py",
    "accounts/templates/accounts/_register.html",
    "between/*", "callers/*", "catalogue/imports/*", "catalogue/spreadsheets/*", "demo/*", "desk/*",
    "directory/data_inclusion.py", "directory/imports.py", "lists/*", "oncall/*", "webhooks/*",
    "config/backups.py", "config/templates/base_desk.html", "config/templates/components/report.html",
    "config/packages.py", "config/processes.py", "config/run.py", "config/together.py", "config/field_docs.py",
    "followups/templates/followups/incident*.html", "followups/templates/followups/to_chase.html",
    "followups/views/incidents.py", "followups/services/incidents.py",
    "front/editing.py", "front/forms.py", "front/models.py", "front/pictures.py", "front/templates/front/embed.html",
    "front/templates/front/overview.html", "front/templates/front/picture.html", "front/templates/front/posters.html",
    "front/templates/front/words.html", "front/town_views.py",
    "homes/dwelling_views.py", "homes/models/dwellings.py", "homes/questions.py",
    "homes/templates/homes/*dwelling*.html",
    "homes/templates/homes/questions.html", "homes/templates/homes/visit*.html",
    "insight/exports.py", "insight/forms.py", "insight/finding.py", "insight/own.py", "insight/services.py",
    "insight/templates/insight/t*.html", "insight/today.py",
    "matching/linked_town_views.py", "matching/messages/to_desk.py", "matching/messages/to_linked_town.py",
    "matching/messages/households.py", "matching/models/desk_alerts.py", "matching/models/plans.py",
    "matching/models/scans.py", "matching/models/weights.py", "matching/plan_api.py", "matching/plans/*",
    "matching/sorting/*",
    "matching/templates/matching/_plan_*.html", "matching/templates/matching/plan*.html",
    "matching/templates/matching/linked_towns.html",
    "matching/templates/matching/rescans.html", "matching/templates/matching/sorting.html",
    "matching/templates/matching/weights.html", "matching/weighting/*",
    "notifications/channels/call/*", "notifications/channels/team/*", "notifications/inbox/*",
    "notifications/rewording/*", "notifications/wording/models.py", "notifications/wording/checking.py",
    "notifications/wording/placeholders.py", "notifications/wording/templates/*",
    "outreach/appeals/forms.py", "outreach/appeals/models.py", "outreach/appeals/templates/appeals/_*.html",
    "outreach/appeals/templates/appeals/list.html", "outreach/appeals/templates/appeals/new.html",
    "outreach/models.py",
    "outreach/templates/outreach/issue*.html", "outreach/views.py",
    "tryout/*",
    "privacy/hold*.py", "privacy/models/holds.py", "privacy/official.py",
    "privacy/papers_*.py", "privacy/templates/privacy/holds.html", "privacy/templates/privacy/keep.html",
    "privacy/templates/privacy/of*.html", "privacy/templates/privacy/papers.html",
    "statements/desk_views.py", "statements/sounds.py", "statements/templates/statements/entrust.html",
    "statements/templates/statements/recordings.html",
    "stays/desk_views.py", "stays/templates/stays/calendar.html", "stays/templates/stays/free_beds.html",
    "stays/templates/stays/tonight.html",
    "town/*",
    "voice/desk_views.py", "voice/editing.py", "voice/models.py", "voice/services/groups.py",
    "voice/services/proposals.py", "voice/templates/voice/*team_*.html", "voice/town_views.py",
    "whatif/*",
)  # fmt: skip
# Of these folders, what the public reads all the same.
PUBLIC_ALL_THE_SAME = (
    "town/forms.py", "town/messages.py", "town/templates/town/_invitation.html",
    "town/templates/town/association.html", "town/templates/town/charter.html",
    "town/templates/town/colleague.html", "town/templates/town/invit*.html", "town/views/colleagues.py",
)  # fmt: skip


def is_for_the_team_alone(file: str) -> bool:
    """Whether the texts of a source, named by its path from the root, are read inside a town's team alone."""
    if any(fnmatchcase(file, pattern) for pattern in PUBLIC_ALL_THE_SAME):
        return False
    return any(fnmatchcase(file, pattern) for pattern in TEAM_ONLY)

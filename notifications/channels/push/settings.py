"""The installation's own key for push services, made by `manage.py push_key`. No key: no push (docs/operations.md)."""

from notifications.channel_folders import Variables

VARIABLES: Variables = {
    "PUSH_PRIVATE_KEY": "",
    # Whom a push service may turn to, "mailto:…" or "https://…"; empty: SITE_URL.
    "PUSH_CONTACT": "",
}
FIXED: Variables = {"PUSH_TIMEOUT": 5}

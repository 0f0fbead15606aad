"""The mail server. Sign-in codes go the same way."""

from notifications.channel_folders import Variables

VARIABLES: Variables = {
    "EMAIL_HOST": "127.0.0.1",
    "EMAIL_PORT": 25,
    "EMAIL_HOST_USER": "",
    "EMAIL_HOST_PASSWORD": "",
    "EMAIL_USE_TLS": False,
    "EMAIL_USE_SSL": False,
    # Seconds for its answer to a whole message, and how many deliveries at once.
    "EMAIL_DATA_TIMEOUT": 30,
    "EMAIL_CONNECTIONS": 2,
    "DEFAULT_FROM_EMAIL": "Accorde <ne-pas-repondre@localhost>",
}
FIXED: Variables = {
    "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "EMAIL_TIMEOUT": 10,
}

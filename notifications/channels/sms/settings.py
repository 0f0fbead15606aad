"""The gateway by which SMS leave, and how it calls us back. No gateway: the town has no SMS (docs/operations.md)."""

from notifications.channel_folders import Variables

VARIABLES: Variables = {
    # "http" for a gateway described by SMS_HTTP_…, "ovh" for OVHcloud.
    "SMS_GATEWAY": "",
    # What the recipient reads as sender; empty: the gateway's own number, which can be answered.
    "SMS_SENDER": "",
    # A question takes four in French and six in Arabic.
    "SMS_MAX_SEGMENTS": 6,
    # How many SMS of the outbox a minute, where the gateway allows no more; 0: as many as it takes.
    "SMS_PER_MINUTE": 0,
    "SMS_HTTP_URL": "",
    "SMS_HTTP_METHOD": "POST",
    # A JSON object: {"Authorization": "Bearer …"}
    "SMS_HTTP_HEADERS": "",
    "SMS_HTTP_FORMAT": "json",
    # The body as a JSON object, in whose values {number}, {text}, {reference} and {sender} are put;
    # empty: {"to": …, "text": …, "from": …, "reference": …}.
    "SMS_HTTP_BODY": "",
    # Where the answer holds the gateway's own reference: "messages.0.id"; empty: it has none,
    # and its receipts speak of {reference}.
    "SMS_HTTP_REFERENCE": "",
    "SMS_OVH_ENDPOINT": "ovh-eu",
    "SMS_OVH_APPLICATION_KEY": "",
    "SMS_OVH_APPLICATION_SECRET": "",
    "SMS_OVH_CONSUMER_KEY": "",
    "SMS_OVH_SERVICE": "",
    # The secret word in the addresses that the gateway calls; empty: it can call none, and nobody answers by SMS.
    "SMS_WEBHOOK_SECRET": "",
    "SMS_WEBHOOK_METHOD": "POST",
    # The header that holds the HMAC-SHA256 of the body, and its key, where the gateway signs.
    "SMS_WEBHOOK_SIGNATURE": "",
    "SMS_WEBHOOK_KEY": "",
    # Where a receipt holds the reference and what became of the message, and which words mean what.
    "SMS_RECEIPT_REFERENCE": "id",
    "SMS_RECEIPT_STATE": "status",
    "SMS_RECEIPT_DELIVERED": "delivered",
    "SMS_RECEIPT_FAILED": "failed",
    # Where an answer holds the number that wrote, its text, and the gateway's own reference of it.
    "SMS_ANSWER_NUMBER": "from",
    "SMS_ANSWER_TEXT": "text",
    "SMS_ANSWER_REFERENCE": "id",
}
FIXED: Variables = {"SMS_TIMEOUT": 10}

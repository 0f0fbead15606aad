"""What waits in which queue and who works on it: one table for the settings, the schedule and the processes.

A queue for each concern, with workers of its own where one may be slow: somebody waits for suggestions, while a plan
takes minutes and a mail server as long as it likes.
"""

DEFAULT = "default"
# Of a task's name, the first that fits; what none fits is the daily round, in the default queue.
ROUTES = {
    "matching.tasks.make_plans": {"queue": "long"},
    "matching.tasks.rescan_part": {"queue": "long"},
    "lists.tasks.work": {"queue": "long"},
    "whatif.tasks.work": {"queue": "long"},
    "matching.*": {"queue": "matching"},
    # A mailbox may be slow to answer: what is to be sent does not wait for it.
    "notifications.inbox.*": {"queue": DEFAULT},
    "notifications.*": {"queue": "messages"},
    # Receivers are other people's: each may take ten seconds an answer, and no mail waits for it.
    "webhooks.*": {"queue": "webhooks"},
}
# The queues that each kind of worker reads.
WORKERS = {
    "worker": (DEFAULT, "matching"),
    "message-worker": ("messages",),
    "long-worker": ("long",),
    "webhook-worker": ("webhooks",),
}
QUEUES = tuple(queue for queues in WORKERS.values() for queue in queues)

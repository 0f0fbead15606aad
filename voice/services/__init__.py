"""Every write: what people say without a name, how the desk sorts it, and what becomes of a proposal."""

from voice.services.anonymous import (
    BATCH,
    KEPT_DAYS,
    MOST_A_DAY,
    Closed,
    TooMany,
    comment,
    forget,
    put_comment_back,
    say,
    set_comment_aside,
)
from voice.services.groups import ChangedMeanwhile, begin_group, change_group, put, set_aside
from voice.services.proposals import (
    LEAST_DAYS,
    answer,
    apply,
    draft,
    drop,
    open_to_comments,
    record_opinion,
    rewrite,
)

__all__ = [
    "BATCH",
    "KEPT_DAYS",
    "LEAST_DAYS",
    "MOST_A_DAY",
    "ChangedMeanwhile",
    "Closed",
    "TooMany",
    "answer",
    "apply",
    "begin_group",
    "change_group",
    "comment",
    "draft",
    "drop",
    "forget",
    "open_to_comments",
    "put",
    "put_comment_back",
    "record_opinion",
    "rewrite",
    "say",
    "set_aside",
    "set_comment_aside",
]

"""What must be true of the whole database at every moment, whoever wrote what.

Written in SQL and from domain.md, not with the code that it checks.
"""

from collections import defaultdict

from django.db import connection

from matching.lifecycle import ARROWS, HOLDING, SERVED, Act, Role
from matching.models import Decision

QUERIES = {
    "an offer is held beyond its capacity on a day": """
        WITH held AS (
            -- What is needed once takes its hours of the whole week, Monday to Sunday.
            SELECT h.id, h.offer_id, h.quantity,
                   h.first_day - CASE n.rhythm WHEN 'once' THEN extract(isodow FROM h.first_day)::int - 1 ELSE 0 END
                       AS first_day,
                   h.last_day + CASE n.rhythm WHEN 'once' THEN 7 - extract(isodow FROM h.last_day)::int ELSE 0 END
                       AS last_day
            FROM matching_hold h JOIN needs_need n ON n.id = h.need_id)
        SELECT o.id, d.day, sum(h.quantity), o.capacity
        FROM offers_offer o
        JOIN held s ON s.offer_id = o.id
        CROSS JOIN LATERAL (SELECT s.first_day UNION SELECT s.last_day) AS d (day)
        JOIN held h ON h.offer_id = o.id AND d.day BETWEEN h.first_day AND h.last_day
        WHERE o.kind <> 'goods'
        GROUP BY o.id, s.id, d.day, o.capacity
        HAVING sum(h.quantity) > o.capacity
    """,
    "more goods are held than there are": """
        SELECT o.id, sum(h.quantity), o.capacity
        FROM offers_offer o JOIN matching_hold h ON h.offer_id = o.id
        WHERE o.kind = 'goods' GROUP BY o.id HAVING sum(h.quantity) > o.capacity
    """,
    "a need that lasts is served beyond its quantity on a day": """
        SELECT n.id, s.first_day, sum(h.quantity), n.quantity
        FROM needs_need n
        JOIN matching_hold s ON s.need_id = n.id AND NOT s.released AND NOT s.beside
        JOIN matching_hold h ON h.need_id = n.id AND NOT h.released AND NOT h.beside
                            AND s.first_day BETWEEN h.first_day AND h.last_day
        WHERE n.kind <> 'goods' AND n.rhythm <> 'once'
          -- What is over was for as many as they were then.
          AND NOT EXISTS (SELECT FROM matching_match m WHERE m.id IN (s.match_id, h.match_id) AND m.state = 'completed')
        GROUP BY n.id, s.id HAVING sum(h.quantity) > n.quantity
    """,
    "a need is served beyond its quantity": """
        SELECT n.id, sum(h.quantity), n.quantity
        FROM needs_need n JOIN matching_hold h ON h.need_id = n.id AND NOT h.released AND NOT h.beside
        WHERE n.kind = 'goods' OR n.rhythm = 'once'
        GROUP BY n.id HAVING sum(h.quantity) > n.quantity
    """,
    "an offer's days are not those of its windows": """
        SELECT o.id, o.first_day, o.last_day, o.days, w.days FROM offers_offer o
        LEFT JOIN LATERAL (
            SELECT min(first_day) AS first_day, bool_or(last_day IS NULL) AS endless, max(last_day) AS last_day,
                   string_agg(date_send(first_day) || coalesce(date_send(last_day), '\\x7fffffff'), ''
                              ORDER BY first_day) AS days
            FROM offers_window WHERE offer_id = o.id
        ) w ON true
        WHERE (o.first_day, o.last_day, o.days) IS DISTINCT FROM
              (w.first_day, CASE WHEN NOT w.endless THEN w.last_day END, coalesce(w.days, ''))
    """,
    "an offer and a need have two live matches": """
        SELECT offer_id, need_id, count(*) FROM matching_match
        WHERE state IN ('suggested', 'proposed', 'accepted', 'confirmed', 'under_way')
        GROUP BY offer_id, need_id HAVING count(*) > 1
    """,
    "a match that holds has no hold, or one that differs": """
        SELECT m.id, m.state FROM matching_match m LEFT JOIN matching_hold h ON h.match_id = m.id
        WHERE m.state = ANY(%(holding)s)
          -- One whose people are housed elsewhere is free for its need alone, and stays so when it has come to its end.
          AND (h.id IS NULL
               OR NOT h.released AND m.rehouse_from IS NOT NULL
               OR h.released AND m.rehouse_from IS NULL AND NOT (m.state = 'completed' AND EXISTS (
                   SELECT FROM matching_decision d WHERE d.match_id = m.id AND d.act = 'rehouse'))
               -- Nor does one whose days were over when another stay came to count again.
               AND NOT EXISTS (
                   SELECT FROM matching_match o JOIN matching_decision d ON d.match_id = o.id
                   WHERE o.need_id = m.need_id AND o.id <> m.id AND d.act = 'count_again' AND d.at > h.last_day)
               OR (h.offer_id, h.need_id, h.quantity, h.first_day, h.last_day)
               IS DISTINCT FROM (m.offer_id, m.need_id, m.quantity, m.first_day, m.last_day))
    """,
    "what is asked beside others is more than asked": """
        SELECT m.id, m.state FROM matching_match m JOIN matching_hold h ON h.match_id = m.id
        WHERE h.beside AND m.state <> 'proposed'
    """,
    "a match that is over still holds": """
        SELECT m.id, m.state FROM matching_match m JOIN matching_hold h ON h.match_id = m.id
        WHERE m.state <> ALL(%(holding)s)
          AND NOT (m.state = 'broken_off' AND h.released AND h.last_day < m.ended_on)
    """,
    "the last decision is not the state": """
        SELECT m.id, m.state, d.to_state FROM matching_match m
        LEFT JOIN LATERAL (
            SELECT to_state FROM matching_decision WHERE match_id = m.id ORDER BY id DESC LIMIT 1
        ) d ON true
        WHERE coalesce(d.to_state, 'suggested') <> m.state
          AND NOT (d.to_state IS NULL AND m.state = 'superseded')
    """,
    "a decision does not follow from the one before": """
        SELECT id, match_id, before, from_state FROM (
            SELECT id, match_id, from_state,
                   lag(to_state, 1, 'suggested') OVER (PARTITION BY match_id ORDER BY id) AS before
            FROM matching_decision) decisions
        WHERE before <> from_state
    """,
    "a need's state is not what is served": """
        SELECT n.id, n.state, n.quantity, n.given_days, n.given_quantity, days.least, days.given, days.some
        FROM needs_need n
        CROSS JOIN LATERAL (SELECT n.kind = 'goods' OR n.rhythm = 'once' AS once) AS natures
        CROSS JOIN LATERAL (
            -- Of each day asked, how much both sides have said yes to; of what is given once one "day".
            SELECT min(level) AS least, count(*) FILTER (WHERE level > 0) AS given,
                   coalesce(min(level) FILTER (WHERE level > 0), 0) AS some
            FROM generate_series(n.first_day, CASE WHEN once THEN n.first_day ELSE n.last_day END, '1 day') d
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(h.quantity), 0) AS level
                FROM matching_hold h JOIN matching_match m ON m.id = h.match_id
                WHERE h.need_id = n.id AND (m.state = ANY(%(served)s) OR h.released AND NOT once)
                  AND (once OR d BETWEEN h.first_day AND least(h.last_day, m.rehouse_from - 1))
            ) AS levels
        ) AS days
        WHERE n.state IN ('open', 'partly_met', 'met') AND n.scan_due_at IS NULL
          AND (n.given_quantity <> days.some
               OR n.given_days <> CASE WHEN once THEN 0 ELSE days.given END
               -- Days that passed without anything are not waited for: what is met may lack some, what is not does.
               OR n.state <> 'met' AND days.least >= n.quantity
               OR n.state = 'open' AND days.given > 0
               OR n.state <> 'open' AND days.given = 0)
    """,
    "a need is not due, and its list is another than its last scan left": """
        SELECT n.id, s.suggested, s.lowest_standing, m.suggested FROM needs_need n
        JOIN matching_scan s ON s.need_id = n.id
        LEFT JOIN (
            SELECT need_id, count(*) AS suggested FROM matching_match WHERE state = 'suggested' GROUP BY need_id
        ) m ON m.need_id = n.id
        WHERE n.state IN ('open', 'partly_met') AND n.scan_due_at IS NULL
          AND (s.suggested, s.lowest_standing IS NULL) IS DISTINCT FROM (coalesce(m.suggested, 0), m.suggested IS NULL)
    """,
    "a message exists twice": """
        SELECT recipient_id, event, subject_key, count(*) FROM notifications_message
        WHERE channel NOT IN ('inapp', 'call')  -- one accompanies another, the other a person has chosen to say aloud
        GROUP BY recipient_id, event, subject_key HAVING count(*) > 1
    """,
    "a yes has no deadline": """
        SELECT id FROM matching_match WHERE state = 'accepted' AND confirm_by IS NULL
    """,
    "a proposal has no deadline": """
        SELECT id FROM matching_match
        WHERE state = 'proposed' AND (answer_by IS NULL OR asked_at IS NULL OR answer_by <= asked_at)
    """,
}
# True once nothing is due any more: until then suggestions may lag behind what people have just done.
SETTLED_QUERIES = {
    "a suggestion is of a closed need or offer": """
        SELECT m.id, n.state, o.state FROM matching_match m
        JOIN needs_need n ON n.id = m.need_id JOIN offers_offer o ON o.id = m.offer_id
        LEFT JOIN accounts_organisation a ON a.id = n.organisation_id
        WHERE m.state = 'suggested'
          AND (n.state NOT IN ('open', 'partly_met') OR o.state <> 'active' OR a.state <> 'verified')
    """,
    "a suggestion would not fit": """
        SELECT m.id FROM matching_match m
        JOIN offers_offer o ON o.id = m.offer_id JOIN needs_need n ON n.id = m.need_id
        WHERE m.state = 'suggested' AND (
          m.quantity + coalesce(
            CASE WHEN n.kind = 'goods' OR n.rhythm = 'once'
            THEN (SELECT sum(quantity) FROM matching_hold WHERE need_id = n.id AND NOT released)
            ELSE (SELECT max(given) FROM (
                SELECT (SELECT sum(h.quantity) FROM matching_hold h WHERE h.need_id = n.id AND NOT h.released
                        AND greatest(s.first_day, m.first_day) BETWEEN h.first_day AND h.last_day) AS given
                FROM matching_hold s WHERE s.need_id = n.id AND NOT s.released
                  AND s.first_day <= m.last_day AND s.last_day >= m.first_day) AS days)
            END, 0) > n.quantity
          OR m.quantity + coalesce(
            CASE WHEN o.kind = 'goods'
            THEN (SELECT sum(quantity) FROM matching_hold WHERE offer_id = o.id)
            ELSE (SELECT max(held) FROM (
                SELECT (SELECT sum(h.quantity) FROM matching_hold h WHERE h.offer_id = o.id
                        AND greatest(s.first_day, m.first_day) BETWEEN h.first_day AND h.last_day) AS held
                FROM matching_hold s WHERE s.offer_id = o.id
                  AND s.first_day <= m.last_day AND s.last_day >= m.first_day) AS days)
            END, 0) > o.capacity)
    """,
    "a need has more than its best twenty": """
        SELECT need_id, count(*) FROM matching_match WHERE state = 'suggested'
        GROUP BY need_id HAVING count(*) > 20
    """,
    "the ranks of a need's suggestions have gaps": """
        SELECT need_id FROM matching_match WHERE state = 'suggested'
        GROUP BY need_id HAVING min(rank) <> 1 OR max(rank) <> count(*) OR count(DISTINCT rank) <> count(*)
    """,
}


def violations(*, settled: bool = False) -> list[str]:
    """Every rule that some row breaks, with the rows; empty when all is well.

    `settled` also asks what holds only once every due scan is done.
    """
    states = {
        "holding": [str(state) for state in HOLDING],
        "served": [str(state) for state in SERVED],
    }
    found = []
    with connection.cursor() as cursor:
        for name, query in (QUERIES | (SETTLED_QUERIES if settled else {})).items():
            cursor.execute(query, states)
            if rows := cursor.fetchall():
                found.append(f"{name}: {rows[:5]}")
    return found + _decisions_outside_the_table()


def _decisions_outside_the_table() -> list[str]:
    """Decisions that no arrow allows, whose role may not act, or that lack a reason, an actor."""
    wrong: dict[str, list[int]] = defaultdict(list)
    nobody = {Role.SCHEDULER, Role.ENGINE, Role.TOWN}
    decisions = Decision.objects.values_list("pk", "from_state", "act", "to_state", "role", "reason", "by")
    for pk, before, act, after, role, reason, by in decisions.iterator():
        arrow = ARROWS.get((before, Act(act)))
        if arrow is None or arrow.to != after:
            wrong["a decision is not in the table"].append(pk)
        elif role not in arrow.roles:
            wrong["a decision was not for that role"].append(pk)
        elif arrow.needs_reason and not reason:
            wrong["a decision lacks its reason"].append(pk)
        elif (by is None) != (role in nobody):
            wrong["a decision's actor and role disagree"].append(pk)
    return [f"{name}: {rows[:5]}" for name, rows in wrong.items()]


def check(*, settled: bool = False) -> None:
    """Fail with everything that is wrong."""
    found = violations(settled=settled)
    assert not found, "\n".join(found)

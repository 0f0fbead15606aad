SELECT "accounts_user".*,
       ARRAY
  (SELECT JSON_OBJECT(((%s)::text) VALUE U0."city_id", ((%s)::text) VALUE U0."role" RETURNING JSONB) AS "row"
   FROM "accounts_cityrole" U0
   WHERE U0."user_id" = ("accounts_user"."id")) AS "given",
       ARRAY
  (SELECT U2."city_id" AS "organisation__city"
   FROM "accounts_membership" U0
   INNER JOIN "accounts_organisation" U2 ON (U0."organisation_id" = U2."id")
   WHERE U0."user_id" = ("accounts_user"."id")) AS "member_in"
FROM "accounts_user"
WHERE "accounts_user"."id" = %s;

-- queue alone
SELECT "cities_city".*,
       COALESCE(
                  (SELECT COUNT(U0."id") AS "n"
                   FROM "accounts_organisation" U0
                   WHERE (U0."state" = %s
                          AND U0."city_id" = ("cities_city"."id"))
                   GROUP BY U0."city_id"), %s) AS "waiting_associations",
       COALESCE(
                  (SELECT COUNT(U0."id") AS "n"
                   FROM "voice_remark" U0
                   WHERE (U0."group_id" IS NULL
                          AND NOT U0."is_set_aside"
                          AND U0."city_id" = ("cities_city"."id"))
                   GROUP BY U0."city_id"), %s) AS "remarks_to_sort"
FROM "cities_city"
WHERE ("cities_city"."removed_at" IS NULL
       AND "cities_city"."slug" = %s);

-- queue alone
SELECT LEAST("needs_need"."urgency_rank",

         CASE
             WHEN CASE
                      WHEN ("needs_need"."kind" = %s
                            OR "needs_need"."rhythm" = %s) THEN "needs_need"."last_day" ELSE COALESCE("needs_need"."uncovered_from",

                                                                                               "needs_need"."first_day")
                  END <= %s THEN %s
             WHEN CASE
                      WHEN ("needs_need"."kind" = %s
                            OR "needs_need"."rhythm" = %s) THEN "needs_need"."last_day" ELSE COALESCE("needs_need"."uncovered_from",

                                                                                               "needs_need"."first_day")
                  END <= %s THEN %s ELSE %s
         END) AS "urgency_today",
       COUNT("needs_need"."id") FILTER (
                                        WHERE ("needs_need"."state" IN (%s, …)
                                               AND ("needs_need"."organisation_id" IS NULL
                                                    OR "accounts_organisation"."state" = %s)
                                               AND NOT (EXISTS
                                                          (SELECT %s AS "a"
                                                           FROM "matching_match" U0
                                                           WHERE (U0."need_id" = ("needs_need"."id")
                                                                  AND U0."state" IN (%s, …))
                                                           LIMIT 1)))) AS "in_0",
       COUNT("needs_need"."id") FILTER (
                                        WHERE EXISTS
                                            (SELECT %s AS "a"
                                             FROM "matching_match" U0
                                             WHERE (U0."need_id" = ("needs_need"."id")
                                                    AND U0."state" = %s)
                                             LIMIT 1)) AS "in_1",
       COUNT("needs_need"."id") FILTER (
                                        WHERE EXISTS
                                            (SELECT %s AS "a"
                                             FROM "matching_match" U0
                                             WHERE ((U0."state" = %s
                                                     OR (U0."confirm_by" IS NOT NULL
                                                         AND U0."state" = %s))
                                                    AND U0."need_id" = ("needs_need"."id"))
                                             LIMIT 1)) AS "in_2",
       COUNT("needs_need"."id") FILTER (
                                        WHERE EXISTS
                                            (SELECT %s AS "a"
                                             FROM "matching_match" U0
                                             WHERE (U0."first_day" <= %s
                                                    AND U0."need_id" = ("needs_need"."id")
                                                    AND U0."state" = %s)
                                             LIMIT 1)) AS "in_3",
       COUNT("needs_need"."id") FILTER (
                                        WHERE EXISTS
                                            (SELECT %s AS "a"
                                             FROM "matching_match" U0
                                             WHERE (U0."need_id" = ("needs_need"."id")
                                                    AND U0."state" IN (%s, …))
                                             LIMIT 1)) AS "in_4",
       COUNT("needs_need"."id") FILTER (
                                        WHERE (EXISTS
                                                 (SELECT %s AS "a"
                                                  FROM "followups_followup" U0
                                                  INNER JOIN "matching_match" U1 ON (U0."match_id" = U1."id")
                                                  WHERE (U0."answered_at" IS NULL
                                                         AND U0."asked_at" <= %s
                                                         AND U1."need_id" = ("needs_need"."id"))
                                                  LIMIT 1)
                                               OR EXISTS
                                                 (SELECT %s AS "a"
                                                  FROM "desk_flag" U0
                                                  WHERE (U0."day" <= %s
                                                         AND U0."lifted_at" IS NULL
                                                         AND U0."need_id" = ("needs_need"."id"))
                                                  LIMIT 1)
                                               OR EXISTS
                                                 (SELECT %s AS "a"
                                                  FROM "matching_match" U0
                                                  WHERE ((U0."state" IN (%s, …)
                                                          OR (U0."confirm_by" IS NOT NULL
                                                              AND U0."state" = %s))
                                                         AND U0."remind_at" IS NULL
                                                         AND U0."waits_since" IS NULL
                                                         AND U0."need_id" = ("needs_need"."id"))
                                                  LIMIT 1))) AS "in_5",
       COUNT("needs_need"."id") FILTER (
                                        WHERE ("needs_need"."state" IN (%s, …)
                                               AND NOT (EXISTS
                                                          (SELECT %s AS "a"
                                                           FROM "matching_match" U0
                                                           WHERE (U0."need_id" = ("needs_need"."id")
                                                                  AND U0."state" IN (%s, …))
                                                           LIMIT 1)))) AS "in_6"
FROM "needs_need"
LEFT OUTER JOIN "accounts_organisation" ON ("needs_need"."organisation_id" = "accounts_organisation"."id")
WHERE (("needs_need"."person_id" = %s
        OR "needs_need"."organisation_id" IN
          (SELECT U0."organisation_id" AS "organisation"
           FROM "accounts_membership" U0
           WHERE U0."user_id" = %s)
        OR "needs_need"."city_id" IN
          (SELECT U0."city_id" AS "city"
           FROM "accounts_cityrole" U0
           WHERE (U0."user_id" = %s
                  AND U0."role" IN (%s, …))))
       AND "needs_need"."city_id" = %s
       AND NOT ("needs_need"."state" = %s))
GROUP BY 1;

-- queue alone
SELECT "needs_need"."id" AS "pk"
FROM "needs_need"
WHERE (("needs_need"."person_id" = %s
        OR "needs_need"."organisation_id" IN
          (SELECT U0."organisation_id" AS "organisation"
           FROM "accounts_membership" U0
           WHERE U0."user_id" = %s)
        OR "needs_need"."city_id" IN
          (SELECT U0."city_id" AS "city"
           FROM "accounts_cityrole" U0
           WHERE (U0."user_id" = %s
                  AND U0."role" IN (%s, …))))
       AND "needs_need"."city_id" = %s
       AND NOT ("needs_need"."state" = %s)
       AND "needs_need"."id" IN
         (SELECT W0."id" AS "pk"
          FROM "needs_need" W0
          LEFT OUTER JOIN "accounts_organisation" W1 ON (W0."organisation_id" = W1."id")
          WHERE (W0."state" IN (%s, …)
                 AND (W0."organisation_id" IS NULL
                      OR W1."state" = %s)
                 AND ((LEAST(W0."urgency_rank",

                         CASE
                             WHEN CASE WHEN (W0."kind" = %s
                                             OR W0."rhythm" = %s) THEN W0."last_day" ELSE COALESCE(W0."uncovered_from",
                                                                                            W0."first_day")
                                  END <= %s THEN %s
                             WHEN CASE WHEN (W0."kind" = %s
                                             OR W0."rhythm" = %s) THEN W0."last_day" ELSE COALESCE(W0."uncovered_from",
                                                                                            W0."first_day")
                                  END <= %s THEN %s ELSE %s
                         END) = %s
                       AND (NOT (W0."kind" = %s)
                            OR W0."urgency" = %s))
                      OR EXISTS
                        (SELECT %s AS "a"
                         FROM "matching_match" U0
                         WHERE (U0."need_id" = (W0."id")
                                AND U0."rehouse_from" IS NOT NULL)
                         LIMIT 1))
                 AND NOT (EXISTS
                            (SELECT %s AS "a"
                             FROM "matching_casetaken" V0
                             INNER JOIN "accounts_user" V3 ON (V0."by_id" = V3."id")
                             INNER JOIN "accounts_cityrole" V4 ON (V3."id" = V4."user_id")
                             WHERE (NOT EXISTS
                                      (SELECT %s AS "a"
                                       FROM "matching_decision" U0
                                       INNER JOIN "matching_match" U1 ON (U0."match_id" = U1."id")
                                       WHERE (U0."act" = %s
                                              AND U0."at" > (V0."at")
                                              AND U1."need_id" = (V0."need_id")
                                              AND U1."rehouse_from" IS NOT NULL)
                                       LIMIT 1)
                                    AND V4."city_id" = (V0."city_id")
                                    AND V4."role" IN (%s)
                                    AND V3."is_active"
                                    AND V0."given_back_at" IS NULL
                                    AND V0."need_id" = (W0."id"))
                             LIMIT 1))
                 AND NOT (EXISTS
                            (SELECT %s AS "a"
                             FROM "matching_match" U0
                             INNER JOIN "needs_need" U1 ON (U0."need_id" = U1."id")
                             WHERE ((U0."first_day" <= (GREATEST(U1."first_day",
                                                          U1."uncovered_from", %s))
                                     OR NOT (U1."kind" = %s))
                                    AND U0."need_id" = (W0."id")
                                    AND U0."state" IN (%s, …))
                             LIMIT 1))
                 AND W0."city_id" = %s)))
ORDER BY "needs_need"."urgency_rank" ASC, "needs_need"."created_at" ASC, "needs_need"."id" ASC
LIMIT 13;

-- queue alone
SELECT "needs_need"."id" AS "pk"
FROM "needs_need"
LEFT OUTER JOIN "accounts_organisation" ON ("needs_need"."organisation_id" = "accounts_organisation"."id")
WHERE (("needs_need"."person_id" = %s
        OR "needs_need"."organisation_id" IN
          (SELECT U0."organisation_id" AS "organisation"
           FROM "accounts_membership" U0
           WHERE U0."user_id" = %s)
        OR "needs_need"."city_id" IN
          (SELECT U0."city_id" AS "city"
           FROM "accounts_cityrole" U0
           WHERE (U0."user_id" = %s
                  AND U0."role" IN (%s, …))))
       AND "needs_need"."city_id" = %s
       AND NOT ("needs_need"."state" = %s)
       AND "needs_need"."state" IN (%s, …)
       AND ("needs_need"."organisation_id" IS NULL
            OR "accounts_organisation"."state" = %s)
       AND NOT (EXISTS
                  (SELECT %s AS "a"
                   FROM "matching_match" U0
                   WHERE (U0."need_id" = ("needs_need"."id")
                          AND U0."state" IN (%s, …))
                   LIMIT 1)))
ORDER BY LEAST("needs_need"."urgency_rank",

           CASE
               WHEN CASE
                        WHEN ("needs_need"."kind" = %s
                              OR "needs_need"."rhythm" = %s) THEN "needs_need"."last_day" ELSE COALESCE("needs_need"."uncovered_from",

                                                                                                 "needs_need"."first_day")
                    END <= %s THEN %s
               WHEN CASE
                        WHEN ("needs_need"."kind" = %s
                              OR "needs_need"."rhythm" = %s) THEN "needs_need"."last_day" ELSE COALESCE("needs_need"."uncovered_from",

                                                                                                 "needs_need"."first_day")
                    END <= %s THEN %s ELSE %s
           END) ASC, "needs_need"."urgency_rank" ASC, "needs_need"."created_at" ASC, "needs_need"."id" ASC
LIMIT 2;

-- queue alone
SELECT "needs_need".*,

  (SELECT V3."name" AS "by__name"
   FROM "matching_casetaken" V0
   INNER JOIN "accounts_user" V3 ON (V0."by_id" = V3."id")
   INNER JOIN "accounts_cityrole" V4 ON (V3."id" = V4."user_id")
   WHERE (NOT EXISTS
            (SELECT %s AS "a"
             FROM "matching_decision" U0
             INNER JOIN "matching_match" U1 ON (U0."match_id" = U1."id")
             WHERE (U0."act" = %s
                    AND U0."at" > (V0."at")
                    AND U1."need_id" = (V0."need_id")
                    AND U1."rehouse_from" IS NOT NULL)
             LIMIT 1)
          AND V4."city_id" = (V0."city_id")
          AND V4."role" IN (%s)
          AND V3."is_active"
          AND V0."given_back_at" IS NULL
          AND V0."need_id" = ("needs_need"."id"))) AS "taken_by",

  (SELECT V0."by_id" AS "by"
   FROM "matching_casetaken" V0
   INNER JOIN "accounts_user" V3 ON (V0."by_id" = V3."id")
   INNER JOIN "accounts_cityrole" V4 ON (V3."id" = V4."user_id")
   WHERE (NOT EXISTS
            (SELECT %s AS "a"
             FROM "matching_decision" U0
             INNER JOIN "matching_match" U1 ON (U0."match_id" = U1."id")
             WHERE (U0."act" = %s
                    AND U0."at" > (V0."at")
                    AND U1."need_id" = (V0."need_id")
                    AND U1."rehouse_from" IS NOT NULL)
             LIMIT 1)
          AND V4."city_id" = (V0."city_id")
          AND V4."role" IN (%s)
          AND V3."is_active"
          AND V0."given_back_at" IS NULL
          AND V0."need_id" = ("needs_need"."id"))) AS "taken_by_id",

  (SELECT V0."at" AS "at"
   FROM "matching_casetaken" V0
   INNER JOIN "accounts_user" V3 ON (V0."by_id" = V3."id")
   INNER JOIN "accounts_cityrole" V4 ON (V3."id" = V4."user_id")
   WHERE (NOT EXISTS
            (SELECT %s AS "a"
             FROM "matching_decision" U0
             INNER JOIN "matching_match" U1 ON (U0."match_id" = U1."id")
             WHERE (U0."act" = %s
                    AND U0."at" > (V0."at")
                    AND U1."need_id" = (V0."need_id")
                    AND U1."rehouse_from" IS NOT NULL)
             LIMIT 1)
          AND V4."city_id" = (V0."city_id")
          AND V4."role" IN (%s)
          AND V3."is_active"
          AND V0."given_back_at" IS NULL
          AND V0."need_id" = ("needs_need"."id"))) AS "taken_at",
       EXISTS
  (SELECT %s AS "a"
   FROM "matching_householdverdict" U0
   WHERE ((U0."lower_id" = ("needs_need"."id")
           OR U0."higher_id" = ("needs_need"."id"))
          AND U0."joined_id" IS NOT NULL
          AND NOT (U0."joined_id" = ("needs_need"."id")
                   AND U0."joined_id" IS NOT NULL))
   LIMIT 1) AS "has_joined",
       COALESCE(
                  (SELECT COUNT(*) AS "n"
                   FROM "matching_match" U0
                   WHERE (U0."need_id" = ("needs_need"."id")
                          AND U0."state" = %s)
                   GROUP BY U0."need_id"), %s) AS "suggestions", "cities_city".*, "cities_commune".*, "accounts_organisation".*
FROM "needs_need"
INNER JOIN "cities_city" ON ("needs_need"."city_id" = "cities_city"."id")
INNER JOIN "cities_commune" ON ("needs_need"."commune_id" = "cities_commune"."insee")
LEFT OUTER JOIN "accounts_organisation" ON ("needs_need"."organisation_id" = "accounts_organisation"."id")
WHERE "needs_need"."id" = ANY(%s)
ORDER BY "needs_need"."created_at" DESC, "needs_need"."id" DESC;

-- queue alone
SELECT "matching_match".*
FROM "matching_match"
WHERE ("matching_match"."need_id" = ANY(%s)
       AND "matching_match"."state" IN (%s, …))
ORDER BY COALESCE("matching_match"."confirm_by", "matching_match"."answer_by") ASC NULLS LAST, "matching_match"."first_day" ASC,
                                                                                               "matching_match"."id" ASC;

-- queue alone

  (SELECT "desk_flag"."need_id" AS "need", "desk_flag"."words" AS "words"
   FROM "desk_flag"
   WHERE ("desk_flag"."day" <= %s
          AND "desk_flag"."lifted_at" IS NULL
          AND "desk_flag"."need_id" IN (%s, …)))
UNION
  (SELECT "matching_match"."need_id" AS "match__need", %s AS "value1"
   FROM "followups_followup"
   INNER JOIN "matching_match" ON ("followups_followup"."match_id" = "matching_match"."id")
   WHERE ("followups_followup"."answered_at" IS NULL
          AND "followups_followup"."asked_at" <= %s
          AND "matching_match"."need_id" IN (%s, …)));

-- queue alone
SELECT COUNT(*)
FROM (
        (SELECT "needs_need"."id" AS "pk"
         FROM "needs_need"
         WHERE (("needs_need"."person_id" = %s
                 OR "needs_need"."organisation_id" IN
                   (SELECT U0."organisation_id" AS "organisation"
                    FROM "accounts_membership" U0
                    WHERE U0."user_id" = %s)
                 OR "needs_need"."city_id" IN
                   (SELECT U0."city_id" AS "city"
                    FROM "accounts_cityrole" U0
                    WHERE (U0."user_id" = %s
                           AND U0."role" IN (%s, …))))
                AND "needs_need"."city_id" = %s
                AND "needs_need"."item_checked_at" IS NULL
                AND "needs_need"."kind" = %s
                AND "needs_need"."state" IN (%s, …)
                AND ("needs_need"."items" = %s::varchar(24)[]
                     OR "needs_need"."items" = (ARRAY[%s])::varchar(24)[]))
         LIMIT 100)
      UNION ALL
        (SELECT "offers_offer"."id" AS "pk"
         FROM "offers_offer"
         WHERE (("offers_offer"."owner_id" = %s
                 OR "offers_offer"."city_id" IN
                   (SELECT U0."city_id" AS "city"
                    FROM "accounts_cityrole" U0
                    WHERE (U0."user_id" = %s
                           AND U0."role" IN (%s, …))))
                AND "offers_offer"."city_id" = %s
                AND "offers_offer"."item_checked_at" IS NULL
                AND "offers_offer"."kind" = %s
                AND "offers_offer"."state" IN (%s, …)
                AND "offers_offer"."item" IN (%s, …))
         LIMIT 100)) subquery;

-- queue alone
SELECT "desk_savedview".*
FROM "desk_savedview"
WHERE ("desk_savedview"."by_id" = %s
       AND "desk_savedview"."city_id" = %s)
ORDER BY "desk_savedview"."id" ASC;

-- case alone
SELECT "cities_city".*,
       COALESCE(
                  (SELECT COUNT(U0."id") AS "n"
                   FROM "accounts_organisation" U0
                   WHERE (U0."state" = %s
                          AND U0."city_id" = ("cities_city"."id"))
                   GROUP BY U0."city_id"), %s) AS "waiting_associations",
       COALESCE(
                  (SELECT COUNT(U0."id") AS "n"
                   FROM "voice_remark" U0
                   WHERE (U0."group_id" IS NULL
                          AND NOT U0."is_set_aside"
                          AND U0."city_id" = ("cities_city"."id"))
                   GROUP BY U0."city_id"), %s) AS "remarks_to_sort",

  (SELECT JSON_OBJECT(((%s)::text) VALUE W0."id", ((%s)::text) VALUE hashint8extended(W0."id",
                                                                       W0.xmin::text::bigint), ((%s)::text) VALUE COALESCE((
                                                                                                                              (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                            U0.xmin::text::bigint)) AS "n"
                                                                                                                               FROM "accounts_organisation" U0
                                                                                                                               WHERE U0."id" = (W0."organisation_id")))::text,

                                                                                                                    %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                        (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                                                      U0.xmin::text::bigint)) AS "n"
                                                                                                                                                         FROM "matching_match" U0
                                                                                                                                                         WHERE (U0."need_id" = (W0."id")
                                                                                                                                                                AND NOT (U0."state" = %s))))::text,

                                                                                                                                              %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                  (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                                                                                U0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                   FROM "matching_scan" U0
                                                                                                                                                                                   WHERE U0."need_id" = (W0."id")))::text,

                                                                                                                                                                        %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                                            (SELECT SUM(hashint8extended(V0."id",

                                                                                                                                                                                                                          V0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                                             FROM "offers_offer" V0
                                                                                                                                                                                                             WHERE V0."id" IN
                                                                                                                                                                                                                 (SELECT U0."offer_id" AS "offer"
                                                                                                                                                                                                                  FROM "matching_match" U0
                                                                                                                                                                                                                  WHERE (U0."need_id" = (W0."id")
                                                                                                                                                                                                                         AND NOT (U0."state" = %s)))))::text,

                                                                                                                                                                                                  %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                                                                      (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                                                                                                                                    U0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                                                                       FROM "offers_offer" U0
                                                                                                                                                                                                                                       WHERE (U0."answers_need" = (W0."reference")
                                                                                                                                                                                                                                              AND NOT (U0."answers_need" = %s))))::text,

                                                                                                                                                                                                                            %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                                                                                                (SELECT SUM(hashint8extended(V0."id",

                                                                                                                                                                                                                                                                              V0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                                                                                                 FROM "notifications_preference" V0
                                                                                                                                                                                                                                                                 WHERE V0."person_id" IN
                                                                                                                                                                                                                                                                     (SELECT U2."owner_id" AS "offer__owner"
                                                                                                                                                                                                                                                                      FROM "matching_match" U0
                                                                                                                                                                                                                                                                      INNER JOIN "offers_offer" U2 ON (U0."offer_id" = U2."id")
                                                                                                                                                                                                                                                                      WHERE (U0."need_id" = (W0."id")
                                                                                                                                                                                                                                                                             AND NOT (U0."state" = %s)))))::text,

                                                                                                                                                                                                                                                      %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                                                                                                                          (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                                                                                                                                                                                        U0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                                                                                                                           FROM "matching_townagreement" U0
                                                                                                                                                                                                                                                                                           INNER JOIN "matching_match" U1 ON (U0."match_id" = U1."id")
                                                                                                                                                                                                                                                                                           WHERE U1."need_id" = (W0."id")))::text,

                                                                                                                                                                                                                                                                                %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                                                                                                                                                    (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                                                                                                                                                                                                                  U0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                                                                                                                                                     FROM "matching_casetaken" U0
                                                                                                                                                                                                                                                                                                                     WHERE U0."need_id" = (W0."id")))::text,

                                                                                                                                                                                                                                                                                                          %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                                                                                                                                                                              (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                                                                                                                                                                                                                                            U0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                                                                                                                                                                               FROM "desk_note" U0
                                                                                                                                                                                                                                                                                                                                               WHERE U0."need_id" = (W0."id")))::text,

                                                                                                                                                                                                                                                                                                                                    %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                                                                                                                                                                                                        (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                                                                                                                                                                                                                                                                      U0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                                                                                                                                                                                                         FROM "desk_flag" U0
                                                                                                                                                                                                                                                                                                                                                                         WHERE U0."need_id" = (W0."id")))::text,

                                                                                                                                                                                                                                                                                                                                                              %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                                                                                                                                                                                                                                  (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                                                                                                                                                                                                                                                                                                U0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                                                                                                                                                                                                                                   FROM "matching_conditionquestion" U0
                                                                                                                                                                                                                                                                                                                                                                                                   WHERE U0."need_id" = (W0."id")))::text,

                                                                                                                                                                                                                                                                                                                                                                                        %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                                                                                                                                                                                                                                                            (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                                                                                                                                                                                                                                                                                                                          U0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                                                                                                                                                                                                                                                             FROM "followups_followup" U0
                                                                                                                                                                                                                                                                                                                                                                                                                             INNER JOIN "matching_match" U1 ON (U0."match_id" = U1."id")
                                                                                                                                                                                                                                                                                                                                                                                                                             WHERE U1."need_id" = (W0."id")))::text,

                                                                                                                                                                                                                                                                                                                                                                                                                  %s), ((%s)::text) VALUE COALESCE((
                                                                                                                                                                                                                                                                                                                                                                                                                                                      (SELECT SUM(hashint8extended(U0."id",

                                                                                                                                                                                                                                                                                                                                                                                                                                                                    U0.xmin::text::bigint)) AS "n"
                                                                                                                                                                                                                                                                                                                                                                                                                                                       FROM "matching_householdverdict" U0
                                                                                                                                                                                                                                                                                                                                                                                                                                                       WHERE (U0."lower_id" = (W0."id")
                                                                                                                                                                                                                                                                                                                                                                                                                                                              OR U0."higher_id" = (W0."id"))))::text,

                                                                                                                                                                                                                                                                                                                                                                                                                                            %s) RETURNING JSONB) AS "row"
   FROM "needs_need" W0
   WHERE (W0."city_id" = ("cities_city"."id")
          AND W0."reference" = %s)) AS "case_state"
FROM "cities_city"
WHERE ("cities_city"."removed_at" IS NULL
       AND "cities_city"."slug" = %s);

-- case alone
SELECT "needs_need".*,

  (SELECT V3."name" AS "by__name"
   FROM "matching_casetaken" V0
   INNER JOIN "accounts_user" V3 ON (V0."by_id" = V3."id")
   INNER JOIN "accounts_cityrole" V4 ON (V3."id" = V4."user_id")
   WHERE (NOT EXISTS
            (SELECT %s AS "a"
             FROM "matching_decision" U0
             INNER JOIN "matching_match" U1 ON (U0."match_id" = U1."id")
             WHERE (U0."act" = %s
                    AND U0."at" > (V0."at")
                    AND U1."need_id" = (V0."need_id")
                    AND U1."rehouse_from" IS NOT NULL)
             LIMIT 1)
          AND V4."city_id" = (V0."city_id")
          AND V4."role" IN (%s)
          AND V3."is_active"
          AND V0."given_back_at" IS NULL
          AND V0."need_id" = ("needs_need"."id"))) AS "taken_by",

  (SELECT V0."by_id" AS "by"
   FROM "matching_casetaken" V0
   INNER JOIN "accounts_user" V3 ON (V0."by_id" = V3."id")
   INNER JOIN "accounts_cityrole" V4 ON (V3."id" = V4."user_id")
   WHERE (NOT EXISTS
            (SELECT %s AS "a"
             FROM "matching_decision" U0
             INNER JOIN "matching_match" U1 ON (U0."match_id" = U1."id")
             WHERE (U0."act" = %s
                    AND U0."at" > (V0."at")
                    AND U1."need_id" = (V0."need_id")
                    AND U1."rehouse_from" IS NOT NULL)
             LIMIT 1)
          AND V4."city_id" = (V0."city_id")
          AND V4."role" IN (%s)
          AND V3."is_active"
          AND V0."given_back_at" IS NULL
          AND V0."need_id" = ("needs_need"."id"))) AS "taken_by_id",

  (SELECT V0."at" AS "at"
   FROM "matching_casetaken" V0
   INNER JOIN "accounts_user" V3 ON (V0."by_id" = V3."id")
   INNER JOIN "accounts_cityrole" V4 ON (V3."id" = V4."user_id")
   WHERE (NOT EXISTS
            (SELECT %s AS "a"
             FROM "matching_decision" U0
             INNER JOIN "matching_match" U1 ON (U0."match_id" = U1."id")
             WHERE (U0."act" = %s
                    AND U0."at" > (V0."at")
                    AND U1."need_id" = (V0."need_id")
                    AND U1."rehouse_from" IS NOT NULL)
             LIMIT 1)
          AND V4."city_id" = (V0."city_id")
          AND V4."role" IN (%s)
          AND V3."is_active"
          AND V0."given_back_at" IS NULL
          AND V0."need_id" = ("needs_need"."id"))) AS "taken_at",
       EXISTS
  (SELECT %s AS "a"
   FROM "matching_householdverdict" U0
   WHERE ((U0."lower_id" = ("needs_need"."id")
           OR U0."higher_id" = ("needs_need"."id"))
          AND U0."joined_id" IS NOT NULL
          AND NOT (U0."joined_id" = ("needs_need"."id")
                   AND U0."joined_id" IS NOT NULL))
   LIMIT 1) AS "has_joined",
       ARRAY
  (SELECT JSON_OBJECT(((%s)::text) VALUE V0."id", ((%s)::text) VALUE V0."words", ((%s)::text) VALUE V0."day", ((%s)::text) VALUE V3."name" RETURNING JSONB) AS "row"
   FROM "desk_flag" V0
   INNER JOIN "accounts_user" V3 ON (V0."by_id" = V3."id")
   WHERE (V0."city_id" IN
            (SELECT U0."city_id" AS "city"
             FROM "accounts_cityrole" U0
             WHERE (U0."user_id" = %s
                    AND U0."role" IN (%s)))
          AND V0."lifted_at" IS NULL
          AND V0."need_id" = ("needs_need"."id"))
   ORDER BY V0."day" ASC, V0."id" ASC) AS "open_flags", "cities_city".*, "cities_commune".*, "accounts_organisation".*
FROM "needs_need"
LEFT OUTER JOIN "accounts_organisation" ON ("needs_need"."organisation_id" = "accounts_organisation"."id")
INNER JOIN "cities_city" ON ("needs_need"."city_id" = "cities_city"."id")
INNER JOIN "cities_commune" ON ("needs_need"."commune_id" = "cities_commune"."insee")
WHERE (("needs_need"."person_id" = %s
        OR "needs_need"."organisation_id" IN
          (SELECT U0."organisation_id" AS "organisation"
           FROM "accounts_membership" U0
           WHERE U0."user_id" = %s)
        OR "needs_need"."city_id" IN
          (SELECT U0."city_id" AS "city"
           FROM "accounts_cityrole" U0
           WHERE (U0."user_id" = %s
                  AND U0."role" IN (%s, …))))
       AND "needs_need"."city_id" = %s
       AND "needs_need"."reference" = %s)
LIMIT 21;

-- case alone
SELECT "matching_scan".*,
       ARRAY
  (SELECT JSON_OBJECT(((%s)::text) VALUE V0."id", ((%s)::text) VALUE V0."offer_id", ((%s)::text) VALUE V0."rule", ((%s)::text) VALUE V0."change", ((%s)::text) VALUE V0."params", ((%s)::text) VALUE V0."need_revision", ((%s)::text) VALUE V0."answer", ((%s)::text) VALUE V0."asked_at", ((%s)::text) VALUE V0."answered_at", ((%s)::text) VALUE EXISTS
                        (SELECT %s AS "a"
                         FROM "offers_offer" U0
                         WHERE (U0."state" = %s
                                AND U0."id" = (V0."offer_id"))
                         LIMIT 1) RETURNING JSONB) AS "row"
   FROM "matching_conditionquestion" V0
   WHERE V0."need_id" = %s
   ORDER BY V0."asked_at" ASC, V0."id" ASC) AS "asked"
FROM "matching_scan"
WHERE "matching_scan"."need_id" = %s
ORDER BY "matching_scan"."id" ASC
LIMIT 1;

-- case alone
SELECT "matching_match".*,
       EXISTS
  (SELECT %s AS "a"
   FROM "matching_townagreement" U0
   WHERE (U0."answer" = %s
          AND U0."match_id" = ("matching_match"."id"))
   LIMIT 1) AS "town_asked",
       EXISTS
  (SELECT %s AS "a"
   FROM "notifications_preference" U0
   WHERE (U0."paused_until" >= %s
          AND U0."person_id" = ("offers_offer"."owner_id"))
   LIMIT 1) AS "is_paused",
       EXISTS
  (SELECT %s AS "a"
   FROM "offers_offerpicture" U0
   WHERE U0."offer_id" = ("matching_match"."offer_id")
   LIMIT 1) AS "has_picture",
       EXISTS
  (SELECT %s AS "a"
   FROM "matching_hold" U0
   WHERE (U0."beside"
          AND U0."match_id" = ("matching_match"."id"))
   LIMIT 1) AS "is_beside", "offers_offer".*, T8.*, "cities_commune".*, T7.*, "notifications_preference".*
FROM "matching_match"
INNER JOIN "needs_need" ON ("matching_match"."need_id" = "needs_need"."id")
INNER JOIN "offers_offer" ON ("matching_match"."offer_id" = "offers_offer"."id")
INNER JOIN "accounts_user" T7 ON ("offers_offer"."owner_id" = T7."id")
INNER JOIN "cities_city" T8 ON ("offers_offer"."city_id" = T8."id")
INNER JOIN "cities_commune" ON ("offers_offer"."commune_id" = "cities_commune"."insee")
LEFT OUTER JOIN "notifications_preference" ON (T7."id" = "notifications_preference"."person_id")
WHERE (("matching_match"."city_id" IN
          (SELECT U0."city_id" AS "city"
           FROM "accounts_cityrole" U0
           WHERE (U0."user_id" = %s
                  AND U0."role" IN (%s)))
        OR (("needs_need"."organisation_id" IN
               (SELECT U0."organisation_id" AS "organisation"
                FROM "accounts_membership" U0
                WHERE U0."user_id" = %s)
             OR "needs_need"."person_id" = %s
             OR "offers_offer"."owner_id" = %s)
            AND NOT ("matching_match"."state" IN (%s, …))))
       AND "matching_match"."need_id" = %s
       AND NOT ("matching_match"."state" = %s))
ORDER BY "matching_match"."changed_at" DESC, "matching_match"."id" DESC;

-- case alone
SELECT "offers_offer".*, "cities_commune".*
FROM "offers_offer"
INNER JOIN "cities_commune" ON ("offers_offer"."commune_id" = "cities_commune"."insee")
WHERE ("offers_offer"."state" = %s
       AND "offers_offer"."id" IN (%s, …))
ORDER BY "offers_offer"."created_at" DESC, "offers_offer"."id" DESC;

-- case alone
SELECT "offers_window".*
FROM "offers_window"
WHERE "offers_window"."offer_id" IN (%s, …)
ORDER BY "offers_window"."first_day" ASC;

-- case alone
SELECT "matching_hold".*, "needs_need".*
FROM "matching_hold"
INNER JOIN "needs_need" ON ("matching_hold"."need_id" = "needs_need"."id")
WHERE ("matching_hold"."offer_id" IN (%s, …)
       OR "matching_hold"."need_id" IN (%s));

-- case alone
SELECT "wording_wording".*
FROM "wording_wording"
WHERE ("wording_wording"."city_id" = %s
       AND NOT ("wording_wording"."body" = %s))
ORDER BY "wording_wording"."name" ASC, "wording_wording"."language" ASC, "wording_wording"."form" ASC;

-- case alone
SELECT "needs_need"."id" AS "pk", "needs_need"."organisation_id" AS "organisation", "needs_need"."person_id" AS "person",
       "needs_need"."people" AS "people", "needs_need"."first_day" AS "first_day", "needs_need"."last_day" AS "last_day",
       "needs_need"."languages" AS "languages", "needs_need"."latitude" AS "latitude", "needs_need"."longitude" AS "longitude",
       "needs_need"."couple" AS "couple", "needs_need"."pets" AS "pets", "needs_need"."step_free_needed" AS "step_free_needed"
FROM "needs_need"
LEFT OUTER JOIN "accounts_organisation" ON ("needs_need"."organisation_id" = "accounts_organisation"."id")
WHERE ("needs_need"."state" IN (%s, …)
       AND ("needs_need"."organisation_id" IS NULL
            OR "accounts_organisation"."state" = %s)
       AND "needs_need"."adult_men" = %s
       AND "needs_need"."adult_women" = %s
       AND "needs_need"."children_12_to_17" = %s
       AND "needs_need"."children_3_to_11" = %s
       AND "needs_need"."children_under_3" = %s
       AND "needs_need"."city_id" = %s
       AND "needs_need"."kind" = %s
       AND NOT "needs_need"."lone_minor"
       AND "needs_need"."first_day" <= %s
       AND "needs_need"."last_day" >= %s
       AND NOT ("needs_need"."id" = %s));

-- case alone
SELECT "needs_need".*, "cities_city".*, "cities_commune".*, "accounts_organisation".*, "accounts_user".*
FROM "needs_need"
INNER JOIN "cities_city" ON ("needs_need"."city_id" = "cities_city"."id")
INNER JOIN "cities_commune" ON ("needs_need"."commune_id" = "cities_commune"."insee")
LEFT OUTER JOIN "accounts_organisation" ON ("needs_need"."organisation_id" = "accounts_organisation"."id")
LEFT OUTER JOIN "accounts_user" ON ("needs_need"."person_id" = "accounts_user"."id")
WHERE ("needs_need"."id" IN (%s, …)
       AND NOT (EXISTS
                  (SELECT %s AS "a"
                   FROM "matching_householdverdict" U0
                   WHERE ((U0."higher_id" = ("needs_need"."id")
                           AND U0."lower_id" = %s)
                          OR (U0."higher_id" = %s
                              AND U0."lower_id" = ("needs_need"."id")))
                   LIMIT 1)))
ORDER BY "needs_need"."first_day" ASC, "needs_need"."id" ASC;

SELECT ARRAY
  (SELECT V0."id" AS "pk"
   FROM "sms_reply" V0
   WHERE (V0."became" IN (%s, …)
          AND V0."seen_at" IS NULL
          AND NOT (EXISTS
                     (SELECT %s AS "a"
                      FROM "notifications_message" U0
                      WHERE (U0."called_by_id" IS NOT NULL
                             AND U0."channel" = %s
                             AND U0."event" = %s
                             AND U0."recipient_id" = (V0."person_id")
                             AND U0."subject_key" = (COALESCE(%s, …) || COALESCE((V0."id")::varchar,
                                                                          %s)))
                      LIMIT 1))
          AND V0."city_id" = %s)
   LIMIT 100) AS "arraysubquery1",
       ARRAY
  (SELECT V0."id" AS "pk"
   FROM "inbox_mailreply" V0
   WHERE (V0."became" IN (%s, …)
          AND V0."seen_at" IS NULL
          AND NOT (EXISTS
                     (SELECT %s AS "a"
                      FROM "notifications_message" U0
                      WHERE (U0."called_by_id" IS NOT NULL
                             AND U0."channel" = %s
                             AND U0."event" = %s
                             AND U0."recipient_id" = (V0."person_id")
                             AND U0."subject_key" = (COALESCE(%s, …) || COALESCE((V0."id")::varchar,
                                                                          %s)))
                      LIMIT 1))
          AND V0."city_id" = %s)
   LIMIT 100) AS "arraysubquery2",
       ARRAY
  (SELECT U0."id" AS "pk"
   FROM "notifications_message" U0
   WHERE (U0."city_id" = %s
          AND U0."state" IN (%s, …)
          AND NOT (U0."channel" IN (%s, …))
          AND NOT (U0."event" IN (%s, …)))
   LIMIT 100) AS "arraysubquery3",
       ARRAY
  (SELECT U0."id" AS "pk"
   FROM "notifications_message" U0
   WHERE (U0."channel" IN (%s)
          AND U0."city_id" = %s
          AND U0."recipient_id" = %s
          AND U0."state" IN (%s, …))
   LIMIT 100) AS "arraysubquery4"
FROM "cities_city"
WHERE ("cities_city"."removed_at" IS NULL
       AND "cities_city"."id" = %s);

SELECT ARRAY
  (SELECT W0."id" AS "pk"
   FROM "accounts_user" W0
   WHERE W0."id" IN
       (SELECT V0."person_id" AS "person"
        FROM "followups_reader" V0
        INNER JOIN "accounts_user" V2 ON (V0."person_id" = V2."id")
        WHERE (EXISTS
                 (SELECT %s AS "a"
                  FROM "accounts_user" U0
                  INNER JOIN "accounts_cityrole" U1 ON (U0."id" = U1."user_id")
                  WHERE (U1."city_id" = (V0."city_id")
                         AND U0."id" = (V0."person_id"))
                  LIMIT 1)
               AND V2."is_active"
               AND V0."city_id" = %s))) AS "arraysubquery1",
       EXISTS
  (SELECT %s AS "a"
   FROM "followups_incident" U0
   WHERE (NOT (U0."state" = %s)
          AND U0."city_id" = ("cities_city"."id"))
   LIMIT 1) AS "exists1"
FROM "cities_city"
WHERE ("cities_city"."removed_at" IS NULL
       AND "cities_city"."id" = %s);

-- case alone
SELECT "offers_offer".*, "cities_commune".*
FROM "offers_offer"
INNER JOIN "cities_commune" ON ("offers_offer"."commune_id" = "cities_commune"."insee")
WHERE ("offers_offer"."state" = %s
       AND "offers_offer"."answers_need" = %s
       AND "offers_offer"."city_id" = %s
       AND "offers_offer"."kind" = %s
       AND NOT (EXISTS
                  (SELECT %s AS "a"
                   FROM "matching_match" U0
                   WHERE (U0."need_id" = %s
                          AND U0."offer_id" = ("offers_offer"."id")
                          AND NOT (U0."state" IN (%s, …)))
                   LIMIT 1)))
ORDER BY "offers_offer"."created_at" ASC, "offers_offer"."id" ASC;

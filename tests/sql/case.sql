SELECT "cities_city".*,
       COALESCE(
                  (SELECT COUNT(U0."id") AS "n"
                   FROM "accounts_organisation" U0
                   WHERE (U0."city_id" = ("cities_city"."id")
                          AND U0."state" = %s)
                   GROUP BY U0."city_id"), %s) AS "waiting_associations"
FROM "cities_city"
WHERE "cities_city"."slug" = %s
ORDER BY "cities_city"."name" ASC, "cities_city"."id" ASC
LIMIT 1;

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
WHERE "accounts_user"."id" = %s
ORDER BY "accounts_user"."id" ASC
LIMIT 1;

SELECT "needs_need".*,

  (SELECT U2."name" AS "by__name"
   FROM "matching_casetaken" U0
   INNER JOIN "accounts_user" U2 ON (U0."by_id" = U2."id")
   INNER JOIN "accounts_cityrole" U3 ON (U2."id" = U3."user_id")
   WHERE (U3."city_id" = (U0."city_id")
          AND U3."role" IN (%s)
          AND U2."is_active"
          AND U0."given_back_at" IS NULL
          AND U0."need_id" = ("needs_need"."id"))) AS "taken_by",

  (SELECT U0."by_id" AS "by"
   FROM "matching_casetaken" U0
   INNER JOIN "accounts_user" U2 ON (U0."by_id" = U2."id")
   INNER JOIN "accounts_cityrole" U3 ON (U2."id" = U3."user_id")
   WHERE (U3."city_id" = (U0."city_id")
          AND U3."role" IN (%s)
          AND U2."is_active"
          AND U0."given_back_at" IS NULL
          AND U0."need_id" = ("needs_need"."id"))) AS "taken_by_id",

  (SELECT U0."at" AS "at"
   FROM "matching_casetaken" U0
   INNER JOIN "accounts_user" U2 ON (U0."by_id" = U2."id")
   INNER JOIN "accounts_cityrole" U3 ON (U2."id" = U3."user_id")
   WHERE (U3."city_id" = (U0."city_id")
          AND U3."role" IN (%s)
          AND U2."is_active"
          AND U0."given_back_at" IS NULL
          AND U0."need_id" = ("needs_need"."id"))) AS "taken_at",
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

SELECT "offers_offer".*, "cities_commune".*
FROM "offers_offer"
INNER JOIN "cities_commune" ON ("offers_offer"."commune_id" = "cities_commune"."insee")
WHERE ("offers_offer"."state" = %s
       AND "offers_offer"."id" IN (%s, …))
ORDER BY "offers_offer"."created_at" DESC, "offers_offer"."id" DESC;

SELECT "offers_window".*
FROM "offers_window"
WHERE "offers_window"."offer_id" IN (%s, …)
ORDER BY "offers_window"."first_day" ASC;

SELECT "matching_hold".*, "needs_need".*
FROM "matching_hold"
INNER JOIN "needs_need" ON ("matching_hold"."need_id" = "needs_need"."id")
WHERE ("matching_hold"."offer_id" IN (%s, …)
       OR "matching_hold"."need_id" IN (%s));

SELECT "wording_wording".*
FROM "wording_wording"
WHERE ("wording_wording"."city_id" = %s
       AND NOT ("wording_wording"."body" = %s))
ORDER BY "wording_wording"."name" ASC, "wording_wording"."language" ASC, "wording_wording"."form" ASC;

SELECT "needs_need".*, "cities_city".*, "cities_commune".*, "accounts_organisation".*, "accounts_user".*
FROM "needs_need"
LEFT OUTER JOIN "accounts_organisation" ON ("needs_need"."organisation_id" = "accounts_organisation"."id")
INNER JOIN "cities_city" ON ("needs_need"."city_id" = "cities_city"."id")
INNER JOIN "cities_commune" ON ("needs_need"."commune_id" = "cities_commune"."insee")
LEFT OUTER JOIN "accounts_user" ON ("needs_need"."person_id" = "accounts_user"."id")
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
       AND NOT ("needs_need"."id" = %s)
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
WHERE "cities_city"."id" = %s
ORDER BY "cities_city"."name" ASC, "cities_city"."id" ASC
LIMIT 1;

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

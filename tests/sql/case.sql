SELECT "cities_city"."id", "cities_city"."slug", "cities_city"."name", "cities_city"."locative", "cities_city"."seat_id",
       "cities_city"."epci_code", "cities_city"."is_open", "cities_city"."phone", "cities_city"."phone_hours",
       "cities_city"."email", "cities_city"."timezone", "cities_city"."brand_colour", "cities_city"."accent_colour",
       "cities_city"."remind_after_days", "cities_city"."expire_after_days", "cities_city"."answer_hours_tonight",
       "cities_city"."answer_hours_this_week", "cities_city"."answer_hours_planned", "cities_city"."follow_up_after_days",
       "cities_city"."asks_citizen_for", "cities_city"."asks_association_for", "cities_city"."weights", "cities_city"."created_at"
FROM "cities_city"
WHERE "cities_city"."slug" = %s
ORDER BY "cities_city"."name" ASC, "cities_city"."id" ASC
LIMIT 1;

SELECT "accounts_user"."id", "accounts_user"."password", "accounts_user"."last_login", "accounts_user"."is_superuser",
       "accounts_user"."email", "accounts_user"."phone", "accounts_user"."name", "accounts_user"."language",
       "accounts_user"."is_active", "accounts_user"."is_staff", "accounts_user"."created_at", "accounts_user"."anonymised_at"
FROM "accounts_user"
WHERE "accounts_user"."id" = %s
LIMIT 21;


  (SELECT "accounts_cityrole"."role" AS "role"
   FROM "accounts_cityrole"
   WHERE ("accounts_cityrole"."user_id" = %s
          AND "accounts_cityrole"."city_id" = %s))
UNION
  (SELECT %s AS "word"
   FROM "accounts_membership"
   INNER JOIN "accounts_organisation" ON ("accounts_membership"."organisation_id" = "accounts_organisation"."id")
   WHERE ("accounts_membership"."user_id" = %s
          AND "accounts_organisation"."city_id" = %s));

SELECT "needs_need"."id", "needs_need"."reference", "needs_need"."city_id", "needs_need"."kind", "needs_need"."title",
       "needs_need"."text", "needs_need"."commune_id", "needs_need"."latitude", "needs_need"."longitude",
       "needs_need"."band", "needs_need"."reach_km", "needs_need"."reach_class", "needs_need"."languages",
       "needs_need"."languages_from", "needs_need"."languages_to", "needs_need"."slots", "needs_need"."source",
       "needs_need"."external_key", "needs_need"."entered_by_id", "needs_need"."revision", "needs_need"."scan_due_at",
       "needs_need"."created_at", "needs_need"."changed_at", "needs_need"."organisation_id", "needs_need"."person_id",
       "needs_need"."category", "needs_need"."first_day", "needs_need"."last_day", "needs_need"."min_days",
       "needs_need"."quantity", "needs_need"."part_useful", "needs_need"."people", "needs_need"."urgency",
       "needs_need"."urgency_rank", "needs_need"."case_reference", "needs_need"."state", "needs_need"."adult_women",
       "needs_need"."adult_men", "needs_need"."children_under_3", "needs_need"."children_3_to_11",
       "needs_need"."children_12_to_17", "needs_need"."lone_minor", "needs_need"."couple", "needs_need"."step_free_needed",
       "needs_need"."pets", "needs_need"."smoke_free_needed", "needs_need"."rent_up_to", "needs_need"."rent_payer",
       "needs_need"."shared_home_ok", "needs_need"."forms", "needs_need"."social_worker", "needs_need"."remote_ok",
       "cities_city"."id", "cities_city"."slug", "cities_city"."name", "cities_city"."locative", "cities_city"."seat_id",
       "cities_city"."epci_code", "cities_city"."is_open", "cities_city"."phone", "cities_city"."phone_hours",
       "cities_city"."email", "cities_city"."timezone", "cities_city"."brand_colour", "cities_city"."accent_colour",
       "cities_city"."remind_after_days", "cities_city"."expire_after_days", "cities_city"."answer_hours_tonight",
       "cities_city"."answer_hours_this_week", "cities_city"."answer_hours_planned", "cities_city"."follow_up_after_days",
       "cities_city"."asks_citizen_for", "cities_city"."asks_association_for", "cities_city"."weights", "cities_city"."created_at",
       "cities_commune"."insee", "cities_commune"."name", "cities_commune"."postcodes", "cities_commune"."population",
       "cities_commune"."department_code", "cities_commune"."department_name", "cities_commune"."region_name",
       "cities_commune"."is_overseas", "cities_commune"."epci_code", "cities_commune"."epci_name", "cities_commune"."latitude",
       "cities_commune"."longitude", "cities_commune"."name_key", "cities_commune"."search", "accounts_organisation"."id",
       "accounts_organisation"."city_id", "accounts_organisation"."name", "accounts_organisation"."rna", "accounts_organisation"."siret",
       "accounts_organisation"."email", "accounts_organisation"."phone", "accounts_organisation"."about",
       "accounts_organisation"."state", "accounts_organisation"."verified_at", "accounts_organisation"."verified_by_id",
       "accounts_organisation"."created_at"
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

SELECT COUNT(*) AS "__count"
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
       AND "needs_need"."state" IN (%s, …)
       AND ("needs_need"."organisation_id" IS NULL
            OR "accounts_organisation"."state" = %s)
       AND "needs_need"."city_id" = %s);

SELECT "matching_scan"."id", "matching_scan"."need_id", "matching_scan"."revision", "matching_scan"."feasible",
       "matching_scan"."suggested", "matching_scan"."lowest_score", "matching_scan"."near_misses", "matching_scan"."algorithm",
       "matching_scan"."scanned_at",
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

SELECT "matching_match"."id", "matching_match"."city_id", "matching_match"."need_id", "matching_match"."offer_id",
       "matching_match"."state", "matching_match"."rank", "matching_match"."score", "matching_match"."part_values",
       "matching_match"."weight_values", "matching_match"."facts", "matching_match"."algorithm", "matching_match"."distance_km",
       "matching_match"."first_day", "matching_match"."last_day", "matching_match"."quantity", "matching_match"."need_revision",
       "matching_match"."offer_revision", "matching_match"."answer_by", "matching_match"."asked_at", "matching_match"."ended_on",
       "matching_match"."created_at", "matching_match"."changed_at", "cities_city"."id", "cities_city"."slug", "cities_city"."name",
       "cities_city"."locative", "cities_city"."seat_id", "cities_city"."epci_code", "cities_city"."is_open",
       "cities_city"."phone", "cities_city"."phone_hours", "cities_city"."email", "cities_city"."timezone",
       "cities_city"."brand_colour", "cities_city"."accent_colour", "cities_city"."remind_after_days",
       "cities_city"."expire_after_days", "cities_city"."answer_hours_tonight", "cities_city"."answer_hours_this_week",
       "cities_city"."answer_hours_planned", "cities_city"."follow_up_after_days", "cities_city"."asks_citizen_for",
       "cities_city"."asks_association_for", "cities_city"."weights", "cities_city"."created_at", "needs_need"."id",
       "needs_need"."reference", "needs_need"."city_id", "needs_need"."kind", "needs_need"."title", "needs_need"."text",
       "needs_need"."commune_id", "needs_need"."latitude", "needs_need"."longitude", "needs_need"."band", "needs_need"."reach_km",
       "needs_need"."reach_class", "needs_need"."languages", "needs_need"."languages_from", "needs_need"."languages_to",
       "needs_need"."slots", "needs_need"."source", "needs_need"."external_key", "needs_need"."entered_by_id",
       "needs_need"."revision", "needs_need"."scan_due_at", "needs_need"."created_at", "needs_need"."changed_at",
       "needs_need"."organisation_id", "needs_need"."person_id", "needs_need"."category", "needs_need"."first_day",
       "needs_need"."last_day", "needs_need"."min_days", "needs_need"."quantity", "needs_need"."part_useful",
       "needs_need"."people", "needs_need"."urgency", "needs_need"."urgency_rank", "needs_need"."case_reference",
       "needs_need"."state", "needs_need"."adult_women", "needs_need"."adult_men", "needs_need"."children_under_3",
       "needs_need"."children_3_to_11", "needs_need"."children_12_to_17", "needs_need"."lone_minor", "needs_need"."couple",
       "needs_need"."step_free_needed", "needs_need"."pets", "needs_need"."smoke_free_needed", "needs_need"."rent_up_to",
       "needs_need"."rent_payer", "needs_need"."shared_home_ok", "needs_need"."forms", "needs_need"."social_worker",
       "needs_need"."remote_ok", "accounts_organisation"."id", "accounts_organisation"."city_id",
       "accounts_organisation"."name", "accounts_organisation"."rna", "accounts_organisation"."siret",
       "accounts_organisation"."email", "accounts_organisation"."phone", "accounts_organisation"."about",
       "accounts_organisation"."state", "accounts_organisation"."verified_at", "accounts_organisation"."verified_by_id",
       "accounts_organisation"."created_at", "accounts_user"."id", "accounts_user"."password", "accounts_user"."last_login",
       "accounts_user"."is_superuser", "accounts_user"."email", "accounts_user"."phone", "accounts_user"."name",
       "accounts_user"."language", "accounts_user"."is_active", "accounts_user"."is_staff", "accounts_user"."created_at",
       "accounts_user"."anonymised_at", "offers_offer"."id", "offers_offer"."reference", "offers_offer"."city_id",
       "offers_offer"."kind", "offers_offer"."title", "offers_offer"."text", "offers_offer"."commune_id",
       "offers_offer"."latitude", "offers_offer"."longitude", "offers_offer"."band", "offers_offer"."reach_km",
       "offers_offer"."reach_class", "offers_offer"."languages", "offers_offer"."languages_from", "offers_offer"."languages_to",
       "offers_offer"."slots", "offers_offer"."source", "offers_offer"."external_key", "offers_offer"."entered_by_id",
       "offers_offer"."revision", "offers_offer"."scan_due_at", "offers_offer"."created_at", "offers_offer"."changed_at",
       "offers_offer"."owner_id", "offers_offer"."category", "offers_offer"."address", "offers_offer"."capacity",
       "offers_offer"."share_with_linked", "offers_offer"."state", "offers_offer"."confirmed_at", "offers_offer"."reminded_at",
       "offers_offer"."shared_home", "offers_offer"."accepts", "offers_offer"."step_free", "offers_offer"."pets_accepted",
       "offers_offer"."smoking", "offers_offer"."longest_stay_days", "offers_offer"."notice_days",
       "offers_offer"."nearest_stop", "offers_offer"."rent", "offers_offer"."dwelling_state", "offers_offer"."vetted_at",
       "offers_offer"."vetted_by_id", "offers_offer"."condition", "offers_offer"."best_before", "offers_offer"."hand_over",
       "offers_offer"."remote", "offers_offer"."diploma", "offers_offer"."first_day", "offers_offer"."last_day",
       "offers_offer"."days", "offers_offer"."packed", "cities_commune"."insee", "cities_commune"."name",
       "cities_commune"."postcodes", "cities_commune"."population", "cities_commune"."department_code",
       "cities_commune"."department_name", "cities_commune"."region_name", "cities_commune"."is_overseas", "cities_commune"."epci_code",
       "cities_commune"."epci_name", "cities_commune"."latitude", "cities_commune"."longitude", "cities_commune"."name_key",
       "cities_commune"."search", T7."id", T7."password", T7."last_login", T7."is_superuser", T7."email", T7."phone", T7."name",
       T7."language", T7."is_active", T7."is_staff", T7."created_at", T7."anonymised_at"
FROM "matching_match"
INNER JOIN "cities_city" ON ("matching_match"."city_id" = "cities_city"."id")
INNER JOIN "needs_need" ON ("matching_match"."need_id" = "needs_need"."id")
LEFT OUTER JOIN "accounts_organisation" ON ("needs_need"."organisation_id" = "accounts_organisation"."id")
LEFT OUTER JOIN "accounts_user" ON ("needs_need"."person_id" = "accounts_user"."id")
INNER JOIN "offers_offer" ON ("matching_match"."offer_id" = "offers_offer"."id")
INNER JOIN "accounts_user" T7 ON ("offers_offer"."owner_id" = T7."id")
INNER JOIN "cities_commune" ON ("offers_offer"."commune_id" = "cities_commune"."insee")
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
       AND NOT ("matching_match"."state" IN (%s, …)))
ORDER BY "matching_match"."changed_at" DESC, "matching_match"."id" DESC;

SELECT "offers_offer"."id", "offers_offer"."reference", "offers_offer"."city_id", "offers_offer"."kind",
       "offers_offer"."title", "offers_offer"."text", "offers_offer"."commune_id", "offers_offer"."latitude",
       "offers_offer"."longitude", "offers_offer"."band", "offers_offer"."reach_km", "offers_offer"."reach_class",
       "offers_offer"."languages", "offers_offer"."languages_from", "offers_offer"."languages_to", "offers_offer"."slots",
       "offers_offer"."source", "offers_offer"."external_key", "offers_offer"."entered_by_id", "offers_offer"."revision",
       "offers_offer"."scan_due_at", "offers_offer"."created_at", "offers_offer"."changed_at", "offers_offer"."owner_id",
       "offers_offer"."category", "offers_offer"."address", "offers_offer"."capacity", "offers_offer"."share_with_linked",
       "offers_offer"."state", "offers_offer"."confirmed_at", "offers_offer"."reminded_at", "offers_offer"."shared_home",
       "offers_offer"."accepts", "offers_offer"."step_free", "offers_offer"."pets_accepted", "offers_offer"."smoking",
       "offers_offer"."longest_stay_days", "offers_offer"."notice_days", "offers_offer"."nearest_stop", "offers_offer"."rent",
       "offers_offer"."dwelling_state", "offers_offer"."vetted_at", "offers_offer"."vetted_by_id", "offers_offer"."condition",
       "offers_offer"."best_before", "offers_offer"."hand_over", "offers_offer"."remote", "offers_offer"."diploma",
       "offers_offer"."first_day", "offers_offer"."last_day", "offers_offer"."days", "offers_offer"."packed",
       "cities_commune"."insee", "cities_commune"."name", "cities_commune"."postcodes", "cities_commune"."population",
       "cities_commune"."department_code", "cities_commune"."department_name", "cities_commune"."region_name",
       "cities_commune"."is_overseas", "cities_commune"."epci_code", "cities_commune"."epci_name", "cities_commune"."latitude",
       "cities_commune"."longitude", "cities_commune"."name_key", "cities_commune"."search"
FROM "offers_offer"
INNER JOIN "cities_commune" ON ("offers_offer"."commune_id" = "cities_commune"."insee")
WHERE ("offers_offer"."state" = %s
       AND "offers_offer"."id" IN (%s, …))
ORDER BY "offers_offer"."created_at" DESC, "offers_offer"."id" DESC;

SELECT "matching_match"."id", "matching_match"."city_id", "matching_match"."need_id", "matching_match"."offer_id",
       "matching_match"."state", "matching_match"."rank", "matching_match"."score", "matching_match"."part_values",
       "matching_match"."weight_values", "matching_match"."facts", "matching_match"."algorithm", "matching_match"."distance_km",
       "matching_match"."first_day", "matching_match"."last_day", "matching_match"."quantity", "matching_match"."need_revision",
       "matching_match"."offer_revision", "matching_match"."answer_by", "matching_match"."asked_at", "matching_match"."ended_on",
       "matching_match"."created_at", "matching_match"."changed_at", "cities_city"."id", "cities_city"."slug", "cities_city"."name",
       "cities_city"."locative", "cities_city"."seat_id", "cities_city"."epci_code", "cities_city"."is_open",
       "cities_city"."phone", "cities_city"."phone_hours", "cities_city"."email", "cities_city"."timezone",
       "cities_city"."brand_colour", "cities_city"."accent_colour", "cities_city"."remind_after_days",
       "cities_city"."expire_after_days", "cities_city"."answer_hours_tonight", "cities_city"."answer_hours_this_week",
       "cities_city"."answer_hours_planned", "cities_city"."follow_up_after_days", "cities_city"."asks_citizen_for",
       "cities_city"."asks_association_for", "cities_city"."weights", "cities_city"."created_at", "needs_need"."id",
       "needs_need"."reference", "needs_need"."city_id", "needs_need"."kind", "needs_need"."title", "needs_need"."text",
       "needs_need"."commune_id", "needs_need"."latitude", "needs_need"."longitude", "needs_need"."band", "needs_need"."reach_km",
       "needs_need"."reach_class", "needs_need"."languages", "needs_need"."languages_from", "needs_need"."languages_to",
       "needs_need"."slots", "needs_need"."source", "needs_need"."external_key", "needs_need"."entered_by_id",
       "needs_need"."revision", "needs_need"."scan_due_at", "needs_need"."created_at", "needs_need"."changed_at",
       "needs_need"."organisation_id", "needs_need"."person_id", "needs_need"."category", "needs_need"."first_day",
       "needs_need"."last_day", "needs_need"."min_days", "needs_need"."quantity", "needs_need"."part_useful",
       "needs_need"."people", "needs_need"."urgency", "needs_need"."urgency_rank", "needs_need"."case_reference",
       "needs_need"."state", "needs_need"."adult_women", "needs_need"."adult_men", "needs_need"."children_under_3",
       "needs_need"."children_3_to_11", "needs_need"."children_12_to_17", "needs_need"."lone_minor", "needs_need"."couple",
       "needs_need"."step_free_needed", "needs_need"."pets", "needs_need"."smoke_free_needed", "needs_need"."rent_up_to",
       "needs_need"."rent_payer", "needs_need"."shared_home_ok", "needs_need"."forms", "needs_need"."social_worker",
       "needs_need"."remote_ok", "offers_offer"."id", "offers_offer"."reference", "offers_offer"."city_id",
       "offers_offer"."kind", "offers_offer"."title", "offers_offer"."text", "offers_offer"."commune_id",
       "offers_offer"."latitude", "offers_offer"."longitude", "offers_offer"."band", "offers_offer"."reach_km",
       "offers_offer"."reach_class", "offers_offer"."languages", "offers_offer"."languages_from", "offers_offer"."languages_to",
       "offers_offer"."slots", "offers_offer"."source", "offers_offer"."external_key", "offers_offer"."entered_by_id",
       "offers_offer"."revision", "offers_offer"."scan_due_at", "offers_offer"."created_at", "offers_offer"."changed_at",
       "offers_offer"."owner_id", "offers_offer"."category", "offers_offer"."address", "offers_offer"."capacity",
       "offers_offer"."share_with_linked", "offers_offer"."state", "offers_offer"."confirmed_at", "offers_offer"."reminded_at",
       "offers_offer"."shared_home", "offers_offer"."accepts", "offers_offer"."step_free", "offers_offer"."pets_accepted",
       "offers_offer"."smoking", "offers_offer"."longest_stay_days", "offers_offer"."notice_days",
       "offers_offer"."nearest_stop", "offers_offer"."rent", "offers_offer"."dwelling_state", "offers_offer"."vetted_at",
       "offers_offer"."vetted_by_id", "offers_offer"."condition", "offers_offer"."best_before", "offers_offer"."hand_over",
       "offers_offer"."remote", "offers_offer"."diploma", "offers_offer"."first_day", "offers_offer"."last_day",
       "offers_offer"."days", "offers_offer"."packed", T8."id", T8."slug", T8."name", T8."locative", T8."seat_id",
       T8."epci_code", T8."is_open", T8."phone", T8."phone_hours", T8."email", T8."timezone", T8."brand_colour",
       T8."accent_colour", T8."remind_after_days", T8."expire_after_days", T8."answer_hours_tonight",
       T8."answer_hours_this_week", T8."answer_hours_planned", T8."follow_up_after_days", T8."asks_citizen_for",
       T8."asks_association_for", T8."weights", T8."created_at", "cities_commune"."insee", "cities_commune"."name",
       "cities_commune"."postcodes", "cities_commune"."population", "cities_commune"."department_code",
       "cities_commune"."department_name", "cities_commune"."region_name", "cities_commune"."is_overseas", "cities_commune"."epci_code",
       "cities_commune"."epci_name", "cities_commune"."latitude", "cities_commune"."longitude", "cities_commune"."name_key",
       "cities_commune"."search"
FROM "matching_match"
INNER JOIN "cities_city" ON ("matching_match"."city_id" = "cities_city"."id")
INNER JOIN "needs_need" ON ("matching_match"."need_id" = "needs_need"."id")
INNER JOIN "offers_offer" ON ("matching_match"."offer_id" = "offers_offer"."id")
INNER JOIN "cities_city" T8 ON ("offers_offer"."city_id" = T8."id")
INNER JOIN "cities_commune" ON ("offers_offer"."commune_id" = "cities_commune"."insee")
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
       AND "matching_match"."state" = %s
       AND "matching_match"."need_id" = %s)
ORDER BY "matching_match"."rank" ASC, "matching_match"."id" ASC;

SELECT "offers_window"."id", "offers_window"."offer_id", "offers_window"."first_day", "offers_window"."last_day"
FROM "offers_window"
WHERE "offers_window"."offer_id" IN (%s, …)
ORDER BY "offers_window"."first_day" ASC;

SELECT "matching_hold"."id", "matching_hold"."match_id", "matching_hold"."offer_id", "matching_hold"."need_id",
       "matching_hold"."quantity", "matching_hold"."first_day", "matching_hold"."last_day", "matching_hold"."released"
FROM "matching_hold"
WHERE ("matching_hold"."offer_id" IN (%s, …)
       OR "matching_hold"."need_id" IN (%s));

SELECT "needs_neededit"."id", "needs_neededit"."what", "needs_neededit"."by_id", "needs_neededit"."at",
       "needs_neededit"."need_id", "accounts_user"."id", "accounts_user"."password", "accounts_user"."last_login",
       "accounts_user"."is_superuser", "accounts_user"."email", "accounts_user"."phone", "accounts_user"."name",
       "accounts_user"."language", "accounts_user"."is_active", "accounts_user"."is_staff", "accounts_user"."created_at",
       "accounts_user"."anonymised_at"
FROM "needs_neededit"
LEFT OUTER JOIN "accounts_user" ON ("needs_neededit"."by_id" = "accounts_user"."id")
WHERE "needs_neededit"."need_id" = %s
ORDER BY "needs_neededit"."at" ASC, "needs_neededit"."id" ASC;

SELECT "needs_need"."id", "needs_need"."reference", "needs_need"."city_id", "needs_need"."kind", "needs_need"."title",
       "needs_need"."text", "needs_need"."commune_id", "needs_need"."latitude", "needs_need"."longitude",
       "needs_need"."band", "needs_need"."reach_km", "needs_need"."reach_class", "needs_need"."languages",
       "needs_need"."languages_from", "needs_need"."languages_to", "needs_need"."slots", "needs_need"."source",
       "needs_need"."external_key", "needs_need"."entered_by_id", "needs_need"."revision", "needs_need"."scan_due_at",
       "needs_need"."created_at", "needs_need"."changed_at", "needs_need"."organisation_id", "needs_need"."person_id",
       "needs_need"."category", "needs_need"."first_day", "needs_need"."last_day", "needs_need"."min_days",
       "needs_need"."quantity", "needs_need"."part_useful", "needs_need"."people", "needs_need"."urgency",
       "needs_need"."urgency_rank", "needs_need"."case_reference", "needs_need"."state", "needs_need"."adult_women",
       "needs_need"."adult_men", "needs_need"."children_under_3", "needs_need"."children_3_to_11",
       "needs_need"."children_12_to_17", "needs_need"."lone_minor", "needs_need"."couple", "needs_need"."step_free_needed",
       "needs_need"."pets", "needs_need"."smoke_free_needed", "needs_need"."rent_up_to", "needs_need"."rent_payer",
       "needs_need"."shared_home_ok", "needs_need"."forms", "needs_need"."social_worker", "needs_need"."remote_ok",
       EXISTS
  (SELECT %s AS "a"
   FROM "matching_match" U0
   WHERE (U0."need_id" = ("needs_need"."id")
          AND U0."state" IN (%s, …))
   LIMIT 1) AS "pending",
       COALESCE(
                  (SELECT COUNT(*) AS "n"
                   FROM "matching_match" U0
                   WHERE (U0."need_id" = ("needs_need"."id")
                          AND U0."state" = %s)
                   GROUP BY U0."need_id"), %s) AS "suggestions",
       COALESCE(
                  (SELECT SUM(U0."quantity") AS "n"
                   FROM "matching_hold" U0
                   WHERE (U0."need_id" = ("needs_need"."id")
                          AND NOT U0."released")
                   GROUP BY U0."need_id"), %s) AS "promised",

  (SELECT MIN(U0."answer_by") AS "by"
   FROM "matching_match" U0
   WHERE (U0."need_id" = ("needs_need"."id")
          AND U0."state" = %s)
   GROUP BY U0."need_id") AS "answer_by", "cities_city"."id", "cities_city"."slug", "cities_city"."name", "cities_city"."locative",
       "cities_city"."seat_id", "cities_city"."epci_code", "cities_city"."is_open", "cities_city"."phone",
       "cities_city"."phone_hours", "cities_city"."email", "cities_city"."timezone", "cities_city"."brand_colour",
       "cities_city"."accent_colour", "cities_city"."remind_after_days", "cities_city"."expire_after_days",
       "cities_city"."answer_hours_tonight", "cities_city"."answer_hours_this_week", "cities_city"."answer_hours_planned",
       "cities_city"."follow_up_after_days", "cities_city"."asks_citizen_for", "cities_city"."asks_association_for",
       "cities_city"."weights", "cities_city"."created_at", "cities_commune"."insee", "cities_commune"."name",
       "cities_commune"."postcodes", "cities_commune"."population", "cities_commune"."department_code",
       "cities_commune"."department_name", "cities_commune"."region_name", "cities_commune"."is_overseas", "cities_commune"."epci_code",
       "cities_commune"."epci_name", "cities_commune"."latitude", "cities_commune"."longitude", "cities_commune"."name_key",
       "cities_commune"."search", "accounts_organisation"."id", "accounts_organisation"."city_id",
       "accounts_organisation"."name", "accounts_organisation"."rna", "accounts_organisation"."siret",
       "accounts_organisation"."email", "accounts_organisation"."phone", "accounts_organisation"."about",
       "accounts_organisation"."state", "accounts_organisation"."verified_at", "accounts_organisation"."verified_by_id",
       "accounts_organisation"."created_at"
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
       AND "needs_need"."state" IN (%s, …)
       AND ("needs_need"."organisation_id" IS NULL
            OR "accounts_organisation"."state" = %s)
       AND "needs_need"."city_id" = %s)
ORDER BY 53 ASC, "needs_need"."urgency_rank" ASC, "needs_need"."created_at" ASC, "needs_need"."id" ASC
LIMIT 3;

"""What is written, in rows that the database writes itself (docs/adr/0028).

`audit()` is the one function of all triggers; which tables have one is `config/audit.py`'s to say, whose triggers
`manage.py migrate` makes. What was kept until today, in tables beside the services, is noted as well.
"""

import django.db.models.deletion  # noqa: F401
from django.db import migrations, models

# SECURITY DEFINER: whoever may write the table need not be allowed to write its notes. It looks nowhere that a session
# can put a table of its own: pg_temp, unless it is named last, comes first.
AUDIT = """
CREATE FUNCTION audit_followed(path text, item jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
-- "match_id>matching_match.need_id>needs_need.reference": the column of the row, then of the row that it leads to.
DECLARE
    steps text[] := string_to_array(path, '>');
    step text;
    value text := item ->> steps[1];
BEGIN
    FOREACH step IN ARRAY steps[2:] LOOP
        EXIT WHEN value IS NULL;
        EXECUTE format('SELECT %I::text FROM %I WHERE id = $1', split_part(step, '.', 2), split_part(step, '.', 1))
            INTO value USING value::bigint;
    END LOOP;
    RETURN value;
END $$;

CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
-- Of the row: paths to its town, to whom it is about, to its reference, to who did it; columns that are not watched;
-- columns whose values may be kept.
DECLARE
    unwatched text[] := TG_ARGV[4];
    kept text[] := TG_ARGV[5];
    was jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) - unwatched END;
    made jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) - unwatched END;
    item jsonb := CASE WHEN TG_OP = 'DELETE' THEN was ELSE made END;
    what jsonb;
BEGIN
    IF was = made THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        SELECT jsonb_object_agg(key, CASE WHEN key = ANY (kept) THEN jsonb_build_array(value, made -> key)
                                          ELSE '[null, null]' END)
            INTO what FROM jsonb_each(was)
            WHERE value IS DISTINCT FROM made -> key AND (TG_OP = 'UPDATE' OR key = ANY (kept));
    ELSIF jsonb_typeof(made -> 'what') = 'object' THEN
        SELECT jsonb_object_agg(key, '[null, null]'::jsonb) INTO what FROM jsonb_object_keys(made -> 'what') AS key;
    ELSIF TG_ARGV[3] <> '' AND made ?| '{to_state,state}' THEN
        what := jsonb_build_object(
            'state', jsonb_build_array(made -> 'from_state', coalesce(made -> 'to_state', made -> 'state'))
        );
    END IF;
    INSERT INTO town_auditrow
        ("at", "transaction", "table", "key", "act", "what", "actor", "city", "about", "reference", "role")
    VALUES (
        transaction_timestamp(),
        pg_current_xact_id()::text::bigint,
        TG_TABLE_NAME,
        (item ->> 'id')::bigint,
        lower(TG_OP),
        coalesce(what, '{}'),
        coalesce(audit_followed(TG_ARGV[3], item), nullif(current_setting('accorde.actor', true), ''))::bigint,
        coalesce(audit_followed(TG_ARGV[0], item), nullif(current_setting('accorde.town', true), ''))::bigint,
        audit_followed(TG_ARGV[1], item)::bigint,
        left(coalesce(audit_followed(TG_ARGV[2], item), ''), 200),
        session_user
    );
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION audit() FROM PUBLIC;

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON town_auditrow
    FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON town_auditrow
    FOR EACH STATEMENT EXECUTE FUNCTION written_once();
"""

NO_AUDIT = """
DROP TRIGGER written_once ON town_auditrow;
DROP TRIGGER written_once_whole ON town_auditrow;
DROP FUNCTION audit() CASCADE;
DROP FUNCTION audit_followed(text, jsonb);
"""

# What services kept beside their writes: its table, when, by whom, and the three paths.
HISTORIES = [
    ("accounts_contactreading", "read_at", "reader_id", "city_id", "subject_id", "reference"),
    ("accounts_organisationreview", "at", "by_id", "organisation_id>accounts_organisation.city_id", "", "organisation_id>accounts_organisation.name"),
    ("accounts_personedit", "at", "by_id", "", "person_id", ""),
    ("accounts_rolechange", "at", "by_id", "city_id", "person_id", ""),
    ("accounts_organisationedit", "at", "by_id", "organisation_id>accounts_organisation.city_id", "", "organisation_id>accounts_organisation.name"),
    ("accounts_membershipchange", "at", "by_id", "organisation_id>accounts_organisation.city_id", "person_id", "organisation_id>accounts_organisation.name"),
    ("accounts_cityedit", "at", "by_id", "city_id", "", ""),
    ("notifications_preferenceedit", "at", "by_id", "", "preference_id>notifications_preference.person_id", ""),
    ("wording_wordingedit", "at", "by_id", "wording_id>wording_wording.city_id", "", "wording_id>wording_wording.name"),
    ("team_roomchange", "at", "by_id", "city_id", "", ""),
    ("webhooks_endpointedit", "at", "by_id", "endpoint_id>webhooks_endpoint.city_id", "", ""),
    ("oncall_shiftchange", "at", "by_id", "shift_id>oncall_shift.city_id", "shift_id>oncall_shift.person_id", ""),
    ("offers_offerchange", "at", "by_id", "offer_id>offers_offer.city_id", "offer_id>offers_offer.owner_id", "offer_id>offers_offer.reference"),
    ("offers_offeredit", "at", "by_id", "offer_id>offers_offer.city_id", "offer_id>offers_offer.owner_id", "offer_id>offers_offer.reference"),
    ("needs_needchange", "at", "by_id", "need_id>needs_need.city_id", "need_id>needs_need.person_id", "need_id>needs_need.reference"),
    ("needs_neededit", "at", "by_id", "need_id>needs_need.city_id", "need_id>needs_need.person_id", "need_id>needs_need.reference"),
    ("homes_visitchange", "at", "by_id", "visit_id>homes_visit.offer_id>offers_offer.city_id", "visit_id>homes_visit.offer_id>offers_offer.owner_id", "visit_id>homes_visit.offer_id>offers_offer.reference"),
    ("homes_checklistchange", "at", "by_id", "checklist_id>homes_checklist.city_id", "", ""),
    ("homes_dwellingchange", "at", "by_id", "dwelling_id>homes_dwelling.city_id", "", ""),
    ("matching_decision", "at", "by_id", "match_id>matching_match.city_id", "match_id>matching_match.offer_id>offers_offer.owner_id", "match_id>matching_match.need_id>needs_need.reference"),
    ("matching_weightschange", "at", "by_id", "city_id", "", ""),
    ("stays_sponsorshipedit", "at", "by_id", "sponsorship_id>stays_sponsorship.match_id>matching_match.city_id", "sponsorship_id>stays_sponsorship.sponsor_id", "sponsorship_id>stays_sponsorship.need_id>needs_need.reference"),
    ("outreach_issueedit", "at", "by_id", "issue_id>outreach_issue.city_id", "", ""),
    ("appeals_appealedit", "at", "by_id", "appeal_id>appeals_appeal.city_id", "", ""),
]
NOTE = """
INSERT INTO town_auditrow
    ("at", "transaction", "table", "key", "act", "what", "actor", "city", "about", "reference", "role")
SELECT
    {at}, NULL, '{table}', id, 'insert',
    coalesce(
        CASE WHEN jsonb_typeof(item -> 'what') = 'object'
             THEN (SELECT jsonb_object_agg(key, '[null, null]'::jsonb) FROM jsonb_object_keys(item -> 'what') AS key)
             WHEN item ?| '{{to_state,state}}'
             THEN jsonb_build_object(
                'state', jsonb_build_array(item -> 'from_state', coalesce(item -> 'to_state', item -> 'state'))
             ) END,
        '{{}}'
    ),
    audit_followed({by}, item)::bigint,
    audit_followed('{city}', item)::bigint,
    audit_followed('{about}', item)::bigint,
    left(coalesce(audit_followed('{reference}', item), ''), 200),
    session_user
FROM (SELECT *, to_jsonb(history) AS item FROM {table} AS history) AS rows
ORDER BY {at}, id;
"""
# Whom an offer was suspended by is who has reported something: nobody is to read that here.
BY = {"offers_offerchange": "CASE WHEN item ->> 'act' <> 'freeze' THEN 'by_id' ELSE '' END"}


def note(table, at, by, city, about, reference):
    by = BY.get(table, f"'{by}'")
    return NOTE.format(table=table, at=at, by=by, city=city, about=about, reference=reference)


# Each as it is where these tables were last changed.
DEPENDENCIES = [
    ("accounts", "0008_readings_are_final"),
    ("cities", "0008_visit_valid_months"),
    ("followups", "0002_check_ins"),
    ("homes", "0002_known_visits"),
    ("matching", "0023_stays"),
    ("needs", "0010_search"),
    ("notifications", "0014_bounces_of_a_provider"),
    ("offers", "0010_search"),
    ("oncall", "0001_initial"),
    ("outreach", "0001_initial"),
    ("appeals", "0001_appeals"),
    ("stays", "0001_sponsorship"),
    ("team", "0001_rooms"),
    ("town", "0002_doubles"),
    ("webhooks", "0001_endpoints"),
    ("wording", "0001_initial"),
]


class Migration(migrations.Migration):
    dependencies = DEPENDENCIES

    operations = [
        migrations.CreateModel(
            name='AuditRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('transaction', models.BigIntegerField(null=True)),
                ('table', models.CharField(max_length=63)),
                ('key', models.BigIntegerField()),
                ('act', models.CharField(choices=[('insert', 'ajout'), ('update', 'modification'), ('delete', 'suppression')], max_length=6)),
                ('what', models.JSONField(default=dict)),
                ('actor', models.BigIntegerField(null=True)),
                ('city', models.BigIntegerField(null=True)),
                ('about', models.BigIntegerField(null=True)),
                ('reference', models.CharField(blank=True, max_length=200)),
                ('role', models.CharField(max_length=63)),
            ],
            options={
                'verbose_name': 'trace',
                'verbose_name_plural': 'traces',
                'indexes': [models.Index(fields=['city', '-at', '-id'], name='audit_of_town'), models.Index(condition=models.Q(('city', None)), fields=['-at', '-id'], name='audit_of_no_town'), models.Index(condition=models.Q(('about__isnull', False)), fields=['about', '-at', '-id'], name='audit_about'), models.Index(condition=models.Q(('actor__isnull', False)), fields=['actor', '-at', '-id'], name='audit_by'), models.Index(condition=models.Q(('reference', ''), _negated=True), fields=['reference', '-at', '-id'], name='audit_reference')],
            },
        ),
        migrations.RunSQL(AUDIT, NO_AUDIT),
        *(
            migrations.RunSQL(note(*history), migrations.RunSQL.noop)
            for history in HISTORIES
        ),
    ]

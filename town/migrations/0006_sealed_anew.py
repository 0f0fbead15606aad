"""What is sealed may be sealed anew with another key, also where rows are written once, and is no write of anybody's."""

from django.db import migrations

# Whether all that differs between two states of a row is how it is sealed, while keys are rotated (sealing/rotation.py).
SEALED_ANEW = """
CREATE FUNCTION sealed_anew(was jsonb, made jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    name text;
    old jsonb;
    new jsonb;
BEGIN
    IF coalesce(current_setting('accorde.rotating', true), '') <> 'yes' THEN
        RETURN false;
    END IF;
    FOR name, old, new IN
        SELECT key, before.value, after.value
        FROM jsonb_each(was) AS before FULL JOIN jsonb_each(made) AS after USING (key)
        WHERE before.value IS DISTINCT FROM after.value
    LOOP
        IF jsonb_typeof(old) = 'object' AND jsonb_typeof(new) = 'object' AND sealed_anew(old, new)
            OR jsonb_typeof(old) = 'string' AND jsonb_typeof(new) = 'string'
                AND starts_with(old #>> '{}', 'enc1:') AND starts_with(new #>> '{}', 'enc1:')
        THEN
            CONTINUE;
        END IF;
        RETURN false;
    END LOOP;
    RETURN true;
END $$;
"""
NO_SEALED_ANEW = "DROP FUNCTION sealed_anew(jsonb, jsonb);"

# Before all that these say otherwise; whatever else has been made of them since they were made stays.
GUARDS = {
    "field_change_is_final": "NEW",
    "matching_decision_is_final": "NEW",
    "followups_incident_change_is_final": "NEW",
    "audit": "NULL",
}
CLAUSE = """    IF TG_OP = 'UPDATE' AND sealed_anew(to_jsonb(OLD), to_jsonb(NEW)) THEN
        RETURN {returned};
    END IF;
"""


def let_it(apps, schema_editor):
    rewrite(schema_editor, lambda sql, clause: sql.replace("\nBEGIN\n", f"\nBEGIN\n{clause}", 1))


def let_it_no_more(apps, schema_editor):
    rewrite(schema_editor, lambda sql, clause: sql.replace(clause, "", 1))


def rewrite(schema_editor, written):
    with schema_editor.connection.cursor() as cursor:
        for function, returned in GUARDS.items():
            cursor.execute("SELECT pg_get_functiondef(to_regproc(%s))", [function])
            [sql] = cursor.fetchone()
            cursor.execute(written(sql, CLAUSE.format(returned=returned)))


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0002_eraser"),  # writes these functions anew
        ("matching", "0025_asked_within_quantity"),
        ("followups", "0003_confidential"),
        ("town", "0005_official_requests"),
    ]
    operations = [
        migrations.RunSQL(SEALED_ANEW, NO_SEALED_ANEW),
        migrations.RunPython(let_it, let_it_no_more),
    ]

"""What is sealed is sealed anew by the login that owns the tables, and by no other one.

Any login could say that it rotates keys. Whoever owns the tables can take the triggers away as well, so nothing is
opened to it; the site of a town signs in as somebody else (deploy/roles.sql).
"""

from django.db import migrations

OWNERS_ALONE = """CREATE OR REPLACE FUNCTION sealed_anew(was jsonb, made jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
DECLARE
    name text;
    old jsonb;
    new jsonb;
BEGIN
    IF coalesce(current_setting('accorde.rotating', true), '') <> 'yes' OR NOT EXISTS (
        SELECT FROM pg_proc WHERE oid = 'sealed_anew(jsonb, jsonb)'::regprocedure
        AND pg_get_userbyid(proowner) = current_user
    ) THEN
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
ANYBODY = """CREATE OR REPLACE FUNCTION sealed_anew(was jsonb, made jsonb) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
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


class Migration(migrations.Migration):
    dependencies = [("town", "0006_sealed_anew")]
    operations = [migrations.RunSQL(OWNERS_ALONE, ANYBODY)]

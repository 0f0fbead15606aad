"""That somebody read a contact is never changed, and deleted by an erasure alone, which says so in its transaction."""

from django.db import migrations

# For tables that are written once. The door is for what the law asks to be erased, and is asked for by name.
FINAL = """
CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' AND current_setting('accorde.erasing', true) = 'yes' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'what % holds is written once', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'written_once';
END $$;

CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON accounts_contactreading
    FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER written_once_whole BEFORE TRUNCATE ON accounts_contactreading
    FOR EACH STATEMENT EXECUTE FUNCTION written_once();
"""

NOT_FINAL = """
DROP TRIGGER written_once ON accounts_contactreading;
DROP TRIGGER written_once_whole ON accounts_contactreading;
DROP FUNCTION written_once();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_readings_of_dwellings")]
    operations = [migrations.RunSQL(FINAL, NOT_FINAL)]

"""The history of a town's weights is never edited: the guard of decisions keeps it too."""

from django.db import migrations

GUARD = """
CREATE TRIGGER matching_weights_change_is_final BEFORE UPDATE OR DELETE ON matching_weightschange
    FOR EACH ROW EXECUTE FUNCTION matching_decision_is_final();
"""

NO_GUARD = "DROP TRIGGER matching_weights_change_is_final ON matching_weightschange;"


class Migration(migrations.Migration):
    dependencies = [("matching", "0004_country")]
    operations = [migrations.RunSQL(GUARD, NO_GUARD)]

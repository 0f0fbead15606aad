"""Of what is confirmed, `confirm_by` says until when somebody is waited for who says that it still holds."""

from django.db import migrations, models

# What stands there is the deadline of a yes that was confirmed long ago; those to come are asked about from now on.
ASK = """
UPDATE matching_match SET confirm_by = NULL WHERE state = 'confirmed';
UPDATE matching_match m SET remind_at = (m.first_day - 3 + time '10:00') AT TIME ZONE c.timezone
FROM needs_need n, cities_city c
WHERE n.id = m.need_id AND c.id = m.city_id AND m.state = 'confirmed' AND n.kind = 'housing'
  AND m.first_day >= (m.changed_at AT TIME ZONE c.timezone)::date + 7
  AND m.first_day > (now() AT TIME ZONE c.timezone)::date
"""


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0017_agreements'),
        ('needs', '0001_initial'),
        ('cities', '0001_initial'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='match',
            name='match_confirm_due',
        ),
        migrations.AddIndex(
            model_name='match',
            index=models.Index(condition=models.Q(('state__in', ['accepted', 'confirmed'])), fields=['confirm_by'], name='match_confirm_due'),
        ),
        migrations.RunSQL(ASK, migrations.RunSQL.noop),
    ]

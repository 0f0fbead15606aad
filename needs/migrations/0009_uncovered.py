"""The first day that is not covered says how urgent a need is that lasts and is given some of its days."""

from django.db import migrations, models

# The scan of a need writes it down.
COUNT = """
UPDATE needs_need SET scan_due_at = coalesce(scan_due_at, now())
WHERE given_days > 0 AND state IN ('open', 'partly_met')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('needs', '0008_items'),
    ]

    operations = [
        migrations.AddField(
            model_name='need',
            name='uncovered_from',
            field=models.DateField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]

"""What a need's list goes by is no longer the score alone, and what counts in the score is another: all is looked at
again. Until then the lowest place of a list is not known, and every offer that is possible has its need looked at.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0013_linked_towns'),
        ('needs', '0005_limits'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='scan',
            name='lowest_score',
        ),
        migrations.AddField(
            model_name='scan',
            name='lowest_standing',
            field=models.IntegerField(help_text='rang de la dernière piste gardée', null=True),
        ),
        migrations.RunSQL(
            "UPDATE needs_need SET scan_due_at = coalesce(scan_due_at, now()) WHERE state IN ('open', 'partly_met')",
            migrations.RunSQL.noop,
        ),
    ]

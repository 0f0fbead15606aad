"""How often a skill is needed: each week, as all were until now, or once."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('needs', '0006_progress'),
    ]

    operations = [
        migrations.AddField(
            model_name='need',
            name='rhythm',
            field=models.CharField(blank=True, choices=[('weekly', 'chaque semaine'), ('once', 'une seule fois')], max_length=6, verbose_name='Rythme'),
        ),
        migrations.RunSQL(
            "UPDATE needs_need SET rhythm = 'weekly' WHERE kind = 'skill'", migrations.RunSQL.noop
        ),
        migrations.AddConstraint(
            model_name='need',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'skill'), ('rhythm__in', ['weekly', 'once'])), models.Q(models.Q(('kind', 'skill'), _negated=True), ('rhythm', '')), _connector='OR'), name='need_rhythm_of_skill', violation_error_message='Dites si c’est une seule fois, ou chaque semaine.'),
        ),
    ]

from django.db import migrations, models

# What was opened before keeps the points that it was shown beside: those before it was applied, else those of now.
BEFORE = """
UPDATE voice_proposal AS proposal SET weights_before = COALESCE(
    (SELECT change.before FROM matching_weightschange AS change
     WHERE change.city_id = proposal.city_id AND proposal.applied_at IS NOT NULL
     AND change.opinion = proposal.opinion_year || '-' || proposal.opinion_number
     ORDER BY change.id DESC LIMIT 1),
    (SELECT city.weights FROM cities_city AS city WHERE city.id = proposal.city_id)
) WHERE proposal.weights IS NOT NULL AND proposal.opened_at IS NOT NULL;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0030_weights_opinion'),
        ('voice', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='proposal',
            name='weights_before',
            field=models.JSONField(blank=True, null=True, verbose_name='points à l’ouverture'),
        ),
        migrations.AddField(
            model_name='proposal',
            name='drop_texts',
            field=models.JSONField(blank=True, default=dict, verbose_name='pourquoi la ville y renonce'),
        ),
        migrations.AlterField(
            model_name='remark',
            name='form_key',
            field=models.CharField(max_length=40, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name='comment',
            name='form_key',
            field=models.CharField(max_length=40, null=True, unique=True),
        ),
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
    ]

"""Goods name an item of the catalogue and its size; the engine reads both, and until when food is good, in the value
that is packed for it (docs/adr/0007). What stands already is named after the migration, by `manage.py name_items`.
"""

import django.contrib.postgres.fields
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('offers', '0006_limits'),
    ]

    operations = [
        migrations.AddField(
            model_name='offer',
            name='item',
            field=models.CharField(blank=True, max_length=24, verbose_name='Objet'),
        ),
        migrations.AddField(
            model_name='offer',
            name='item_words',
            field=models.CharField(blank=True, max_length=80, verbose_name='Objet, en quelques mots'),
        ),
        migrations.AddField(
            model_name='offer',
            name='size',
            field=models.CharField(blank=True, max_length=8, verbose_name='Taille'),
        ),
        migrations.AddField(
            model_name='offer',
            name='item_checked_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RemoveIndex(model_name='offer', name='offer_reading'),
        # What the database works out itself cannot be altered.
        migrations.RemoveField(model_name='offer', name='packed'),
        migrations.AddField(
            model_name='offer',
            name='packed',
            field=models.GeneratedField(db_persist=True, expression=models.Func(models.Func(models.F('id'), function='int8send'), models.Func(models.F('revision'), function='int4send'), models.Func(models.F('city'), function='int8send'), models.Func(models.F('latitude'), function='float8send'), models.Func(models.F('longitude'), function='float8send'), models.Func(models.F('reach_km'), function='float8send'), models.Func(models.F('capacity'), function='int4send'), models.Func(models.F('owner'), function='int8send'), models.Func(django.db.models.functions.comparison.Coalesce('confirmed_at', models.Value('-infinity'), output_field=models.DateTimeField()), function='timestamptz_send'), models.Func(models.F('created_at'), function='timestamptz_send'), models.Func(models.F('share_with_linked'), function='boolsend'), models.Func(models.F('shared_home'), function='boolsend'), models.Func(models.F('step_free'), function='boolsend'), models.Func(models.F('pets_accepted'), function='boolsend'), models.Func(models.F('smoking'), function='boolsend'), models.Func(models.F('notice_days'), function='int2send'), models.Func(django.db.models.functions.comparison.Coalesce('longest_stay_days', 0), function='int4send'), models.Func(django.db.models.functions.comparison.Coalesce('rent', 0), function='int4send'), models.Func(models.Func(models.F('dwelling_state'), output_field=models.BooleanField(), template="(%(expressions)s IN ('', 'ready'))"), function='boolsend'), models.Func(models.F('remote'), function='boolsend'), models.Func(models.Func(models.F('languages'), models.Value(0), function='hash_array_extended'), function='int8send'), models.Func(models.Func(models.Func('languages_from', 'languages_to', function='array_cat'), models.Value(0), function='hash_array_extended'), function='int8send'), models.Func(models.Func(models.F('accepts'), models.Value(0), function='hash_array_extended'), function='int8send'), models.Func(models.Func(models.F('slots'), models.Value(0), function='hash_array_extended'), function='int8send'), models.Func(models.Func(models.Func('item', 'size', output_field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(), size=None), template='ARRAY[%(expressions)s]'), models.Value(0), function='hash_array_extended'), function='int8send'), models.Func(django.db.models.functions.comparison.Coalesce('best_before', models.Value('infinity'), output_field=models.DateField()), function='date_send'), models.Func(django.db.models.expressions.CombinedExpression(django.db.models.functions.text.Length('days'), '/', models.Value(8)), function='int4send'), arg_joiner=' || ', template='(%(expressions)s)'), output_field=models.BinaryField()),
        ),
        migrations.AddIndex(
            model_name='offer',
            index=models.Index(condition=models.Q(('state', 'active')), fields=['category', 'reach_class', 'band', 'longitude'], include=('latitude', 'reach_km', 'city', 'share_with_linked', 'remote', 'first_day', 'last_day', 'days', 'packed'), name='offer_reading'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'goods'), models.Q(('item', ''), ('item_words', ''), ('size', '')), _connector='OR'), name='offer_item_of_goods', violation_error_message='Seuls des objets ont un objet du catalogue et une taille.'),
        ),
    ]

"""Which message a connection has begun: a table that PostgreSQL does not log (docs/adr/0053)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0015_sealed"),
    ]

    operations = [
        migrations.CreateModel(
            name="UnderWay",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("channel", models.CharField(max_length=20)),
                ("number", models.PositiveSmallIntegerField()),
                ("claimed_at", models.DateTimeField()),
                ("message_id", models.BigIntegerField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "number"), name="under_way_one_a_connection")
                ],
            },
        ),
        migrations.RunSQL(
            sql="ALTER TABLE notifications_underway SET UNLOGGED",
            reverse_sql="ALTER TABLE notifications_underway SET LOGGED",
        ),
    ]

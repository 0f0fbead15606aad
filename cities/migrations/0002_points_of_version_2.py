"""Towns that count the score with the points of the first version count it with those of the second."""

import json

from django.db import migrations

FIRST = {"proximity": 30, "dates": 25, "fit": 15, "language": 10, "freshness": 10, "courtesy": 10}
SECOND = {"proximity": 25, "dates": 20, "fit": 25, "language": 10, "freshness": 10, "courtesy": 10}
# Equal as numbers: 30 and 30.0 are the same points.
EXCHANGE = "UPDATE cities_city SET weights = %s WHERE weights = %s"


class Migration(migrations.Migration):

    dependencies = [
        ('cities', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(
            [(EXCHANGE, [json.dumps(SECOND), json.dumps(FIRST)])],
            [(EXCHANGE, [json.dumps(FIRST), json.dumps(SECOND)])],
        ),
    ]

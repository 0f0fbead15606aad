"""What is kept of people is sealed (docs/adr/0034)."""

import sealing.columns
import sealing.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("push", "0001_devices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="device",
            name="device_has_an_address",
        ),
        migrations.AlterField(
            model_name="device",
            name="auth",
            field=sealing.fields.EncryptedCharField(max_length=30),
        ),
        migrations.AlterField(
            model_name="device",
            name="endpoint",
            field=sealing.fields.FindableCharField(max_length=1000),
        ),
        migrations.AlterField(
            model_name="device",
            name="name",
            field=sealing.fields.EncryptedCharField(max_length=60),
        ),
        migrations.AlterField(
            model_name="device",
            name="p256dh",
            field=sealing.fields.EncryptedCharField(max_length=100),
        ),
        sealing.columns.seal_columns(
            "push",
            device="auth endpoint name p256dh",
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("endpoint", ""), _negated=True),
                name="device_has_an_address",
                violation_error_message="Un appareil a l’adresse d’un service de notification.",
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.UniqueConstraint(
                sealing.fields.Index("endpoint"),
                name="device_once",
                violation_error_message="Cet appareil est déjà inscrit.",
            ),
        ),
    ]

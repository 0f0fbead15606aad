"""The contact of an empty dwelling's owner, who is no user here, is read with the reference of the dwelling."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_reading_city")]

    operations = [
        migrations.RemoveConstraint(model_name="contactreading", name="contact_reading_subject"),
        migrations.AddConstraint(
            model_name="contactreading",
            constraint=models.CheckConstraint(
                condition=Q(subject__isnull=False)
                | Q(reason="export")
                | (Q(reason="dwelling") & ~Q(reference="")),
                name="contact_reading_subject",
                violation_error_message="Seul un export concerne plusieurs personnes.",
            ),
        ),
    ]

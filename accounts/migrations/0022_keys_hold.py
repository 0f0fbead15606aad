"""What holds of keys, apart from the rows that were changed just before: one transaction may not do both."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0021_keys_and_lost_factors"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=Q(scopes__contained_by=["read", "offers", "needs", "matches"]) & ~Q(scopes=[]),
                name="api_token_scopes_known",
                violation_error_message="Une clé a des droits, parmi ceux qui existent.",
            ),
        ),
        migrations.AddConstraint(
            model_name="apitoken",
            constraint=models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")),
                name="api_token_expires_after",
                violation_error_message="Une clé sert un moment.",
            ),
        ),
    ]

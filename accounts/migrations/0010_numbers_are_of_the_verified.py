from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_sessions")]

    operations = [
        operation
        for register, label in (("rna", "RNA"), ("siret", "SIRET"))
        for operation in (
            migrations.RemoveConstraint("organisation", f"organisation_{register}_unique"),
            migrations.AddConstraint(
                "organisation",
                models.UniqueConstraint(
                    fields=["city", register],
                    condition=Q(state="verified") & ~Q(**{register: ""}),
                    name=f"organisation_{register}_unique",
                    violation_error_message=f"Une association vérifiée de cette ville a déjà ce numéro {label}.",
                ),
            ),
        )
    ]

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0008_by_subject")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                fields=["recipient", "city"],
                condition=models.Q(channel="inapp", state__in=("sent", "delivered")),
                name="message_unread",
            ),
        ),
    ]

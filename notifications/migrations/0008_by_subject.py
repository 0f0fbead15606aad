from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0007_preferences_and_bounces")]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                models.Func(
                    models.F("subject_key"),
                    models.Value("^[a-z]+:[0-9]+"),
                    function="SUBSTRING",
                    output_field=models.TextField(),
                ),
                name="message_by_subject",
            ),
        ),
    ]

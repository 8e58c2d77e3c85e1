from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("access", "0002_setup_code"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="account",
            name="last_login",
        ),
    ]

import django.db.models.deletion
import zhibu.ground.guard.guarded
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tree', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='BankFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=200)),
                ('lines', models.IntegerField()),
                ('known', models.IntegerField(default=0)),
                ('faults', models.JSONField(default=list)),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('org', 'digest'), name='bank_file_once')],
            },
        ),
        migrations.CreateModel(
            name='BankLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.IntegerField()),
                ('day', models.DateField()),
                ('amount_fen', models.BigIntegerField()),
                ('payer', models.CharField(blank=True, max_length=100)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('serial', models.CharField(blank=True, max_length=60)),
                ('print', models.CharField(max_length=64)),
                ('state', models.CharField(default='open', max_length=8)),
                ('person_id', models.BigIntegerField(null=True)),
                ('payment_id', models.BigIntegerField(null=True)),
                ('why', models.CharField(blank=True, max_length=100)),
                ('decided_by', models.CharField(blank=True, max_length=60)),
                ('decided_at', models.DateTimeField(null=True)),
                ('file', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bank.bankfile')),
                ('org', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'state', 'day'], name='bank_line_state')],
                'constraints': [models.UniqueConstraint(fields=('org', 'print'), name='bank_line_once')],
            },
        ),
    ]

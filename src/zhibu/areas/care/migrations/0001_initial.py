import django.db.models.deletion
import zhibu.ground.guard.fields
import zhibu.ground.guard.guarded
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tree', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='CareRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('office_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=50)),
                ('kind', models.CharField(max_length=12)),
                ('amount_fen', models.BigIntegerField()),
                ('goods', models.CharField(blank=True, max_length=100)),
                ('source', models.CharField(max_length=12)),
                ('ground', zhibu.ground.guard.fields.SealedField(blank=True, default='', purpose='care.ground')),
                ('state', models.CharField(default='submitted', max_length=10)),
                ('made_by', models.CharField(max_length=60)),
                ('maker_id', models.BigIntegerField(null=True)),
                ('made_at', models.DateTimeField()),
                ('audited_by', models.CharField(blank=True, max_length=60)),
                ('audited_at', models.DateTimeField(null=True)),
                ('audit_note', models.CharField(blank=True, max_length=200)),
                ('decided_by', models.CharField(blank=True, max_length=60)),
                ('decided_on', models.DateField(null=True)),
                ('decision', models.CharField(blank=True, max_length=200)),
                ('document', models.CharField(blank=True, max_length=100)),
                ('paid_fen', models.BigIntegerField(null=True)),
                ('paid_on', models.DateField(null=True)),
                ('paid_document', models.CharField(blank=True, max_length=60)),
                ('paid_by', models.CharField(blank=True, max_length=60)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'state'], name='care_request_org'), models.Index(fields=['office_id', 'state'], name='care_request_office')],
            },
        ),
        migrations.CreateModel(
            name='CareProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=50)),
                ('situation', zhibu.ground.guard.fields.SealedField(blank=True, default='', purpose='care.situation')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('request', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='care.carerequest', unique=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'person_id'], name='care_proposal_org')],
            },
        ),
        migrations.CreateModel(
            name='CareCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=50)),
                ('day', models.DateField()),
                ('caller_id', models.BigIntegerField(null=True)),
                ('callers', models.CharField(max_length=100)),
                ('goods', models.CharField(blank=True, max_length=100)),
                ('feedback', zhibu.ground.guard.fields.SealedField(blank=True, default='', purpose='care.feedback')),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=60)),
                ('ended_why', models.CharField(blank=True, max_length=200)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('request', zhibu.ground.guard.guarded.SameOrgForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='care.carerequest')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'day'], name='care_call_org_day'), models.Index(fields=['person_id'], name='care_call_person')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('person_id', 'callers', 'day'), name='care_call_once')],
            },
        ),
        migrations.CreateModel(
            name='CareEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=50)),
                ('kind', models.CharField(max_length=12)),
                ('day', models.DateField()),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=60)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'day'], name='care_event_org_day')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('person_id', 'kind', 'day'), name='care_event_once')],
            },
        ),
        migrations.CreateModel(
            name='CareMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=50)),
                ('flag', models.CharField(max_length=12)),
                ('contact_id', models.BigIntegerField(null=True)),
                ('contact_name', models.CharField(blank=True, max_length=50)),
                ('from_on', models.DateField()),
                ('ended_on', models.DateField(null=True)),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'from_on'], name='care_member_org_from')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_on__isnull', True)), fields=('person_id', 'flag'), name='care_member_once')],
            },
        ),
    ]

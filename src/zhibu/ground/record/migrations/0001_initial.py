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
            name='Activity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('held_as', models.JSONField(default=list)),
                ('title', models.CharField(max_length=120)),
                ('held_on', models.DateField()),
                ('start_at', models.TimeField(null=True)),
                ('end_at', models.TimeField(null=True)),
                ('place', models.CharField(blank=True, max_length=100)),
                ('chair', models.CharField(blank=True, max_length=50)),
                ('recorder', models.CharField(blank=True, max_length=50)),
                ('contents', models.JSONField(default=list)),
                ('expected', models.JSONField(default=list)),
                ('expected_count', models.IntegerField()),
                ('present_count', models.IntegerField()),
                ('voting_count', models.IntegerField(null=True)),
                ('voting_present', models.IntegerField(null=True)),
                ('written_in', models.CharField(default='page', max_length=10)),
                ('recorded_at', models.DateTimeField()),
                ('recorded_by', models.CharField(max_length=60)),
                ('account_id', models.BigIntegerField(null=True)),
                ('correction_reason', models.CharField(blank=True, max_length=200)),
                ('batch_id', models.BigIntegerField(null=True)),
                ('corrects', zhibu.ground.guard.guarded.SameOrgForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='record.activity')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'held_on'], name='activity_org_held')],
                'constraints': [models.UniqueConstraint(fields=('corrects',), name='activity_corrected_once')],
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=50)),
                ('status', models.CharField(max_length=10)),
                ('reason', models.CharField(blank=True, max_length=100)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('activity', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='absences', to='record.activity')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'person_id'], name='absence_org_person')],
                'constraints': [models.UniqueConstraint(fields=('activity', 'person_id'), name='absence_once')],
            },
        ),
        migrations.CreateModel(
            name='ActivityKind',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('held_on', models.DateField()),
                ('held_month', models.IntegerField()),
                ('start_minute', models.SmallIntegerField(default=-1)),
                ('group_key', models.BigIntegerField(default=0)),
                ('recorded_on', models.DateField()),
                ('records', models.IntegerField(default=0)),
                ('activity', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='kinds', to='record.activity')),
                ('group', zhibu.ground.guard.guarded.SameOrgForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.partygroup')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'kind', 'held_month'], name='slot_org_kind_month')],
                'constraints': [models.UniqueConstraint(fields=('org', 'kind', 'group_key', 'held_on', 'start_minute'), name='slot_once'), models.UniqueConstraint(fields=('activity', 'kind', 'group_key'), name='slot_activity_kind')],
            },
        ),
        migrations.CreateModel(
            name='CatchUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('done_on', models.DateField()),
                ('how', models.CharField(max_length=100)),
                ('recorded_at', models.DateTimeField()),
                ('absence', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='catch_ups', to='record.absence')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('absence',), name='catch_up_once')],
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('record_type', models.CharField(max_length=20)),
                ('how', models.CharField(max_length=8)),
                ('place', models.CharField(blank=True, max_length=100)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('attachment_id', models.BigIntegerField(null=True)),
                ('activity', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='record.activity')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('activity', 'record_type', 'attachment_id'), name='evidence_once')],
            },
        ),
        migrations.CreateModel(
            name='Excuse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=20)),
                ('window', models.CharField(max_length=10)),
                ('first_on', models.DateField()),
                ('last_on', models.DateField()),
                ('reason', models.CharField(max_length=200)),
                ('requested_by', models.CharField(max_length=60)),
                ('decided_by', models.CharField(max_length=60)),
                ('decided_at', models.DateTimeField()),
                ('case_id', models.BigIntegerField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('revoked_by', models.CharField(blank=True, max_length=60)),
                ('group', zhibu.ground.guard.guarded.SameOrgForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.partygroup')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'kind', 'first_on'], name='excuse_org_kind')],
            },
        ),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.SmallIntegerField()),
                ('kind', models.CharField(max_length=20)),
                ('title', models.CharField(max_length=120)),
                ('content', models.TextField(blank=True)),
                ('lecturer', models.CharField(blank=True, max_length=50)),
                ('hours', models.DecimalField(decimal_places=1, max_digits=4, null=True)),
                ('resolution', models.TextField(blank=True)),
                ('ayes', models.IntegerField(null=True)),
                ('noes', models.IntegerField(null=True)),
                ('abstain', models.IntegerField(null=True)),
                ('passed', models.BooleanField(null=True)),
                ('activity', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='topics', to='record.activity')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('activity', 'seq'), name='topic_seq')],
            },
        ),
    ]

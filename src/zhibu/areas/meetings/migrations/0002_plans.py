import django.db.models.deletion
import zhibu.ground.guard.guarded
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('meetings', '0001_initial'),
        ('tree', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kinds', models.JSONField(default=list)),
                ('day', models.DateField()),
                ('start_at', models.TimeField(null=True)),
                ('end_at', models.TimeField(null=True)),
                ('place', models.CharField(blank=True, max_length=100)),
                ('topics', models.JSONField(default=list)),
                ('bring', models.CharField(blank=True, max_length=200)),
                ('moved_why', models.CharField(blank=True, max_length=200)),
                ('state', models.CharField(default='planned', max_length=10)),
                ('state_why', models.CharField(blank=True, max_length=200)),
                ('activity_id', models.BigIntegerField(null=True)),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('version', models.IntegerField(default=1)),
                ('host_org_id', models.BigIntegerField(null=True)),
                ('host_said', models.JSONField(default=dict)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'day'], name='plan_org_day')],
            },
        ),
        migrations.CreateModel(
            name='Leave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=50)),
                ('reason', models.CharField(max_length=100)),
                ('state', models.CharField(default='asked', max_length=10)),
                ('asked_by', models.CharField(max_length=60)),
                ('on_behalf', models.BooleanField(default=False)),
                ('asked_at', models.DateTimeField()),
                ('decided_by', models.CharField(blank=True, max_length=60)),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_why', models.CharField(blank=True, max_length=100)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('plan', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leaves', to='meetings.plan')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('plan', 'person_id'), name='leave_once')],
            },
        ),
        migrations.CreateModel(
            name='JointGuest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('guest_org_id', models.BigIntegerField()),
                ('guest_plan_id', models.BigIntegerField()),
                ('state', models.CharField(default='invited', max_length=10)),
                ('expected', models.IntegerField(null=True)),
                ('present', models.IntegerField(null=True)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('plan', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='guests', to='meetings.plan')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('plan', 'guest_org_id'), name='joint_guest_once')],
            },
        ),
        migrations.CreateModel(
            name='PlanChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(max_length=10)),
                ('before', models.CharField(blank=True, max_length=400)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('by', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('plan', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='meetings.plan')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Elsewhere',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=50)),
                ('day', models.DateField()),
                ('kind', models.CharField(max_length=20)),
                ('at_org', models.CharField(max_length=100)),
                ('how', models.CharField(max_length=8)),
                ('kept_at', models.CharField(blank=True, max_length=100)),
                ('attachment_id', models.BigIntegerField(null=True)),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=60)),
                ('ended_why', models.CharField(blank=True, max_length=200)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'day'], name='elsewhere_org_day')],
            },
        ),
    ]

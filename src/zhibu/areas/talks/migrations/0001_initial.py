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
            name='ContactPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member_id', models.BigIntegerField()),
                ('member_name', models.CharField(max_length=50)),
                ('name', models.CharField(max_length=30)),
                ('purpose', models.CharField(max_length=20)),
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
                'indexes': [models.Index(fields=['org', 'from_on'], name='contact_org_from')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_on__isnull', True)), fields=('member_id', 'name'), name='contact_once')],
            },
        ),
        migrations.CreateModel(
            name='ContactTalk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('member_id', models.BigIntegerField()),
                ('day', models.DateField()),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=60)),
                ('contact', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='talks', to='talks.contactperson')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'day'], name='contact_talk_org_day')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('contact', 'day'), name='contact_talk_once_a_day')],
            },
        ),
        migrations.CreateModel(
            name='Talk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('talker_id', models.BigIntegerField(null=True)),
                ('talker_name', models.CharField(max_length=50)),
                ('talkee_id', models.BigIntegerField()),
                ('talkee_name', models.CharField(max_length=50)),
                ('relation', models.CharField(max_length=20)),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('on_behalf', models.BooleanField(default=False)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=60)),
                ('ended_why', models.CharField(blank=True, max_length=200)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'day'], name='talk_org_day'), models.Index(fields=['talkee_id'], name='talk_talkee'), models.Index(fields=['talker_id'], name='talk_talker')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('talker_id', 'talkee_id', 'day'), name='talk_pair_once_a_day')],
            },
        ),
        migrations.CreateModel(
            name='TalkEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.BigIntegerField()),
                ('name', models.CharField(max_length=50)),
                ('kind', models.CharField(max_length=20)),
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
                'indexes': [models.Index(fields=['org', 'day'], name='talk_event_org_day')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('person_id', 'kind', 'day'), name='talk_event_once')],
            },
        ),
        migrations.CreateModel(
            name='TalkText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('talker_id', models.BigIntegerField(null=True)),
                ('talkee_id', models.BigIntegerField()),
                ('trigger', models.CharField(max_length=20)),
                ('place', models.CharField(blank=True, max_length=60)),
                ('topic', zhibu.ground.guard.fields.SealedField(blank=True, default='', purpose='talk.topic')),
                ('summary', zhibu.ground.guard.fields.SealedField(blank=True, default='', purpose='talk.summary')),
                ('follow_up', zhibu.ground.guard.fields.SealedField(blank=True, default='', purpose='talk.follow_up')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('talk', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='talks.talk', unique=True)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
    ]

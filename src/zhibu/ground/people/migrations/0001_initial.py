import django.db.models.deletion
import zhibu.ground.guard.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('tree', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50)),
                ('name_sort', models.CharField(db_index=True, max_length=160)),
                ('name_initials', models.CharField(db_index=True, max_length=20)),
                ('gender', models.CharField(blank=True, max_length=1)),
                ('ethnicity', models.CharField(blank=True, max_length=20)),
                ('birth_on', models.DateField(null=True)),
                ('birth_precision', models.CharField(default='day', max_length=5)),
                ('id_no', zhibu.ground.guard.fields.SealedField(blank=True, default='', purpose='person.id_no')),
                ('id_no_index', models.CharField(blank=True, db_index=True, max_length=40)),
                ('phone', zhibu.ground.guard.fields.SealedField(blank=True, default='', purpose='person.phone')),
                ('phone_index', models.CharField(blank=True, db_index=True, max_length=40)),
                ('education', models.CharField(blank=True, max_length=20)),
                ('job', models.CharField(blank=True, max_length=60)),
                ('address', models.CharField(blank=True, max_length=120)),
                ('joined_on', models.DateField(null=True)),
                ('joined_precision', models.CharField(default='day', max_length=5)),
                ('full_on', models.DateField(null=True)),
                ('full_precision', models.CharField(default='day', max_length=5)),
                ('lost_contact_on', models.DateField(null=True)),
                ('floating_to', models.CharField(blank=True, max_length=60)),
                ('is_leading_cadre', models.BooleanField(default=False)),
                ('remark', models.CharField(blank=True, max_length=200)),
                ('version', models.IntegerField(default=1)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'name_sort'], name='person_org_name')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('id_no_index', ''), _negated=True), fields=('id_no_index',), name='person_id_no_once')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50)),
                ('name_sort', models.CharField(max_length=160)),
                ('standing', models.CharField(choices=[('full', '正式党员'), ('probationary', '预备党员'), ('suspended', '停止党籍')], max_length=12)),
                ('rights', models.CharField(choices=[('normal', '正常'), ('on_probation', '留党察看'), ('rights_suspended', '权利中止')], default='normal', max_length=18)),
                ('from_on', models.DateField()),
                ('to_on', models.DateField(null=True)),
                ('began_as', models.CharField(default='registered', max_length=20)),
                ('ended_as', models.CharField(blank=True, choices=[('deceased', '去世'), ('removed', '除名'), ('withdrew', '退党'), ('advised_out', '劝退'), ('expelled', '开除党籍'), ('transferred', '转出')], max_length=12)),
                ('document', models.CharField(blank=True, max_length=200)),
                ('ended_document', models.CharField(blank=True, max_length=200)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='people.person')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'from_on', 'to_on'], name='membership_org_span')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('to_on__isnull', True)), fields=('person',), name='membership_one_open')],
            },
        ),
        migrations.CreateModel(
            name='GroupPlace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_leader', models.BooleanField(default=False)),
                ('from_on', models.DateField()),
                ('to_on', models.DateField(null=True)),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='places', to='tree.partygroup')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='group_places', to='people.person')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'from_on'], name='group_place_org_from')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('to_on__isnull', True)), fields=('person',), name='group_place_one_open')],
            },
        ),
        migrations.CreateModel(
            name='Exclusion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=20)),
                ('from_on', models.DateField()),
                ('to_on', models.DateField(null=True)),
                ('superior_ref', models.CharField(max_length=60)),
                ('meeting_ref', models.CharField(max_length=60)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exclusions', to='people.person')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'from_on'], name='exclusion_org_from')],
            },
        ),
        migrations.CreateModel(
            name='Post',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('secretary', '书记'), ('deputy_secretary', '副书记'), ('organization', '组织委员'), ('publicity', '宣传委员'), ('discipline', '纪检委员'), ('youth', '青年委员'), ('life', '生活委员'), ('security', '保卫委员'), ('united_front', '统战委员'), ('member', '委员'), ('officer', '支部干事')], max_length=18)),
                ('from_on', models.DateField()),
                ('to_on', models.DateField(null=True)),
                ('override_reason', models.CharField(blank=True, max_length=200)),
                ('committee', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='tree.committee')),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='people.person')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'from_on'], name='post_org_from'), models.Index(fields=['person'], name='post_person')],
            },
        ),
    ]

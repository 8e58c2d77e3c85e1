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
            name='FundPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.SmallIntegerField()),
                ('fund', models.CharField(max_length=10)),
                ('urban', models.IntegerField(default=0)),
                ('county', models.IntegerField(default=0)),
                ('villages', models.IntegerField(default=0)),
                ('members', models.IntegerField(default=0)),
                ('appropriated', models.BigIntegerField(default=0)),
                ('document', models.CharField(blank=True, max_length=100)),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('version', models.IntegerField(default=1)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('org', 'year', 'fund'), name='fund_plan_once')],
            },
        ),
        migrations.CreateModel(
            name='FundPayment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('amount', models.BigIntegerField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('org', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('reverses', zhibu.ground.guard.guarded.SameOrgForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='resources.fundpayment')),
                ('plan', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='resources.fundplan')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'day'], name='fund_payment_org')],
                'constraints': [models.UniqueConstraint(fields=('reverses',), name='fund_reversed_once')],
            },
        ),
        migrations.CreateModel(
            name='Place',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('kind', models.CharField(max_length=20)),
                ('address', models.CharField(max_length=120)),
                ('address_key', models.CharField(max_length=120)),
                ('area', models.DecimalField(decimal_places=1, max_digits=7)),
                ('shared', models.BooleanField(default=False)),
                ('open_below', models.BooleanField(default=False)),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=60)),
                ('ended_why', models.CharField(blank=True, max_length=200)),
                ('version', models.IntegerField(default=1)),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('shared', False)), fields=('address_key',), name='place_counts_once'), models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('org', 'address_key'), name='place_org_once')],
            },
        ),
        migrations.CreateModel(
            name='Booking',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('for_org_id', models.BigIntegerField(db_index=True)),
                ('day', models.DateField()),
                ('start_minute', models.SmallIntegerField()),
                ('end_minute', models.SmallIntegerField()),
                ('purpose', models.CharField(max_length=100)),
                ('booked_by', models.CharField(max_length=60)),
                ('booked_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.CharField(blank=True, max_length=60)),
                ('org', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('place', zhibu.ground.guard.guarded.SameOrgForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='resources.place')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
                'indexes': [models.Index(fields=['org', 'day'], name='booking_org_day'), models.Index(fields=['place', 'day'], name='booking_place_day')],
            },
        ),
        migrations.CreateModel(
            name='PlaceCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('listed', models.JSONField(default=list)),
                ('present', models.JSONField(default=list)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('made_by', models.CharField(max_length=60)),
                ('made_at', models.DateTimeField()),
                ('org', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='tree.organisation')),
                ('place', zhibu.ground.guard.guarded.SameOrgForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='resources.place')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'default_manager_name': 'objects',
            },
        ),
    ]

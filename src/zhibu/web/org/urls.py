"""Addresses of organisations, their cases and their rules."""
from __future__ import annotations

from django.urls import path

from . import case_views, committee_views, group_views, handover_views, rearrange_views, request_views, rule_views, views

app_name = "org"
urlpatterns = [
    path("", views.tree, name="tree"),
    path("cases/", case_views.inbox, name="cases"),
    path("cases/<int:case_id>/", case_views.case, name="case"),
    path("<int:org_id>/", views.page, name="page"),
    path("<int:org_id>/contacts/", views.contacts, name="contacts"),
    path("<int:org_id>/handover/", handover_views.handover, name="handover"),
    path("<int:org_id>/establish/", request_views.establish, name="establish"),
    path("<int:org_id>/adjust/", request_views.adjust, name="adjust"),
    path("<int:org_id>/dissolve/", request_views.dissolve, name="dissolve"),
    path("<int:org_id>/extend/", request_views.extend, name="extend"),
    path("<int:org_id>/merge/", rearrange_views.merge, name="merge"),
    path("<int:org_id>/split/", rearrange_views.split, name="split"),
    path("<int:org_id>/transfer/", rearrange_views.transfer, name="transfer"),
    path("<int:org_id>/committee/", committee_views.committee, name="committee"),
    path("<int:org_id>/vacancy/", committee_views.vacancy, name="vacancy"),
    path("<int:org_id>/leave/", committee_views.leave, name="leave"),
    path("<int:org_id>/groups/", group_views.groups, name="groups"),
    path("<int:org_id>/groups/new/", group_views.new_group, name="new-group"),
    path("<int:org_id>/groups/close/", group_views.close_group, name="close-group"),
    path("<int:org_id>/rules/", rule_views.rules, name="rules"),
    path("<int:org_id>/rules/assign/", rule_views.assign, name="assign"),
    path("<int:org_id>/rules/end/", rule_views.end_assignment, name="end-assignment"),
    path("<int:org_id>/rules/history/", rule_views.assignments, name="assignments"),
]

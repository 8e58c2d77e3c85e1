from __future__ import annotations

from django.urls import path

from . import elsewhere_views, paper_views, plan_views, views

app_name = "meetings"
urlpatterns = [
    path("record/", views.record, name="record"),
    path("ledger/", views.ledger, name="ledger"),
    path("<int:activity_id>/", views.activity, name="activity"),
    path("<int:activity_id>/correct/", views.correct, name="correct"),
    path("<int:activity_id>/void/", views.void, name="void"),
    path("absences/", views.absences, name="absences"),
    path("absences/<int:absence_id>/catch-up/", views.catch_up, name="catch-up"),
    path("excuse/", views.excuse, name="excuse"),
    path("excuse/<int:excuse_id>/revoke/", views.revoke_excuse, name="revoke-excuse"),
    path("attendance/", views.attendance, name="attendance"),
    path("<int:activity_id>/sheet/<slug:form>/", paper_views.sheet, name="sheet"),
    path("sign-in/", paper_views.blank, name="sign-in"),
    path("plans/", plan_views.listed, name="plans"),
    path("plans/new/", plan_views.new, name="plan-new"),
    path("plans/<int:plan_id>/", plan_views.shown, name="plan"),
    path("plans/<int:plan_id>/change/", plan_views.change, name="plan-change"),
    path("plans/<int:plan_id>/cancel/", plan_views.cancel, name="plan-cancel"),
    path("plans/<int:plan_id>/answer/", plan_views.answer, name="plan-answer"),
    path("plans/<int:plan_id>/guests/", plan_views.guests, name="plan-guests"),
    path("plans/<int:plan_id>/leave/", plan_views.enter_leave, name="leave"),
    path("leave/<int:leave_id>/decide/", plan_views.decide_leave, name="leave-decide"),
    path("elsewhere/", elsewhere_views.listed, name="elsewhere"),
    path("elsewhere/new/", elsewhere_views.new, name="elsewhere-new"),
    path("elsewhere/<int:elsewhere_id>/end/", elsewhere_views.end, name="elsewhere-end"),
    path("ledger/file/", paper_views.ledger_file, name="ledger-file"),
]

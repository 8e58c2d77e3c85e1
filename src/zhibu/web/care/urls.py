from __future__ import annotations

from django.urls import path

from . import proposal_views, views

app_name = "care"
urlpatterns = [
    path("", views.listed, name="list"),
    path("calls/new/", views.new_call, name="call-new"),
    path("calls/<int:call_id>/", views.call, name="call"),
    path("calls/<int:call_id>/void/", views.void_call, name="call-void"),
    path("events/new/", views.event, name="event"),
    path("events/<int:event_id>/end/", views.end_event, name="event-end"),
    path("members/new/", views.member, name="member"),
    path("members/<int:listed_id>/end/", views.end_listing, name="member-end"),
    path("requests/", proposal_views.inbox, name="requests"),
    path("requests/new/", proposal_views.new, name="request-new"),
    path("requests/<int:request_id>/", proposal_views.shown, name="request"),
    path("requests/<int:request_id>/withdraw/", proposal_views.withdraw, name="request-withdraw"),
    path("requests/<int:request_id>/pay/", proposal_views.pay, name="request-pay"),
    path("answers/<int:request_id>/", proposal_views.answer, name="answer"),
]

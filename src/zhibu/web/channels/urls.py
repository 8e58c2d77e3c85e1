"""Addresses of channels and calendars."""
from __future__ import annotations

from django.urls import path

from . import calendar_views, views

app_name = "channels"
urlpatterns = [
    path("", views.listing, name="list"),
    path("new/", views.new, name="new"),
    path("<int:channel_id>/", views.edit, name="edit"),
    path("<int:channel_id>/trial/", views.trial, name="trial"),
    path("<int:channel_id>/end/", views.end, name="end"),
    path("announce/<int:plan_id>/", views.announce, name="announce"),
    path("calendar/", calendar_views.mine, name="calendar"),
    path("calendar/of/<int:person_id>/", calendar_views.of_member, name="member-calendar"),
    path("calendar/plan/<int:plan_id>.ics", calendar_views.event, name="event"),
    path("calendar/mine/<int:plan_id>.ics", calendar_views.my_event, name="my-event"),
    path("calendar/<slug:mark>.ics", calendar_views.feed, name="feed"),
]

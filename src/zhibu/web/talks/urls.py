from __future__ import annotations

from django.urls import path

from . import contact_views, quarter, views

app_name = "talks"
urlpatterns = [
    path("", views.listed, name="list"),
    path("new/", views.new, name="new"),
    path("<int:talk_id>/", views.shown, name="talk"),
    path("<int:talk_id>/void/", views.void, name="void"),
    path("<int:talk_id>/correct/", views.correct, name="correct"),
    path("<int:talk_id>/sheet/", views.sheet, name="sheet"),
    path("events/new/", views.event, name="event"),
    path("events/<int:event_id>/end/", views.end_event, name="event-end"),
    path("contacts/", contact_views.listed, name="contacts"),
    path("contacts/quarter/", quarter.shown, name="quarter"),
    path("contacts/new/", contact_views.new, name="contact-new"),
    path("contacts/<int:contact_id>/talked/", contact_views.talked, name="contact-talked"),
    path("contacts/<int:contact_id>/undo/", contact_views.undo, name="contact-undo"),
    path("contacts/<int:contact_id>/end/", contact_views.end, name="contact-end"),
    path("mine/", contact_views.mine, name="mine"),
]

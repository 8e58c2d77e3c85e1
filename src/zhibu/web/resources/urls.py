"""Addresses of funds and places."""
from __future__ import annotations

from django.urls import path

from . import booking_views, fund_views, place_views

app_name = "resources"
urlpatterns = [
    path("funds/", fund_views.funds, name="funds"),
    path("funds/file/", fund_views.file, name="funds-file"),
    path("funds/plan/", fund_views.plan, name="plan"),
    path("funds/<int:plan_id>/", fund_views.fund, name="fund"),
    path("funds/<int:plan_id>/pay/", fund_views.pay, name="pay"),
    path("payments/<int:payment_id>/reverse/", fund_views.reverse_payment, name="reverse"),
    path("places/", place_views.places, name="places"),
    path("places/file/", place_views.file, name="places-file"),
    path("places/new/", place_views.new, name="place-new"),
    path("places/<int:place_id>/", place_views.place, name="place"),
    path("places/<int:place_id>/edit/", place_views.edit, name="place-edit"),
    path("places/<int:place_id>/close/", place_views.close, name="place-close"),
    path("places/<int:place_id>/check/", place_views.check, name="place-check"),
    path("venues/", booking_views.venues, name="venues"),
    path("venues/book/", booking_views.book, name="book"),
    path("bookings/<int:booking_id>/end/", booking_views.end, name="booking-end"),
]

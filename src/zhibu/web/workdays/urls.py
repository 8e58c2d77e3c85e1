"""Address of the working-day calendar."""
from __future__ import annotations

from django.urls import path

from . import views

app_name = "workdays"
urlpatterns = [path("", views.days, name="days"), path("enter/", views.enter, name="enter")]

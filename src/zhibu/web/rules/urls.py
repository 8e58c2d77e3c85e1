"""Addresses of the rule sets."""
from __future__ import annotations

from django.urls import path

from . import check_views, draft_views, file_views, views

app_name = "rules"
urlpatterns = [
    path("", views.sets, name="list"),
    path("copy/", draft_views.copy, name="copy"),
    path("upload/", file_views.upload, name="upload"),
    path("shipped/<slug:code>/", views.shipped_set, name="shipped"),
    path("shipped/<slug:code>/file/", file_views.shipped_file, name="shipped-file"),
    path("<int:set_id>/", views.local_set, name="set"),
    path("<int:set_id>/header/", draft_views.header, name="header"),
    path("<int:set_id>/values/<slug:family>/", draft_views.values, name="values"),
    path("<int:set_id>/discard/", draft_views.discard, name="discard"),
    path("<int:set_id>/check/", check_views.check, name="check"),
    path("<int:set_id>/tables/", check_views.tables, name="tables"),
    path("<int:set_id>/retire/", check_views.retire, name="retire"),
    path("<int:set_id>/file/", file_views.local_file, name="file"),
]

"""Addresses of transfers and members away."""
from __future__ import annotations

from django.urls import path

from . import away_views, letter_views, step_views, views, wish_views

app_name = "transfers"
urlpatterns = [
    path("", views.listing, name="list"),
    path("pick/", views.pick, name="pick"),
    path("start/<int:person_id>/", views.start, name="start"),
    path("asked/<int:wish_id>/decline/", wish_views.decline, name="decline"),
    path("arrival/", views.arrival, name="arrival"),
    path("<int:transfer_id>/", views.transfer, name="transfer"),
    path("<int:transfer_id>/letter/", letter_views.letter, name="letter"),
    path("<int:transfer_id>/check/", step_views.check, name="check"),
    path("<int:transfer_id>/issue/", step_views.issue, name="issue"),
    path("<int:transfer_id>/reissue/", step_views.reissue, name="reissue"),
    path("<int:transfer_id>/receive/", step_views.receive, name="receive"),
    path("<int:transfer_id>/return/", step_views.give_back, name="return"),
    path("<int:transfer_id>/receipt/", step_views.receipt, name="receipt"),
    path("<int:transfer_id>/close/", step_views.close, name="close"),
    path("<int:transfer_id>/file/", step_views.file, name="file"),
    path("<int:transfer_id>/cancel/", step_views.cancel, name="cancel"),
    path("floating/", away_views.register, name="floating"),
    path("floating/out/<int:person_id>/", away_views.go, name="float-out"),
    path("floating/in/", away_views.welcome, name="float-in"),
    path("floating/<int:floating_id>/", away_views.record, name="float"),
    path("floating/<int:floating_id>/edit/", away_views.change, name="float-edit"),
    path("floating/<int:floating_id>/end/", away_views.come_back, name="float-end"),
    path("certificate/<int:person_id>/", away_views.certify, name="certify"),
    path("certificate/<int:stay_id>/letter/", letter_views.certificate, name="certificate"),
    path("certificate/<int:stay_id>/end/", away_views.end_stay, name="end-stay"),
    path("suspend/<int:person_id>/", away_views.suspend, name="suspend"),
    path("restore/<int:person_id>/", away_views.restore, name="restore"),
]

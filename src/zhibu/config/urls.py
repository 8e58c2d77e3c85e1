"""Every address of the product."""
from __future__ import annotations

from django.urls import include, path

from zhibu.web.access import safety_views as safety
from zhibu.web.access import setup_views as setup
from zhibu.web.access import views as access
from zhibu.web.desk import views as desk
from zhibu.web.ui import views as ui

urlpatterns = [
    path("", desk.desk, name="desk"),
    path("signin/", access.signin, name="signin"),
    path("signin/second/", safety.second, name="second"),
    path("safety/", include("zhibu.web.access.urls")),
    path("setup/", setup.first, name="setup"),
    path("signout/", access.signout, name="signout"),
    path("password/", access.set_password, name="set-password"),
    path("sessions/end/", access.end_sessions, name="end-sessions"),
    path("large-print/", access.large_print, name="large-print"),
    path("notices/<int:notice_id>/seen/", desk.seen, name="notice-seen"),
    path("healthz", access.healthz, name="healthz"),
    path("org/", include("zhibu.web.org.urls")),
    path("members/", include("zhibu.web.roster.urls")),
    path("transfers/", include("zhibu.web.transfers.urls")),
    path("me/", include("zhibu.web.person.urls")),
    path("meetings/", include("zhibu.web.meetings.urls")),
    path("talks/", include("zhibu.web.talks.urls")),
    path("care/", include("zhibu.web.care.urls")),
    path("dues/", include("zhibu.web.dues.urls")),
    path("dues/", include("zhibu.web.bank.urls")),
    path("training/", include("zhibu.web.training.urls")),
    path("resources/", include("zhibu.web.resources.urls")),
    path("paper/", include("zhibu.web.paper.urls")),
    path("overview/", include("zhibu.web.overview.urls")),
    path("import/", include("zhibu.web.intake.urls")),
    path("files/", include("zhibu.web.files.urls")),
    path("journal/", include("zhibu.web.journal.urls")),
    path("accounts/", include("zhibu.web.accounts.urls")),
    path("rules/", include("zhibu.web.rules.urls")),
    path("workdays/", include("zhibu.web.workdays.urls")),
    path("channels/", include("zhibu.web.channels.urls")),
    path("ui/", ui.gallery, name="ui"),
    path("api/v1/", include("zhibu.api.address")),
]
handler400 = "zhibu.config.failures.bad_request"
handler404 = "zhibu.config.failures.not_found"
handler500 = "zhibu.config.failures.broken"

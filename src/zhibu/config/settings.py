"""Django settings. Production is the default; ZHIBU_DEMO=1 switches off only what needs https (`zhibu check` lists the difference)."""
from __future__ import annotations

import os

from csp.constants import NONE, SELF

from . import env

os.environ.setdefault("ZHIBU_DATA", str(env.data_folder()))

DATA_FOLDER = env.data_folder()
# A data folder that `zhibu demo` made (it carries a file named demo) runs with the demo's switches by itself.
DEMO = env.flag("ZHIBU_DEMO") if "ZHIBU_DEMO" in os.environ else (DATA_FOLDER / "demo").exists()
DEBUG = False
SECRET_KEY = env.secret_key()
ALLOWED_HOSTS = [h.strip() for h in os.environ.get("ZHIBU_HOSTS", "127.0.0.1,localhost").split(",") if h.strip()]
CSRF_TRUSTED_ORIGINS = [o.strip() for o in os.environ.get("ZHIBU_ORIGINS", "").split(",") if o.strip()]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "lucide",
    "django_tasks",
    "django_tasks_db",
    "zhibu.ground.guard",
    "zhibu.ground.journal",
    "zhibu.ground.jobs",
    "zhibu.ground.files",
    "zhibu.ground.workdays",
    "zhibu.ground.tree",
    "zhibu.ground.people",
    "zhibu.ground.access",
    "zhibu.ground.policy",
    "zhibu.ground.record",
    "zhibu.ground.notice",
    "zhibu.ground.process",
    "zhibu.areas.meetings",
    "zhibu.areas.talks",
    "zhibu.areas.care",
    "zhibu.areas.transfers",
    "zhibu.areas.dues",
    "zhibu.areas.bank",
    "zhibu.areas.resources",
    "zhibu.areas.training",
    "zhibu.web",
    "ninja",
    "zhibu.api",
    "zhibu.config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",  # these two stand first, so that answers of any other middleware carry them too
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "zhibu.web.shell.storage.Sessions",
    "django.middleware.common.CommonMiddleware",
    "zhibu.web.shell.whole.WholeForm",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "zhibu.web.shell.middleware.Visitor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "zhibu.config.urls"
WSGI_APPLICATION = "zhibu.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "zhibu.web.shell.frame.frame",
            ],
        },
    }
]
DATABASES = {"default": env.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.Account"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["zhibu.ground.access.hashing.Argon2Small", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
PASSWORD_PROFILE = env.choice("ZHIBU_PASSWORDS", ("mlps3", "asvs"), "mlps3")  # ground/access/passwords.py
# Roles marked two_factors in roles.toml must have a second factor, or may choose to; the demo does not ask for one.
SECOND_FACTOR = env.choice("ZHIBU_SECOND_FACTOR", ("required", "chosen"), "chosen" if DEMO else "required")
LOGIN_URL = "signin"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]  # by account: an attacker's address, real or claimed, changes nothing
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_LOCKOUT_CALLABLE = "zhibu.web.access.views.locked_out"
AXES_HANDLER = "zhibu.web.access.lockout.PerAccount"
AXES_VERBOSE = False

LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = env.data_folder() / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not env.flag("ZHIBU_PLAIN_STATIC")
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = env.flag("ZHIBU_PLAIN_STATIC")
FILES_ROOT = env.data_folder() / "files"
FILE_UPLOAD_HANDLERS = ["zhibu.web.shell.whole.WholeUpload", "django.core.files.uploadhandler.TemporaryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# Background work: rows of the business transaction (ground/jobs), worked off by `zhibu serve` itself or by `zhibu worker`.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Where notices may go out to (exchange/channels): robots of these hosts only, by https; more with ZHIBU_CHANNEL_HOSTS (政务微信, 专有钉钉 …).
CHANNEL_HOSTS = frozenset({"qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn"}) | frozenset(
    h.strip().lower() for h in os.environ.get("ZHIBU_CHANNEL_HOSTS", "").split(",") if h.strip()
)
CHANNEL_LOOPBACK = False  # tests alone send to a server of their own on this machine, without https
EMAIL_BACKEND, EMAIL_TIMEOUT = "django.core.mail.backends.smtp.EmailBackend", 10
EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, EMAIL_USE_SSL, EMAIL_USE_TLS = env.mail()
DEFAULT_FROM_EMAIL = os.environ.get("ZHIBU_MAIL_FROM", "")
SMS_BACKEND = env.choice("ZHIBU_SMS", ("off", "http", "file", "console"), "file" if DEMO else "off")
SMS_URL = os.environ.get("ZHIBU_SMS_URL", "")          # https, of a host that is allowed above
SMS_BODY = os.environ.get("ZHIBU_SMS_BODY", "")        # a JSON text with {phone}, {text} and {key}
SMS_HEADERS = os.environ.get("ZHIBU_SMS_HEADERS", "")  # a JSON object, e.g. with the gateway's token

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "zhibu.web.shell.errors.csrf_failed"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

# The switches that need https: the only difference between demo and production.
HTTPS_SWITCHES = {
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
}
if not DEMO:
    globals().update(HTTPS_SWITCHES)
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
if env.flag("ZHIBU_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
#: lock-out goes by account on purpose (AXES_LOCKOUT_PARAMETERS); a unique key to a row of the same organisation has no ready-made field
SILENCED_SYSTEM_CHECKS = ["axes.W006", "fields.W342"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}

"""Settings of the bundled site: the engine, the console and the demo.

Everything that differs between machines comes from the environment:
`DURABLE_DATABASE_URL` or `DURABLE_SQLITE`, `DURABLE_SECRET_KEY`,
`DURABLE_ALLOWED_HOSTS`, `DURABLE_TRUSTED_ORIGINS`, `DURABLE_HTTPS`, `DURABLE_DEBUG`,
`DURABLE_DEMO`.
"""

import os
from pathlib import Path

from console.project.environment import (
    database_from_url,
    names,
    secret_key,
    sqlite_database,
    switched_on,
)

ROOT = Path(__file__).resolve().parents[2]
# An installed package has no place of its own to write to: then below where one is.
VAR = (ROOT if (ROOT / "manage.py").exists() else Path.cwd()) / "var"

DEBUG = switched_on("DURABLE_DEBUG")
SECRET_KEY = os.environ.get("DURABLE_SECRET_KEY") or secret_key(VAR / "secret_key")
ALLOWED_HOSTS = names("DURABLE_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = names("DURABLE_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "daphne",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ninja",
    "channels",
    "django_htmx",
    "durable_engine",
    "console",
    "console.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "durable_engine.middleware.StartedByMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.middleware.SecurityHeadersMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "console.project.urls"
ASGI_APPLICATION = "console.project.asgi.application"
WSGI_APPLICATION = "console.project.wsgi.application"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

if url := os.environ.get("DURABLE_DATABASE_URL"):
    DATABASES = {"default": database_from_url(url)}
else:
    VAR.mkdir(parents=True, exist_ok=True)
    path = os.environ.get("DURABLE_SQLITE") or VAR / "durable.sqlite3"
    DATABASES = {"default": sqlite_database(path)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DURABLE_ENGINE = {"DATABASE": "default"}
DEMO = switched_on("DURABLE_DEMO")  # set by `manage.py demo`: serve the shop too

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/durable/"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
# Where `makemessages` writes what it finds; templates stand outside of the packages.
LOCALE_PATHS = [ROOT / "console" / "locale"]

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"

HTTPS = switched_on("DURABLE_HTTPS")
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "console.views.troubles.csrf_failure"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
X_FRAME_OPTIONS = "DENY"
# Whether other subdomains have HTTPS too is for their owner to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "console": {"level": "INFO"},
        "daphne.server": {"level": "INFO"},
        "durable_engine": {"level": "INFO"},
    },
}

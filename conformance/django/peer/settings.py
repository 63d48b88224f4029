"""A plain Django project with djoser, simplejwt, dj-rest-auth and older ways to carry tokens: what a team has that comes to Cartouche.

CONFORMANCE_FOLDER is where the database and the mails are. CONFORMANCE_SETTINGS is JSON whose objects are laid over the settings here, so that one
project plays every configuration; a number for a key that ends in LIFETIME is a number of seconds.
"""

import json
import os
from datetime import timedelta
from pathlib import Path

FOLDER = Path(os.environ["CONFORMANCE_FOLDER"])

SECRET_KEY = "conformance-secret-key-0123456789abcdef"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "peer.urls"
WSGI_APPLICATION = "peer.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
SITE_ID = 1
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sites",
    "rest_framework",
    "rest_framework.authtoken",
    "rest_framework_simplejwt.token_blacklist",
    "djoser",
    "dj_rest_auth",
    "members",
]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "DIRS": [Path(__file__).parent / "templates"],
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "db.sqlite3", "OPTIONS": {"timeout": 20}}}

AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation." + name} for name in (
    "UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator",
)]
# A fast hasher for fast tests, and the stock one behind it, for what is imported with it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]

EMAIL_BACKEND = "peer.mail.EmailBackend"
EMAIL_FILE_PATH = FOLDER / "mail"
DEFAULT_FROM_EMAIL = "accounts@example.com"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
}

SIMPLE_JWT = {
    "AUTH_HEADER_TYPES": ["Bearer", "JWT"],
    "ACCESS_TOKEN_LIFETIME": 300,
    "REFRESH_TOKEN_LIFETIME": 14 * 24 * 3600,
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
}

DJOSER = {
    "ACTIVATION_URL": "activate/{uid}/{token}",
    "PASSWORD_RESET_CONFIRM_URL": "password-reset/{uid}/{token}",
    "USERNAME_RESET_CONFIRM_URL": "username-reset/{uid}/{token}",
    "EMAIL_FRONTEND_DOMAIN": "front.example.com",
    "EMAIL_FRONTEND_PROTOCOL": "https",
    "EMAIL_FRONTEND_SITE_NAME": "Example",
}

JWT_AUTH = {"JWT_ALLOW_REFRESH": True, "JWT_ENCODE_HANDLER": "peer.oldjwt.encode", "JWT_DECODE_HANDLER": "peer.oldjwt.decode"}

REST_AUTH = {"USE_JWT": True, "SESSION_LOGIN": False, "JWT_AUTH_HTTPONLY": False}

# dj-rest-auth registers people with django-allauth only, which also changes its other routes.
WITH_ALLAUTH = False
ACCOUNT_EMAIL_VERIFICATION = "none"


def lay_over(values):
    """Puts the JSON of CONFORMANCE_SETTINGS over the settings of this module."""
    for key, value in json.loads(os.environ.get("CONFORMANCE_SETTINGS") or "{}").items():
        if isinstance(value, dict) and isinstance(values.get(key), dict):
            values[key] = {**values[key], **value}
        else:
            values[key] = value


lay_over(globals())
if WITH_ALLAUTH:
    INSTALLED_APPS += ["allauth", "allauth.account", "allauth.socialaccount", "dj_rest_auth.registration"]
    MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
SIMPLE_JWT = {k: timedelta(seconds=v) if k.endswith("LIFETIME") else v for k, v in SIMPLE_JWT.items()}

"""djangorestframework-jwt 1.11.0, of 2017, on a Django and a PyJWT of today.

Names that it imports and that are gone since get their successors, and two of its settings name functions that speak to this PyJWT.
"""

import jwt
from django.conf import settings
from django.utils import encoding, translation

KEY = settings.SIMPLE_JWT.get("SIGNING_KEY", settings.SECRET_KEY)


def encode(payload):
    return jwt.encode(payload, KEY, "HS256")


def decode(token):
    return jwt.decode(token, KEY, ["HS256"])


translation.ugettext = translation.gettext
encoding.smart_text = encoding.smart_str
jwt.ExpiredSignature = jwt.ExpiredSignatureError

from django.urls import path  # noqa: E402
from rest_framework_jwt import views  # noqa: E402

urlpatterns = [
    path("get-token/", views.obtain_jwt_token),
    path("refresh-token/", views.refresh_jwt_token),
    path("verify-token/", views.verify_jwt_token),
]

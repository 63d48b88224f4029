"""Every peer at its customary place."""

from django.conf import settings
from django.http import HttpResponse
from django.urls import include, path, re_path
from rest_framework_simplejwt import views

urlpatterns = [
    path("readyz", lambda request: HttpResponse("ready")),
    path("auth/token/", views.TokenObtainPairView.as_view()),
    path("auth/token/refresh/", views.TokenRefreshView.as_view()),
    path("auth/token/verify/", views.TokenVerifyView.as_view()),
    path("auth/token/blacklist/", views.TokenBlacklistView.as_view()),
    path("auth/token/sliding/", views.TokenObtainSlidingView.as_view()),
    path("auth/token/sliding/refresh/", views.TokenRefreshSlidingView.as_view()),
    path("auth/", include("djoser.urls")),
    path("auth/", include("djoser.urls.authtoken")),
    path("auth/", include("djoser.urls.jwt")),
    path("auth/", include("peer.oldjwt")),
    path("accounts/", include("peer.cookies")),
    path("dj-rest-auth/", include("dj_rest_auth.urls")),
    re_path(
        r"^password-reset/(?P<uidb64>[^/]+)/(?P<token>[^/]+)$", lambda request, **kwargs: HttpResponse(), name="password_reset_confirm",
    ),
]

if settings.WITH_ALLAUTH:
    urlpatterns.append(path("dj-rest-auth/registration/", include("dj_rest_auth.registration.urls")))

"""Both tokens in HttpOnly cookies over simplejwt, with Django's CSRF tokens: what teams copy from tutorials, and nobody publishes as a package.

Written for this comparison, after how such projects behave.
"""

from django.conf import settings
from django.contrib.auth import authenticate, get_user_model
from django.middleware.csrf import get_token, rotate_token
from django.urls import path
from rest_framework import serializers
from rest_framework.authentication import CSRFCheck
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.views import TokenRefreshView

COOKIES = {  # with its path and the setting of its life
    "access": ("access_token", "/", "ACCESS_TOKEN_LIFETIME"),
    "refresh": ("refresh_token", "/accounts/auth/", "REFRESH_TOKEN_LIFETIME"),
}


def hand_out(tokens):
    """Answers nothing but cookies."""
    response = Response({})
    for kind, token in tokens.items():
        name, where, life = COOKIES[kind]
        response.set_cookie(name, str(token), max_age=settings.SIMPLE_JWT[life], path=where, httponly=True, samesite="Lax")
    return response


def presented(request):
    """The refresh cookie, without which nothing is allowed."""
    token = request.COOKIES.get("refresh_token")
    if not token:
        raise PermissionDenied()
    return token


class CookieAuthentication(JWTAuthentication):
    """An Authorization header, or else the access cookie. Both need a CSRF token where something changes, and before anybody looks at the token."""

    def authenticate(self, request):
        header = self.get_header(request)
        token = request.COOKIES.get("access_token") if header is None else self.get_raw_token(header)
        if not token:
            return None
        check = CSRFCheck(lambda request: None)
        check.process_request(request)
        reason = check.process_view(request, None, (), {})
        if reason:
            raise PermissionDenied("CSRF Failed: " + reason)
        valid = self.get_validated_token(token)
        return self.get_user(valid), valid


class OpenView(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]


class ClosedView(APIView):
    authentication_classes = [CookieAuthentication]


class CSRFToken(OpenView):
    def get(self, request):
        return Response({"token": get_token(request)})


class Credentials(serializers.Serializer):
    username = serializers.CharField()
    password = serializers.CharField()


class Login(OpenView):
    def post(self, request):
        credentials = Credentials(data=request.data)
        credentials.is_valid(raise_exception=True)
        user = authenticate(request, **credentials.validated_data)
        if user is None:
            raise AuthenticationFailed()
        rotate_token(request)
        refresh = RefreshToken.for_user(user)
        return hand_out({"access": refresh.access_token, "refresh": refresh})


class Refresh(TokenRefreshView):
    def post(self, request, *args, **kwargs):
        serializer = self.get_serializer(data={"refresh": presented(request)})
        try:
            serializer.is_valid(raise_exception=True)
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        return hand_out(serializer.validated_data)


class Logout(ClosedView):
    def post(self, request):
        try:
            RefreshToken(presented(request)).blacklist()
        except TokenError as error:
            raise InvalidToken(error.args[0]) from error
        response = Response({})
        for name, where, _ in COOKIES.values():
            response.delete_cookie(name, path=where, samesite="Lax")
        return response


class Profile(serializers.ModelSerializer):
    class Meta:
        model = get_user_model()
        fields = ["id", "username", "first_name", "last_name"]


class User(ClosedView):
    def get(self, request):
        return Response(Profile(request.user).data)


urlpatterns = [
    path("csrf_token/", CSRFToken.as_view()),
    path("auth/login/", Login.as_view()),
    path("auth/refresh_token/", Refresh.as_view()),
    path("auth/logout/", Logout.as_view()),
    path("user/", User.as_view()),
]

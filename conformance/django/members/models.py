"""A user who signs in by email, as many projects have: AUTH_USER_MODEL = "members.Member"."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models


class MemberManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        member = self.model(email=self.normalize_email(email), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Member(AbstractUser):
    username = None
    email = models.EmailField("email address", unique=True)
    first_name = models.CharField("first name", max_length=150)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["first_name"]
    objects = MemberManager()

    class Meta:
        swappable = "AUTH_USER_MODEL"
        verbose_name = "user"

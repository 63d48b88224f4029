"""A password hasher for measurements: argon2id at the cost that OWASP asks for at least, which is Cartouche's."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    memory_cost = 19 * 1024  # KiB
    time_cost = 2
    parallelism = 1

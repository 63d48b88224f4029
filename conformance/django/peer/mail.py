"""Mails as files, each its own."""

import os
import time
import uuid

from django.core.mail.backends import filebased


class EmailBackend(filebased.EmailBackend):
    """Django's, but for the names: two of its mails in one second may share a file."""

    def _get_filename(self):
        if self._fname is None:
            self._fname = os.path.join(self.file_path, f"{time.time_ns()}-{uuid.uuid4().hex}.log")
        return self._fname

"""Django's command line for the peer; `serve ADDRESS` runs it on waitress, a server with threads."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "peer.settings")

if __name__ == "__main__":
    if sys.argv[1] == "serve":
        import waitress

        from peer.wsgi import application

        waitress.serve(application, listen=sys.argv[2], threads=4, expose_tracebacks=False)
    else:
        execute_from_command_line(sys.argv)

"""The WSGI entry point: what an application server imports."""

from forum.factory import create_app

app = create_app()

"""The WSGI entry point: what an application server imports."""

from forum.core.config import ConfigError
from forum.factory import create_app

try:
    app = create_app()
except ConfigError as error:
    raise SystemExit(str(error)) from None

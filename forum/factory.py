"""How is the application put together? The only module that knows every other."""

from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from forum.admin import pages as admin_pages
from forum.cli import COMMANDS
from forum.core.config import Config, load_config
from forum.core.db import Database
from forum.http import (
    assets,
    background,
    blanks,
    buffers,
    closed,
    context,
    errors,
    fragments,
    headers,
    language,
    load,
    login,
    networks,
    outlines,
    page_cache,
    page_store,
    replica,
    requests,
    retries,
    templating,
    visiting,
)
from forum.http.proxies import TrustedProxies
from forum.modlog.seal import INFO_KEY as SEAL_KEY
from forum.modlog.seal import seal_for
from forum.web import BLUEPRINTS

ROOT = Path(__file__).parents[1]


class Forum(Flask):
    """Flask with templates compiled for each language."""

    jinja_environment = templating.LocaleEnvironment
    request_class = requests.CleanRequest

    def ensure_sync(self, func: Any) -> Any:
        """The function itself: none of ours is a coroutine, and Flask asks a dozen times a page."""
        return func


def create_app(config: Config | None = None) -> Flask:
    """The WSGI application over one configuration.

    :raises ConfigError: the environment holds a wrong value.
    """
    config = config or load_config()
    app = Forum("forum", template_folder=str(ROOT / "templates"), static_folder=None)
    app.config.update(
        SECRET_KEY=config.secret_key,
        TESTING=config.is_testing,
        TRUSTED_HOSTS=list(config.trusted_hosts) or None,
        MAX_CONTENT_LENGTH=4 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: nothing that was typed is lost
        WTF_CSRF_SSL_STRICT=False,  # Referer is not sent by every browser; SameSite and token suffice
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.extensions["config"] = config
    database = Database(config.database_url, read_url=config.read_database_url)
    database.info[SEAL_KEY] = seal_for(config)
    app.extensions["database"] = database
    context.init_app(app)
    login.init_app(app, session_days=30, is_https=config.uses_https)
    CSRFProtect(app)
    language.init_app(app)
    templating.init_app(app)
    fragments.init_app(app)
    outlines.init_app(app, blanks.BLANKS)
    errors.init_app(app)
    headers.init_app(app)
    buffers.init_app(app)
    background.init_app(app, config)
    networks.init_app(app)
    closed.init_app(app)
    visiting.init_app(app)
    requests.init_app(app)
    retries.init_app(app)
    for blueprint in (*BLUEPRINTS, admin_pages):
        app.register_blueprint(blueprint)
    for command in COMMANDS:
        app.cli.add_command(command)
    replica.init_app(app, database)
    if config.page_cache:
        store = page_store.SharedStore(config.redis_url) if config.redis_url else None
        cache = page_cache.PageCache(
            app.wsgi_app, database, on_hit=partial(_count_guest, app), store=store,
            is_banned=networks.Border(database).holds,
        )  # fmt: skip
        app.extensions["page_cache"] = cache
        app.wsgi_app = cache  # type: ignore[method-assign]
    load.init_app(app, config.redis_url)
    assets.init_app(app, config.data_dir)
    if config.trusted_proxies:
        app.wsgi_app = TrustedProxies(  # type: ignore[method-assign]
            app.wsgi_app, config.trusted_proxies
        )
    return app


def _count_guest(app: Flask, environ: dict[str, Any], kept: page_store.Keep) -> None:
    buffers.note_guest(app, environ, thread_id=kept.viewed_thread, board_id=kept.seen_board)

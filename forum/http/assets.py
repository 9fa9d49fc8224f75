"""How do styles and scripts get out? Joined once at start into a folder named by its content."""

import gzip
import hashlib
import shutil
from pathlib import Path

import brotli
from flask import Flask
from whitenoise import WhiteNoise

FOLDER = Path(__file__).parents[2] / "static"
PREFIX = "/static/"
_COMPRESSED = {".css", ".js", ".svg"}


def joined_styles() -> bytes:
    """One file of all styles: tokens, reset, base, layout, components by name, utilities."""
    css = FOLDER / "css"
    parts = [
        css / "tokens.css",
        *sorted(css.glob("tokens-*.css")),
        css / "reset.css",
        css / "base.css",
        css / "layout.css",
        *sorted((css / "components").glob("*.css")),
        css / "utilities.css",
    ]
    return b"\n".join(part.read_bytes() for part in parts if part.exists())


def _files() -> dict[str, bytes]:
    files = {"css/forum.css": joined_styles()}
    for folder in ("js", "icons"):
        for path in sorted((FOLDER / folder).rglob("*")):
            if path.is_file():
                files[str(path.relative_to(FOLDER))] = path.read_bytes()
    return files


def build(into: Path) -> tuple[Path, str]:
    """Write the served folder under `into` when it is not there yet.

    :returns: the folder to serve and the content hash in its name. Modules that import each other
        survive a deployment, because the old folder's addresses go on naming the old files.
    """
    files = _files()
    digest = hashlib.sha256(
        b"\0".join(name.encode() + b"\0" + content for name, content in files.items())
    ).hexdigest()[:12]
    target = into / digest
    if not target.is_dir():
        draft = into / f".{digest}.{id(files):x}"
        for name, content in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            if path.suffix in _COMPRESSED:
                Path(f"{path}.gz").write_bytes(gzip.compress(content, 9, mtime=0))
                Path(f"{path}.br").write_bytes(brotli.compress(content))
        try:
            draft.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(draft)
    return into, digest


def init_app(app: Flask, data_dir: Path) -> None:
    """Serve the folder below /static/ with far-future headers; give templates `asset()`."""
    folder, digest = build(data_dir / "assets")
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(folder),
        prefix=PREFIX,
        max_age=31_536_000,
        immutable_file_test=lambda _path, url: url.startswith(PREFIX),
        add_headers_function=lambda headers, _path, _url: headers.__setitem__(
            "X-Content-Type-Options", "nosniff"
        ),
    )
    app.jinja_env.globals["asset"] = lambda name: f"{PREFIX}{digest}/{name}"

"""Which headers does every answer carry?"""

from flask import Flask, Response, request

from forum.http.login import has_cookie

CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' https: http: data:",  # members' [img]; data: for the drawn icons of CSS
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


# A view may have said something of its own instead.
DEFAULTS = (
    ("Content-Security-Policy", CONTENT_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)


def init_app(app: Flask) -> None:
    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        said = set(headers.keys(lower=True))
        headers.extend([each for each in DEFAULTS if each[0].lower() not in said])
        if "cache-control" not in said:
            is_read = request.method in ("GET", "HEAD")
            is_private = has_cookie(request) or "set-cookie" in said or not is_read
            headers.add("Cache-Control", "no-store" if is_private else "no-cache")
        return response

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


def init_app(app: Flask) -> None:
    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if "Cache-Control" not in headers:
            is_read = request.method in ("GET", "HEAD")
            is_private = has_cookie(request) or "Set-Cookie" in headers or not is_read
            headers["Cache-Control"] = "no-store" if is_private else "no-cache"
        return response

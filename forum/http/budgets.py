"""How many pages does one network get built? Guests only; pages from the cache cost nothing."""

import logging

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from forum.core.networks import neighbourhood_of

log = logging.getLogger(__name__)

# Five a second, day and night: a class of pupils does not read as much, one crawler does.
PAGES = RateLimitItemPerMinute(300, namespace="louceng")
RETRY_AFTER_S = 30


class Budgets:
    """Of a /24 or /64; shared by all processes where there is a Redis."""

    def __init__(self, redis_url: str | None, pages: RateLimitItemPerMinute = PAGES) -> None:
        self._pages = pages
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = None
        if redis_url:
            storage = RedisStorage(
                redis_url,
                key_prefix="louceng:limits",
                socket_timeout=0.5,
                socket_connect_timeout=0.5,
            )
            self._shared = SlidingWindowCounterRateLimiter(storage)

    def takes(self, address: str) -> bool:
        """Count a page for the address's network; False when it has had enough for now."""
        network = neighbourhood_of(address)
        if self._shared is not None:
            try:
                return self._shared.hit(self._pages, network)
            except RedisError as error:
                log.warning("limits_alone", extra={"reason": type(error).__name__})
        return self._alone.hit(self._pages, network)

"""Crawlers: many addresses of this machine's own network ask for pages at a steady rate.

`python -m tests.scale.flood PORT RATE SECONDS SOURCES` prints what they were answered, as JSON.
Cheap, because it shares the processors with the server: one loop, kept connections, no parsing.
"""

import json
import select
import socket
import sys
import time
from collections import Counter

STATUSES = (200, 404, 429, 503)


def sources(count: int) -> list[str]:
    """127.0.x.y, four addresses in each of `count / 4` networks; never this machine's usual one."""
    return [f"127.0.{1 + number // 4}.{1 + number % 4}" for number in range(count)]


class Crawler:
    """One address with one connection."""

    def __init__(self, source: str, port: int) -> None:
        self.source, self.port = source, port
        self.is_waiting = False
        self.due = 0.0
        self.left = -1
        self.head = b""
        self.connect()

    def connect(self) -> None:
        self.socket = socket.socket()
        self.socket.bind((self.source, 0))
        self.socket.connect(("127.0.0.1", self.port))
        self.socket.setblocking(False)

    def ask(self, number: int, threads: int) -> None:
        path = f"/thread-{1 + number % threads}-1-1.html?visit={number}"
        self.socket.send(
            f"GET {path} HTTP/1.1\r\nHost: forum.test\r\nUser-Agent: crawler\r\n\r\n".encode()
        )
        self.is_waiting = True

    def hear(self) -> int | None:
        """Read what is there. The status once an answer is complete; 0 when it broke off."""
        try:
            data = self.socket.recv(262144)
        except OSError:
            data = b""
        if not data:
            self.is_waiting, self.left, self.head = False, -1, b""
            self.socket.close()
            return 0
        if self.left < 0:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return None
            head = self.head[:end].lower()
            self.status = int(head[9:12])
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            self.left = length - (len(self.head) - end - 4)
            self.head = b""
        else:
            self.left -= len(data)
        if self.left > 0:
            return None
        self.is_waiting, self.left = False, -1
        return self.status


def flood(port: int, rate: float, seconds: float, addresses: list[str], threads: int) -> dict:
    """Ask `rate` times a second in all; 0 = each again as soon as it is answered."""
    crawlers = [Crawler(address, port) for address in addresses]
    by_fd = {one.socket.fileno(): one for one in crawlers}
    poll = select.epoll()
    for fd in by_fd:
        poll.register(fd, select.EPOLLIN)
    statuses: Counter[int] = Counter()
    asked = late = 0
    began = time.monotonic()
    turn = 0
    while (now := time.monotonic()) - began < seconds:
        if rate:
            due = [
                crawlers[number % len(crawlers)]
                for number in range(turn, int((now - began) * rate))
            ]
            turn += len(due)
        else:
            due = [one for one in crawlers if not one.is_waiting]
        for crawler in due:
            if crawler.is_waiting:
                late += 1
                continue
            asked += 1
            crawler.ask(asked, threads)
        for fd, _event in poll.poll(0.002):
            crawler = by_fd[fd]
            status = crawler.hear()
            if status is None:
                continue
            statuses[status] += 1
            if status == 0:
                poll.unregister(fd)
                del by_fd[fd]
                crawler.connect()
                by_fd[crawler.socket.fileno()] = crawler
                poll.register(crawler.socket.fileno(), select.EPOLLIN)
    for crawler in crawlers:
        crawler.socket.close()
    took = time.monotonic() - began
    return {
        "asked": asked,
        "late": late,
        "rate": asked / took,
        "answered": sum(count for status, count in statuses.items() if status) / took,
        "statuses": {str(status): count for status, count in sorted(statuses.items())},
    }


if __name__ == "__main__":
    port, rate, seconds, count, threads = (float(word) for word in sys.argv[1:6])
    addresses = sources(int(count)) if count > 0 else ["127.0.0.1"] * int(-count)
    print(json.dumps(flood(int(port), rate, seconds, addresses, int(threads))))

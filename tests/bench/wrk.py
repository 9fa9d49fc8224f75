"""Driving a server with wrk and reading what it measured."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Reads lines "METHOD \t path \t cookie \t body" and walks through them, round and round or once;
# prints its figures as JSON.
SCRIPT = """
local requests, count, at, once = {}, 0, 0, false
function init(args)
  once = args[2] == "once"
  for line in io.lines(args[1]) do
    local method, path, cookie, body = line:match("^(.-)\\t(.-)\\t(.-)\\t(.*)$")
    local headers = {["Accept-Encoding"] = "gzip"}
    if cookie ~= "" then headers["Cookie"] = cookie end
    if body ~= "" then
      headers["Content-Type"] = "application/x-www-form-urlencoded"
      headers["Sec-Fetch-Site"] = "same-origin"
    end
    count = count + 1
    requests[count] = wrk.format(method, path, headers, body ~= "" and body or nil)
  end
end
function request()
  if once and at == count then wrk.thread:stop() end
  at = at % count + 1
  return requests[at]
end
function done(summary, latency, _)
  io.write(string.format('\\nJSON{"requests":%d,"duration_us":%d,"p50":%d,"p95":%d,"p99":%d,"max":%d,"mean":%d,' ..
    '"status_errors":%d,"socket_errors":%d}\\n', summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), latency.max, latency.mean,
    summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
"""


@dataclass(frozen=True)
class Request:
    """One request of a run; `body` is form data, already encoded."""

    path: str
    cookie: str = ""
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True)
class Measured:
    """Requests a second and latencies in milliseconds. `errors`: answers of 400 and up, lost sockets."""

    per_second: float
    p50: float
    p95: float
    p99: float
    requests: int
    errors: int


def drive(
    port: int, requests: list[Request], *, connections: int, seconds: int, once: bool = False
) -> Measured:
    """Send the requests round and round over keep-alive connections for some seconds.

    :param once: stop when the last of them was sent.
    """
    with tempfile.TemporaryDirectory() as folder:
        script, lines = Path(folder) / "run.lua", Path(folder) / "requests"
        script.write_text(SCRIPT)
        lines.write_text(
            "".join(f"{one.method}\t{one.path}\t{one.cookie}\t{one.body}\n" for one in requests)
        )
        done = subprocess.run(
            [
                "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s",
                "-s", str(script), f"http://127.0.0.1:{port}", "--", str(lines),
                *(["once"] if once else []),
            ],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    found = json.loads(done.stdout.rsplit("JSON", 1)[1])
    rate = found["requests"] / (found["duration_us"] / 1e6)
    if once and found["requests"] >= len(requests) - connections:
        # wrk waits for its time to end though nothing is left to send; connections that each wait
        # for an answer before they ask again say the rate by the time an answer takes.
        rate = connections * 1e6 / max(1, found["mean"])
    return Measured(
        per_second=rate,
        p50=found["p50"] / 1000,
        p95=found["p95"] / 1000,
        p99=found["p99"] / 1000,
        requests=found["requests"],
        errors=found["status_errors"] + found["socket_errors"],
    )

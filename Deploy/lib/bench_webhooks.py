"""Messages of webhooks over a gateway that is killed while it sends them: see Deploy/bench webhooks."""

import argparse
import hashlib
import http.client
import http.server
import json
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

from bench_chaos import Instance, send


class Receiver:
    """Takes what comes, and keeps of each message its id, the digest of its body, and when it came."""

    def __init__(self):
        self.lock = threading.Lock()
        self.bodies: dict[str, set[bytes]] = defaultdict(set)
        self.times: list[float] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver.lock:
                    receiver.bodies[self.headers["webhook-id"]].add(hashlib.sha256(body).digest())
                    receiver.times.append(time.monotonic())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # The gateway was killed in the middle of a request.

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def count(self) -> int:
        with self.lock:
            return len(self.bodies)


def make_endpoint(url: str, token: str, receiver: str) -> str:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    body = json.dumps({"url": receiver, "events": ["analysis.finished"]})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/webhooks", body, headers)
    answer = connection.getresponse()
    document = json.load(answer)
    if answer.status != 201:
        raise RuntimeError(f"The endpoint was not made: {document}")
    return document["id"]


class Database:
    def __init__(self, var: Path):
        self.address = (var / "database-url").read_text().strip()

    def ask(self, statement: str) -> list[str]:
        command = ["psql", self.address, "-AtX", "-v", "ON_ERROR_STOP=1", "-c", statement]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.split()

    def write(self, messages: int, endpoints: list[str]) -> list[str]:
        """Messages as the recorder writes them, and their ids."""
        ids = ", ".join(f"'{endpoint}'" for endpoint in endpoints)
        return self.ask(
            "WITH written AS (INSERT INTO webhook_deliveries (endpoint_id, event, body) "
            f"SELECT (ARRAY[{ids}]::uuid[])[1 + n % {len(endpoints)}], 'analysis.finished', "
            "jsonb_build_object('type', 'analysis.finished', 'data', jsonb_build_object('number', n))::text "
            f"FROM generate_series(1, {messages}) n RETURNING id), "
            "woken AS (SELECT pg_notify('mien_webhooks', '')) SELECT 'msg_' || id FROM written, woken")

    def waiting(self) -> int:
        return int(self.ask("SELECT count(*) FROM webhook_deliveries WHERE delivered_at IS NULL")[0])


def wait(condition, what: str, seconds: float = 300) -> None:
    """As long as messages come: so many seconds without any are the end."""
    end = time.monotonic() + seconds
    last = None
    while not condition():
        now = what()
        if now != last:
            last, end = now, time.monotonic() + seconds
        if time.monotonic() > end:
            raise RuntimeError(f"No message has come for {seconds:.0f} s; {now} have.")
        time.sleep(0.02)


def main() -> int:
    parser = argparse.ArgumentParser(prog="Deploy/bench webhooks")
    parser.add_argument("--local", required=True)
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--postmaster", type=Path, required=True, help="PostgreSQL's pid file")
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--endpoints", type=int, default=8, choices=range(1, 11), metavar="1 to 10")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.cluster, options.nodes = None, 0

    receiver = Receiver()
    instance, database = Instance(options), Database(options.var)
    endpoints = [make_endpoint(options.url, options.token, receiver.url) for _ in range(options.endpoints)]
    start = time.monotonic()
    written = set(database.write(options.messages, endpoints))
    for kill in range(1, options.kills + 1):
        floor = options.messages * kill // (options.kills + 1)
        wait(lambda floor=floor: receiver.count() >= floor, receiver.count)
        # With what keeps it running, which waits longer from end to end: the next start is at once.
        send(signal.SIGKILL, instance.pid("gateway"), *instance.children("gateway"))
        print(f"killed after {receiver.count()} messages", file=sys.stderr)
        instance.up()
    wait(lambda: database.waiting() == 0, receiver.count)
    seconds = time.monotonic() - start

    came = set(receiver.bodies)
    figures = {
        "messages": len(written),
        "kills": options.kills,
        "lost": len(written - came),
        "not_written": len(came - written),
        "came_again": len(receiver.times) - len(came),
        "one_id_with_several_bodies": sum(len(bodies) > 1 for bodies in receiver.bodies.values()),
        "seconds": round(seconds, 1),
        "messages_per_second": round(len(written) / seconds, 1),
        "longest_pause_seconds": round(max(b - a for a, b in zip(receiver.times, receiver.times[1:])), 1),
    }
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            print(f"{name.replace('_', ' '):<28}{value:>10}")
    return 1 if figures["lost"] or figures["not_written"] or figures["one_id_with_several_bodies"] else 0


if __name__ == "__main__":
    sys.exit(main())

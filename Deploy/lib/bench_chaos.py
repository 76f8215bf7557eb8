"""Random faults under load, with a ledger of every photo that was accepted: see Deploy/bench chaos."""

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

ENDED = {"finished", "failed", "cancelled"}


class Site:
    """The gateway, asked as a program asks it."""

    def __init__(self, url: str, token: str, photo: bytes):
        self.address = urlsplit(url).netloc
        self.headers = {"Authorization": f"Bearer {token}"}
        self.photo = photo

    def _ask(self, method: str, path: str, body=None, headers=None, timeout=10.0) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.address, timeout=timeout)
        try:
            connection.request(method, path, body, self.headers | (headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def upload(self) -> str | None:
        """The new analysis's id, or None when it was not accepted."""
        mark = uuid.uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="photo"; filename="photo.jpg"\r\n\r\n'
        body = head.encode() + self.photo + f"\r\n--{mark}--\r\n".encode()
        try:
            kind = {"Content-Type": f"multipart/form-data; boundary={mark}"}
            status, answer = self._ask("POST", "/analyses", body, kind)
            return json.loads(answer)["analyses"][0]["id"] if status == 202 else None
        except (OSError, http.client.HTTPException):
            return None

    def state(self, analysis: str) -> str | None:
        """Its status, "lost" when nobody knows it, or None when there was no answer."""
        try:
            status, answer = self._ask("GET", f"/analyses/{analysis}.json")
        except (OSError, http.client.HTTPException):
            return None
        if status == 404:
            return "lost"
        return json.loads(answer)["status"] if status in (200, 202) else None

    def waits_for(self, limit: float) -> float | None:
        """Seconds until a photo that is sent now is finished, however often sending it has to be tried."""
        start, analysis = time.monotonic(), None
        while time.monotonic() - start < limit:
            analysis = analysis or self.upload()
            if analysis and self.state(analysis) in ENDED:
                return time.monotonic() - start
            time.sleep(0.1)
        return None


def processes(relation: str, leader: int) -> list[int]:
    """Those of a session (-s) or the children of a process (--ppid); ps fails when there are none."""
    listed = subprocess.run(["ps", "-o", "pid=", relation, str(leader)], check=False, capture_output=True, text=True)
    return list(map(int, listed.stdout.split()))


class Instance:
    """The processes of an instance of Deploy/local, and of a Kafka cluster in the broker's place."""

    def __init__(self, options: argparse.Namespace):
        self.local, self.var, self.postmaster = options.local, options.var, options.postmaster
        self.cluster, self.nodes = options.cluster, options.nodes

    def up(self) -> None:
        done = subprocess.run([self.local, "up"], check=False, capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"Deploy/local up failed: {done.stdout}{done.stderr}")

    def pid(self, service: str) -> int:
        path = self.postmaster if service == "postgres" else self.var / "run" / f"{service}.pid"
        return int(path.read_text().split()[0])

    def children(self, service: str) -> list[int]:
        leader = self.pid(service)
        return [pid for pid in processes("-s", leader) if pid != leader]

    def node(self, action: str, number: int) -> None:
        subprocess.run([self.cluster, action, str(number)], check=True, capture_output=True, timeout=120)


def send(number: int, *pids: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # It has ended by itself.


def everything_of(instance: Instance, service: str) -> list[int]:
    if service == "postgres":
        leader = instance.pid("postgres")
        return [leader, *processes("--ppid", leader)]
    if service == "worker":
        return [instance.pid("worker"), *instance.children("worker")]
    if service == "gateway":
        # What keeps it running is left alone, and starts it again.
        return instance.children("gateway")
    return [instance.pid(service)]


def killed(service: str, away: float = 0):
    def fault(instance: Instance) -> None:
        send(signal.SIGKILL, *everything_of(instance, service))
        time.sleep(away)
        instance.up()

    return fault


def paused(service: str, seconds: float):
    def fault(instance: Instance) -> None:
        pids = everything_of(instance, service)
        send(signal.SIGSTOP, *pids)
        time.sleep(seconds)
        send(signal.SIGCONT, *pids)

    return fault


def child_killed(instance: Instance) -> None:
    send(signal.SIGKILL, random.choice(instance.children("worker")))


def node_gone(action: str, back: str, seconds: float):
    def fault(instance: Instance) -> None:
        number = random.randint(1, instance.nodes)
        instance.node(action, number)
        time.sleep(seconds)
        instance.node(back, number)

    return fault


FAULTS = {
    "worker process killed": child_killed,
    "workers killed": killed("worker"),
    "workers paused 40 s": paused("worker", 40),
    "gateway killed": killed("gateway"),
    "gateway paused 40 s": paused("gateway", 40),
    "PostgreSQL killed, away 45 s": killed("postgres", 45),
    "PostgreSQL paused 30 s": paused("postgres", 30),
}
OWN_BROKER = {"broker killed, away 20 s": killed("broker", 20), "broker paused 40 s": paused("broker", 40)}
CLUSTER = {
    "Kafka's node killed, away 20 s": node_gone("kill", "again", 20),
    "Kafka's node paused 40 s": node_gone("pause", "cont", 40),
}


class Load(threading.Thread):
    """Sends photos at a steady rate and keeps the ledger."""

    def __init__(self, site: Site, rate: float):
        super().__init__(daemon=True)
        self.site, self.rate = site, rate
        self.ledger: list[str] = []
        self.refused = 0
        self.stopping = threading.Event()

    def _one(self) -> None:
        analysis = self.site.upload()
        if analysis:
            self.ledger.append(analysis)
        else:
            self.refused += 1

    def run(self) -> None:
        while not self.stopping.wait(1 / self.rate):
            threading.Thread(target=self._one, daemon=True).start()


def open_ones(site: Site, ledger: list[str], limit: float) -> tuple[Counter, list[str]]:
    """Waits until all have ended, and counts how."""
    states: Counter = Counter()
    waiting, deadline = list(ledger), time.monotonic() + limit
    while waiting and time.monotonic() < deadline:
        left = []
        for analysis in waiting:
            state = site.state(analysis)
            if state in ENDED or state == "lost":
                states[state] += 1
            else:
                left.append(analysis)
        waiting = left
        time.sleep(0.5 if waiting else 0)
    return states, waiting


def main() -> int:
    parser = argparse.ArgumentParser(prog="Deploy/bench chaos")
    parser.add_argument("--local", required=True)
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--postmaster", type=Path, required=True, help="PostgreSQL's pid file")
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--photo", type=Path, required=True)
    parser.add_argument("--counts", required=True, help="prints finished photos, people's counts, longest wait")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=2, help="photos a second (default 2)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], metavar="WORDS", help="faults whose name holds this")
    parser.add_argument("--cluster", help="a script that takes kill, again, pause and cont with a node's number")
    parser.add_argument("--nodes", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    random.seed(options.seed)
    site = Site(options.url, options.token, options.photo.read_bytes())
    instance = Instance(options)
    faults = FAULTS | (CLUSTER if options.cluster else OWN_BROKER)
    if options.only:
        faults = {name: fault for name, fault in faults.items() if any(words in name for words in options.only)}
    if not faults:
        parser.error(f"no fault is called so; there are: {', '.join(FAULTS | OWN_BROKER | CLUSTER)}")
    load = Load(site, options.rate)
    load.start()
    end = time.monotonic() + options.minutes * 60
    recovery: dict[str, list[float | None]] = {}
    deck: list[str] = []
    while time.monotonic() < end:
        if not deck:
            deck = random.sample(sorted(faults), len(faults))
        name = deck.pop()
        time.sleep(random.uniform(1, 4))
        faults[name](instance)
        seconds = site.waits_for(180)
        recovery.setdefault(name, []).append(seconds)
        print(f"{name}: {'no photo finished in 180 s' if seconds is None else f'{seconds:.1f} s'}", file=sys.stderr)
    load.stopping.set()
    load.join()
    time.sleep(11)  # Uploads under way have their own limit of 10 s.
    states, waiting = open_ones(site, load.ledger, 120)
    counts = subprocess.run(options.counts, shell=True, capture_output=True, text=True, check=True)
    kept, counted, longest = map(float, counts.stdout.split())
    result = {
        "faults": sum(map(len, recovery.values())),
        "accepted": len(load.ledger),
        "not_accepted": load.refused,
        "finished": states["finished"],
        "failed": states["failed"],
        "lost": states["lost"],
        "open_after_120_s": len(waiting),
        "counted_twice_or_never": int(abs(kept - counted)),
        "longest_wait_seconds": round(longest, 1),
        "recovery_seconds": recovery,
    }
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        for name, value in result.items():
            if name != "recovery_seconds":
                print(f"{name.replace('_', ' '):26}{value}")
        print(f"\n{'seconds until a photo sent after the fault is finished':58}times  least  most")
        for name, values in sorted(recovery.items()):
            known = [value for value in values if value is not None]
            most = "never" if len(known) < len(values) else f"{max(known):.1f}"
            print(f"{name:58}{len(values):5}  {min(known, default=0):5.1f}  {most}")
    bad = ("failed", "lost", "open_after_120_s", "counted_twice_or_never")
    return 1 if any(result[name] for name in bad) or any(None in values for values in recovery.values()) else 0


if __name__ == "__main__":
    sys.exit(main())

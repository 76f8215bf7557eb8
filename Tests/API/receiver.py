"""A receiver of webhooks as a program would have one: it verifies what comes with the reference library.

    receiver.py SECRETS LOG    prints its port; SECRETS holds one secret a line, LOG gets a line of JSON for each message
"""

import http.server
import json
import sys
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError

secrets, log = map(Path, sys.argv[1:])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        verified = []
        for secret in secrets.read_text().split():
            try:
                Webhook(secret).verify(body, dict(self.headers))
                verified.append(True)
            except WebhookVerificationError:
                verified.append(False)
        entry = {
            "path": self.path, "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode(), "verified": verified,
        }
        with log.open("a") as lines:
            lines.write(json.dumps(entry) + "\n")
        self.send_response(302 if self.path == "/moved" else 204)
        if self.path == "/moved":
            self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()

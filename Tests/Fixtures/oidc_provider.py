"""A provider for tests: oidc-provider-mock, which does here what real providers do besides.

It checks PKCE (RFC 7636) and the client's secret, takes each redirect address to the character, and at POST /tests/rotate signs with
a new key. People and their claims come by the mock's own PUT /users/SUBJECT.
"""

import argparse
import os
import time
from urllib.parse import urlencode

import authlib.oauth2.rfc6749
import flask
import oidc_provider_mock
import uvicorn
from authlib import jose
from authlib.integrations import flask_oauth2
from authlib.oauth2.rfc7636 import CodeChallenge
from oidc_provider_mock import _app, _storage

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, required=True)
parser.add_argument("--client", default="mien")
parser.add_argument("--secret", default="a secret of the provider's")
parser.add_argument("--redirect", action="append", default=[], help="an address that people may be sent back to")
parser.add_argument("--bare", action="store_true", help="id tokens tell nothing but the subject; userinfo tells the rest")
parser.add_argument("--mixed", action="store_true", help="userinfo is about somebody else than the id token")
parser.add_argument("--iss", help="what the answer names as its issuer (RFC 9207); the description then says that it does")
parser.add_argument("--stale", action="store_true", help="people have shown themselves an hour ago, whatever was asked for")
parser.add_argument("--post", action="store_true", help="takes the secret in the form alone")
options = parser.parse_args()

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"


def with_challenge(register):
    def registered(self, grant, extensions=None):
        if issubclass(grant, authlib.oauth2.rfc6749.AuthorizationCodeGrant):
            extensions = [*(extensions or []), CodeChallenge(required=True)]
        register(self, grant, extensions)

    return registered


flask_oauth2.AuthorizationServer.register_grant = with_challenge(flask_oauth2.AuthorizationServer.register_grant)

keep_code = _app.AuthorizationCodeGrant.save_authorization_code


def keep_challenge(self, code, request):
    keep_code(self, code, request)
    kept = _storage.storage.get_authorization_code(code)
    for name in ("code_challenge", "code_challenge_method"):
        object.__setattr__(kept, name, request.payload.data.get(name))


_app.AuthorizationCodeGrant.save_authorization_code = keep_challenge
_storage.AuthorizationCode.get_auth_time = lambda self: int(time.time()) - (3600 if options.stale else 0)
if options.bare or options.mixed:
    _app.OpenIDCode.generate_user_info = lambda self, user, scope: {"sub": user.sub}

app = oidc_provider_mock.app(require_client_registration=True)


@app.before_request
def prepare():
    # The mock's own knows its clients by their registration, and gives them their names.
    storage = flask.g.oidc_provider_mock_storage
    if storage.get_client(options.client) is None:
        storage.store_client(_storage.Client(
            id=options.client, secret=options.secret, redirect_uris=options.redirect,
            allowed_scopes=_storage.Client.SCOPES_SUPPORTED,
            token_endpoint_auth_method="client_secret_post" if options.post else "client_secret_basic"))


@app.post("/tests/rotate")
def rotate():
    flask.g.oidc_provider_mock_storage.jwk = jose.RSAKey.generate_key(is_private=True)
    return "", 204


@app.after_request
def differ(response):
    path = flask.request.path
    if path.endswith("openid-configuration"):
        description = response.get_json()
        description["code_challenge_methods_supported"] = ["S256"]
        if options.post:
            description["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
        if options.iss:
            description["authorization_response_iss_parameter_supported"] = True
        response.set_data(flask.json.dumps(description))
    elif path.endswith("/authorize") and "Location" in response.headers:
        # The mock leaves it out where somebody says no (RFC 6749, 4.1.2.1).
        if "state=" not in response.headers["Location"]:
            response.headers["Location"] += "&" + urlencode({"state": flask.request.args["state"]})
        if options.iss:
            response.headers["Location"] += "&" + urlencode({"iss": options.iss})
    elif path.endswith("/userinfo") and options.mixed:
        response.set_data(flask.json.dumps({**response.get_json(), "sub": "somebody-else"}))
    return response


uvicorn.run(app, interface="wsgi", host="127.0.0.1", port=options.port, log_level="warning")

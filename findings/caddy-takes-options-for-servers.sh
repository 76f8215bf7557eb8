#!/usr/bin/env bash
# Caddy 2.6.2 (Debian 12): an option written on its directive's line, not in a block, is taken for something else, and
# validate says that all is well.
#
# Expected: "request_body max_size 100KB" limits an upload as the same words in a block do, or is refused; so is
#   "reverse_proxy 127.0.0.1:8080 lb_try_duration 5s". Caddy does refuse other slips, such as "log output discard".
# Seen: request_body drops the words and limits nothing. reverse_proxy takes the option's name and its value for two
#   more servers, lb_try_duration:80 and 5s:80, between which and the real one it chooses by chance: two of three
#   requests fail, and a retry that was meant to help is not set. "caddy validate" ends with 0 and "Valid
#   configuration"; only "caddy adapt" shows what was understood.
# So: test a proxy by what it does (an upload above the limit, thirty requests in a row), or read caddy adapt's JSON
#   for max_size and the list of upstreams.
set -euo pipefail
for tool in apt-get dpkg-deb python3; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: only tried on Debian 12; apt-get install python3" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq caddy 2>warnings.txt || { cat warnings.txt >&2; echo "apt-get update first?" >&2; exit 1; }
dpkg-deb --fsys-tarfile caddy_*.deb | tar -x ./usr/bin/caddy
export HOME=$folder XDG_DATA_HOME=$folder/data XDG_CONFIG_HOME=$folder/config
case $(usr/bin/caddy version) in
  *2.6.2*) ;;
  *) echo "Only tried with Caddy 2.6.2, which Debian 12 has" >&2; exit 2 ;;
esac

cat >block <<'END'
http://localhost:8000 {
	request_body {
		max_size 100KB
	}
	reverse_proxy 127.0.0.1:8080 {
		lb_try_duration 5s
	}
}
END
cat >line <<'END'
http://localhost:8000 {
	request_body max_size 100KB
	reverse_proxy 127.0.0.1:8080 lb_try_duration 5s
}
END
printf 'http://localhost:8000 {\n\tlog output discard\n}\n' >slip
for file in block line; do
  said=$(usr/bin/caddy validate --config "$file" --adapter caddyfile 2>&1) || { echo "$file: $said" >&2; exit 1; }
  [[ $said == *"Valid configuration"* ]] || { echo "$file: $said" >&2; exit 1; }
  usr/bin/caddy adapt --config "$file" --adapter caddyfile >"$file.json" 2>>warnings.txt
done
if usr/bin/caddy adapt --config slip --adapter caddyfile >/dev/null 2>&1; then
  echo "A slip in log used to be refused." >&2
  exit 1
fi

python3 - <<'END'
import json


def understood(name):
    """The limit, the servers and the time for retries in Caddy's own words."""
    with open(f"{name}.json") as file:
        route = json.load(file)["apps"]["http"]["servers"]["srv0"]["routes"][0]["handle"][0]["routes"]
    parts = {part["handler"]: part for step in route for part in step["handle"]}
    body, proxy = parts["request_body"], parts["reverse_proxy"]
    seen = (
        body.get("max_size"),
        [server["dial"] for server in proxy["upstreams"]],
        proxy.get("load_balancing", {}).get("try_duration"),
    )
    print(f"{name}: valid; max_size {seen[0]}, upstreams {seen[1]}, try_duration {seen[2]}")
    return seen


assert understood("block") == (100_000, ["127.0.0.1:8080"], 5_000_000_000)
assert understood("line") == (None, ["127.0.0.1:8080", "lb_try_duration:80", "5s:80"], None)
END
cat <<'END'
Caddy 2.6.2. Expected: an option on the directive's line holds or is refused. Seen: no limit, two servers that do not
exist, "Valid configuration". So test what the proxy does, or read caddy adapt's JSON.
END

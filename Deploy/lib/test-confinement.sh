# shellcheck shell=bash
# What containers are, what they reach, and where secrets are not. It uses the functions of test-containers.

inside() { # inside SERVICE COMMAND...
  compose exec -T "$@" </dev/null
}

# MARK: What a container is

is_no_root() {
  local user
  user=$(inside "$1" id -u) && [ "$user" -gt 0 ]
}
# What its first process may do, and the most that any program in it could: each as 16 hexadecimal digits.
has_capabilities() { # has_capabilities SERVICE MASK BOUND
  [ "$(inside "$1" grep -E '^Cap(Prm|Eff|Bnd):' /proc/1/status | awk '{ printf "%s%s ", $1, $2 }')" = "CapPrm:$2 CapEff:$2 CapBnd:$3 " ]
}
has_no_capability() { has_capabilities "$1" 0000000000000000 0000000000000000; }
# For everybody: that its own user may not write there proves little.
has_read_only_root() {
  inside "$1" grep -E '^[^ ]+ / [^ ]+ ro[, ]' /proc/mounts && inside "$1" sh -c '! touch /written && ! touch /etc/written' 2>/dev/null
}
megabytes_of() { echo $(($(docker image inspect --format '{{.Size}}' "$1") / 1000000)); }

# MARK: What it reaches

reaches() { # reaches SERVICE HOST PORT
  inside "$1" timeout 3 bash -c "exec 3<>/dev/tcp/$2/$3"
}
addresses_of() { docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$1"; } # addresses_of CONTAINER
addresses() { addresses_of "$(compose ps -q "$1")"; }
# By number: that a name is not known proves little.
reaches_an_address_of() { # reaches_an_address_of SERVICE OTHER PORT
  local address
  for address in $(addresses "$2"); do
    if reaches "$1" "$address" "$3"; then return 0; fi
  done
  return 1
}
worker_address() { addresses_of "$(compose ps -q worker | sed -n "$1p")" | awk '{print $1}'; }
reaches_the_other_worker() {
  local port
  for port in 8080 8081 9102 22; do
    if docker exec "$(compose ps -q worker | sed -n 1p)" timeout 3 bash -c "exec 3<>/dev/tcp/$(worker_address 2)/$port" 2>/dev/null; then return 0; fi
  done
  return 1
}
# On an address that others can reach; Docker's resolver and the like are on the loopback interface.
listens() {
  inside "$1" cat /proc/net/tcp /proc/net/tcp6 |
    awk '$4 == "0A" && $2 !~ /7F:/ && $2 !~ /^00000000000000000000000001000000:/ { found = 1; print } END { exit !found }'
}

holder=''
# Listens on a port until "let_go".
hold() { # hold ADDRESS PORT [COMMAND...]: under COMMAND
  "${@:3}" python3 -c 'import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind((sys.argv[1], int(sys.argv[2]))); s.listen(); time.sleep(100)' "$1" "$2" &
  holder=$!
  for _ in {1..50}; do
    if "${@:3}" bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null; then return 0; fi
    sleep 0.1
  done
  return 1
}
let_go() {
  [ -n "$holder" ] || return 0
  kill "$holder" 2>/dev/null || true
  wait "$holder" 2>/dev/null || true
  holder=''
}

# What is behind this host, as the internet is: a machine's place in the network, made here.
outside=198.51.100.2 outside_port=4430
begins_an_outside() {
  ip netns add "$project" &&
    ip link add "mien$$" type veth peer name eth0 netns "$project" &&
    ip address add "${outside%.2}.1/30" dev "mien$$" && ip link set "mien$$" up &&
    ip -n "$project" address add "$outside/30" dev eth0 && ip -n "$project" link set eth0 up && ip -n "$project" link set lo up &&
    ip -n "$project" route add default via "${outside%.2}.1" &&
    hold "$outside" "$outside_port" ip netns exec "$project"
}
ends_the_outside() {
  let_go
  ip netns delete "$project" 2>/dev/null || true
}
checks_the_outside() {
  if [ "$(id -u)" != 0 ]; then
    skip "that workers reach nothing outside" "only root can make an outside"
    return 0
  fi
  check "there is an outside" begins_an_outside
  check "the gateway reaches it" reaches gateway "$outside" "$outside_port"
  check "a worker does not" fails reaches worker "$outside" "$outside_port"
  ends_the_outside
}

# MARK: Where secrets are not

# Every secret of this installation, a line each, into a file that only this run reads.
knows_the_secrets() {
  (umask 077 && docker run --rm --user 0 --volume "${project}_secrets-of-postgres:/s/postgres:ro" --volume "${project}_secrets-of-gateway:/s/gateway:ro" \
    --volume "${project}_secrets-of-grafana:/s/grafana:ro" --entrypoint bash postgres:17 -c 'cat /s/*/*' >"$work/secrets") || return 1
  # Short or empty ones would be found everywhere.
  [ "$(wc -l <"$work/secrets")" -ge 5 ] && fails grep -qvE '^.{32}' "$work/secrets"
}
keeps_secrets_out_of_its_environment() {
  fails grep -qE 'postgres(ql)?://|^(MIEN_SECRET|POSTGRES_PASSWORD)=' <(docker inspect --format '{{join .Config.Env "\n"}}' "$(compose ps -q "$1" | head -n 1)")
}
# Environment, command, labels and mounts of every container, of those that have ended too.
keep_secrets_out_of_their_settings() { # keep_secrets_out_of_their_settings NUMBER: there are so many at least
  local containers
  mapfile -t containers < <(compose --profile '*' ps -aq)
  [ ${#containers[@]} -ge "$1" ] || return 1
  docker inspect "${containers[@]}" >"$work/settings" && fails grep -qFf "$work/secrets" "$work/settings"
}
# Neither in what the image was made of nor in how it was made. With them it looks for what is in it for sure.
keeps_secrets_out_of_its_layers() { # keeps_secrets_out_of_its_layers IMAGE
  local user=mien:x:10001: folder=$work/image
  mkdir "$folder" && docker save "$1" | tar -x -C "$folder" || return 1
  { docker history --no-trunc "$1" && docker image inspect "$1" && find "$folder" -type f -exec zcat --force {} +; } |
    LC_ALL=C grep -aoFf <(cat "$work/secrets" && echo "$user") | sort -u >"$work/found" || return 1
  rm -rf "$folder"
  [ "$(cat "$work/found")" = "$user" ] || { echo "found: $(wc -l <"$work/found") of the secrets and of what is in it for sure"; return 1; }
}

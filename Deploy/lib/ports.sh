# shellcheck shell=bash
# TCP ports of this machine: which are taken and by whom, and which are free.

is_port() { [[ $1 =~ ^[1-9][0-9]{0,4}$ ]] && [ "$1" -le 65535 ]; }

# Whether anything listens on the port, whoever it belongs to. 0A is LISTEN in the kernel's tables.
is_listening() { # is_listening PORT
  local hex
  hex=$(printf '%04X' "$1")
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    awk -v port="$hex" '{ split($2, local, ":") } local[2] == port && $4 == "0A" { found = 1 } END { exit !found }'
}

# "NAME (pid N)" of the process that listens, when this user may know it.
listener() { # listener PORT
  ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (pid \2)/p' | head -n 1
}

refuse_taken_port() { # refuse_taken_port PORT
  local owner
  is_listening "$1" || return 0
  owner=$(listener "$1")
  warn "Port $1 is taken${owner:+ by $owner}. Nothing was started."
  die "Choose another one: Deploy/local up --port N   (0 picks a free one)"
}

# Below the kernel's ephemeral range, so that no outgoing connection sits on it at the next start.
free_port() {
  local port
  for _ in {1..200}; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if ! is_listening "$port"; then
      echo "$port"
      return
    fi
  done
  die "No free port was found between 20000 and 32000."
}

# A private part keeps its port as long as nobody else has taken it in the meantime.
private_port() { # private_port NAME
  local port
  port=$(remembered "$1")
  if ! is_port "$port" || is_listening "$port"; then
    port=$(free_port)
    remember "$1" "$port"
  fi
  echo "$port"
}

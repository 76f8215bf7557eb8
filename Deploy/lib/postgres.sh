# shellcheck shell=bash
# A private PostgreSQL cluster. It listens on 127.0.0.1 only, on a port of its own, without a socket, and lets nobody
# in without a password. PostgreSQL refuses to run as root, so that root runs it as Debian's user postgres.

pg_data= # set by open_postgres

# Where the cluster lives: under var, unless the user postgres cannot get there (a checkout below a home of mode 0700).
pg_home() {
  local home
  home=$(remembered postgres-home)
  if [ -z "$home" ]; then
    home=$var/postgres
    if [ "$(id -u)" = 0 ] && ! as_postgres test -x "$var"; then
      home=/var/lib/mien-$(printf %s "$var" | sha256sum | cut -c1-12)
    fi
    if [ -d "$state" ]; then remember postgres-home "$home"; fi
  fi
  echo "$home"
}

as_postgres() {
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

# Writes a file of the cluster from standard input, readable by its user alone.
pg_write() { # pg_write FILE
  # shellcheck disable=SC2016 # the inner shell's $1
  as_postgres sh -c 'umask 077; cat >"$1"' sh "$1"
}

# The folder of PostgreSQL's programs: of the version that made the cluster, else the newest here.
pg_bin() {
  local version found
  version=$(cat "$pg_data/PG_VERSION" 2>/dev/null) || version=
  # shellcheck disable=SC2086 # the star is to match
  found=$(printf '%s\n' /usr/lib/postgresql/${version:-*}/bin | sort -V | tail -n 1)
  [ -x "$found/postgres" ] ||
    die "PostgreSQL ${version:-server} is not here (/usr/lib/postgresql): ${version:+the cluster in $pg_data needs that version.}"
  echo "$found"
}

open_postgres() {
  [ "$(id -u)" != 0 ] || id postgres >/dev/null 2>&1 || die "The user postgres is missing: run Deploy/setup."
  pg_data=$(pg_home)/data
}

# The pid of the postmaster that really runs in this cluster, however it was started: one that has our folder as its
# working directory. A number in postmaster.pid alone says nothing after a kill -9 or a reboot. Where a process is, its own
# user may ask; root in a container may not.
pg_pid() {
  local pid=
  [ -s "$pg_data/postmaster.pid" ] || return 1
  read -r pid <"$pg_data/postmaster.pid"
  [ -n "$pid" ] && as_postgres test "/proc/$pid/cwd" -ef "$pg_data" && echo "$pid"
}

# Backends whose postmaster was killed; they end by themselves as soon as they notice.
pg_orphans() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  as_postgres bash -c 'for process in /proc/[0-9]*; do
    if [ "$process/cwd" -ef "$1" ]; then echo "${process#/proc/}"; fi
  done' bash "$pg_data"
}
pg_has_no_orphans() { [ -z "$(pg_orphans)" ]; }

pg_running_port() { sed -n 4p "$pg_data/postmaster.pid"; }

make_cluster() {
  local home=${pg_data%/data} bin
  bin=$(pg_bin)
  mkdir -p "$home"
  if [ "$(id -u)" = 0 ]; then chown postgres: "$home"; fi
  chmod 700 "$home"
  [ -s "$var/postgres-superuser" ] || keep_secret "$var/postgres-superuser" "$(random_hex 24)"
  as_postgres rm -rf "$home/data.part"
  pg_write "$home/password" <"$var/postgres-superuser"
  as_postgres "$bin/initdb" -D "$home/data.part" --username=postgres --pwfile="$home/password" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C.UTF-8 --data-checksums >>"$log/postgres.out" 2>&1 ||
    { tail_of "$log/postgres.out"; die "initdb could not make the cluster in $home."; }
  as_postgres rm -f "$home/password"
  { cat "$home/data.part/postgresql.conf"; echo "include_if_exists = 'mien.conf'"; } | pg_write "$home/postgresql.conf"
  as_postgres mv "$home/postgresql.conf" "$home/data.part/postgresql.conf"
  as_postgres mv "$home/data.part" "$home/data"
}

start_cluster() {
  local port bin
  bin=$(pg_bin)
  if ! within 100 pg_has_no_orphans; then
    # shellcheck disable=SC2046 # a list of pids
    kill -QUIT $(pg_orphans) 2>/dev/null || true
    within 50 pg_has_no_orphans || die "Processes of a killed PostgreSQL do not end: $(pg_orphans | tr '\n' ' ')"
  fi
  # No process is at work in the folder, so that a postmaster.pid in it is left over, whoever has its number now.
  as_postgres rm -f "$pg_data/postmaster.pid"
  port=$(private_port postgres-port)
  printf '%s\n' "listen_addresses = '127.0.0.1'" "port = $port" "unix_socket_directories = ''" \
    "log_line_prefix = '%m [%p] %u@%d '" "log_checkpoints = off" |
    pg_write "$pg_data/mien.conf"
  as_postgres "$bin/pg_ctl" -D "$pg_data" -w -t 300 start </dev/null >>"$log/postgres.out" 2>&1 9>&- ||
    { tail_of "$log/postgres.out"; die "PostgreSQL does not start."; }
}

pg_psql() { # pg_psql ARGUMENT...: as the superuser of the cluster
  PGPASSWORD=$(cat "$var/postgres-superuser") psql -X -q -A -t -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$(pg_running_port)" -U postgres "$@"
}

pg_accepts() { "$(pg_bin)/pg_isready" -q -h 127.0.0.1 -p "$(pg_running_port)" 2>/dev/null; }

# Mien's own role and database: no superuser, owner of nothing else.
prepare_database() {
  local password url
  [ -s "$var/postgres-password" ] || keep_secret "$var/postgres-password" "$(random_hex 24)"
  password=$(cat "$var/postgres-password")
  if [ -z "$(pg_psql -d postgres -c "SELECT 1 FROM pg_roles WHERE rolname = 'mien'")" ]; then
    pg_psql -d postgres <<<"CREATE ROLE mien LOGIN PASSWORD '$password'"
  fi
  if [ -z "$(pg_psql -d postgres -c "SELECT 1 FROM pg_database WHERE datname = 'mien'")" ]; then
    pg_psql -d postgres -c "CREATE DATABASE mien OWNER mien"
  fi
  url=postgres://mien:$password@127.0.0.1:$(pg_running_port)/mien
  [ "$(cat "$var/database-url" 2>/dev/null)" = "$url" ] || keep_secret "$var/database-url" "$url"
}

up_postgres() {
  local from
  from=$(now_ms)
  open_postgres
  if pg_pid >/dev/null; then
    within 600 pg_accepts || { tail_of "$log/postgres.out"; die "PostgreSQL (pid $(pg_pid)) runs and accepts no connection."; }
    prepare_database
    part postgres runs "127.0.0.1:$(pg_running_port)"
    return
  fi
  waiting postgres "starting"
  [ -s "$pg_data/PG_VERSION" ] || make_cluster
  start_cluster
  prepare_database
  part postgres started "127.0.0.1:$(pg_running_port)   ($(since "$from"))"
}

down_postgres() {
  open_postgres
  if pg_pid >/dev/null; then
    as_postgres "$(pg_bin)/pg_ctl" -D "$pg_data" -m fast -w -t 60 stop >>"$log/postgres.out" 2>&1 ||
      { tail_of "$log/postgres.out"; die "PostgreSQL (pid $(pg_pid)) does not stop."; }
    part postgres stopped
  fi
}

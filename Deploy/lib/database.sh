# shellcheck shell=bash
# The database of an instance as its superuser, whether Deploy/local or Docker Compose runs it. Needs common.sh and
# postgres.sh.

# compose=yes: that of docker-compose.yml. The caller sets it.
compose=no

docker_compose() { (cd "$root" && docker compose "$@"); }

need_database() {
  if [ "$compose" = yes ]; then
    local running start="docker compose up --detach --wait postgres"
    # Why not, it says itself: no engine, no permission, a file that names no such service; some say that of one that is stopped.
    running=$(docker_compose ps --quiet --status running postgres) ||
      die "Docker Compose does not say whether the service postgres runs: see the lines above. If it is only stopped: $start"
    [ -n "$running" ] || die "The service postgres does not run. Start it: $start"
    return
  fi
  if [ -n "${MIEN_DATABASE_URL:-}${MIEN_DATABASE_URL_FILE:-}" ]; then
    die "MIEN_DATABASE_URL names a server of your own: use its own backups (pg_dump and pg_restore do)."
  fi
  [ -e "$state" ] || die "Nothing was ever started in $var. For Docker Compose, say --compose."
  open_postgres
  pg_pid >/dev/null || die "PostgreSQL of the instance in $var does not run. Start it: Deploy/local up"
}

# One of PostgreSQL's programs (psql, pg_dump, pg_restore), connected as the superuser; standard input and output pass.
database() { # database PROGRAM ARGUMENT...
  local program=$1
  shift
  if [ "$compose" = yes ]; then
    docker_compose exec -T postgres "$program" --username=postgres "$@"
  else
    PGPASSWORD=$(cat "$var/postgres-superuser") "$(pg_bin)/$program" --host=127.0.0.1 --port="$(pg_running_port)" \
      --username=postgres "$@"
  fi
}

query() { # query DATABASE STATEMENT
  database psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 --dbname="$1" \
    --command="SET client_min_messages = warning" --command="$2" </dev/null
}

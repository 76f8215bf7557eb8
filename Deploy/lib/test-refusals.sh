# shellcheck shell=bash
# What an operator is told when a start cannot succeed, and when the operator's command finds something wrong. It uses the
# functions of test-containers.
#
# shellcheck disable=SC2016 # "$1" is for the Bash in a container

start() { compose up --detach --wait --wait-timeout 60 --scale worker=1; }
# Without "secrets", which makes what is missing, and "migrate", which meets the same trouble first.
start_the_gateway_alone() { compose up --detach --wait --wait-timeout 20 --no-deps gateway; }

# A start that cannot succeed ends with an error. Since it began, the service says why; it ends with an error as well, and is
# not tried again and again: Docker waits twice as long before each try, which makes ten in a minute.
refuses() { # refuses SERVICE SENTENCE COMMAND...
  local service=$1 sentence=$2 since status=0
  shift 2
  since=$(date --utc +%FT%T.%NZ)
  if "$@"; then
    echo "it started"
    return 1
  fi
  compose logs --no-log-prefix --since "$since" "$service" >"$work/told" 2>&1
  if ! grep -F -- "$sentence" "$work/told"; then
    echo "$service did not say: $sentence"
    cat "$work/told"
    status=1
  fi
  ends_with_an_error "$service" || status=1
  compose stop gateway || status=1
  return "$status"
}
ends_with_an_error() { # ends_with_an_error SERVICE
  local container end=$((SECONDS + 20)) restarts
  container=$(compose ps -aq "$1")
  # Of a container that is just being tried again, the exit status is 0.
  until [ "$(docker inspect --format '{{.State.ExitCode}}' "$container")" != 0 ]; do
    [ "$SECONDS" -lt "$end" ] || { echo "$1 does not end with an error"; return 1; }
    sleep 0.1
  done
  restarts=$(docker inspect --format '{{.RestartCount}}' "$container") || return 1
  [ "$restarts" -le 10 ] || { echo "$1 was tried again $restarts times"; return 1; }
}

tells_of_a_taken_port() {
  local status=0
  hold 127.0.0.1 "$MIEN_PORT" || return 1
  if start >"$work/told" 2>&1; then status=1; fi
  let_go
  cat "$work/told"
  [ "$status" = 0 ] && grep -qE 'address already in use|port is already allocated' "$work/told"
}

secret_file=/run/secrets-of-gateway/secret
# While COMMAND runs, Bash has done CHANGE to the file of a gateway's secret, as $1.
with_secret() { # with_secret FILE CHANGE COMMAND...
  local file=$1 change=$2 status=0
  shift 2
  in_the_gateways_secrets "cp -p \"\$1\" \"\$1.kept\" && $change" "$file" || return 1
  "$@" || status=1
  in_the_gateways_secrets 'mv "$1.kept" "$1"' "$file" || return 1
  return "$status"
}
in_the_gateways_secrets() { # in_the_gateways_secrets SCRIPT FILE
  docker run --rm --user 0 --volume "${project}_secrets-of-gateway:/s" --entrypoint bash postgres:17 -c "$1" - "/s/$2"
}
tells_of_an_empty_secret() {
  with_secret secret ': >"$1"' refuses gateway "MIEN_SECRET_FILE names \"$secret_file\", which is empty." start
}
tells_of_a_missing_secret() {
  with_secret secret 'rm "$1"' refuses gateway "MIEN_SECRET_FILE names \"$secret_file\", which cannot be read" start_the_gateway_alone
}

tells_of_a_wrong_password() {
  local sentence='The database refused the log-in: the user or its password is wrong' status=0 password
  password=$(docker run --rm --user 0 --volume "${project}_secrets-of-postgres:/s:ro" --entrypoint cat postgres:17 /s/mien) || return 1
  sql "ALTER ROLE mien PASSWORD 'something else'" && compose stop gateway || return 1
  refuses migrate "$sentence" start && refuses gateway "$sentence" start_the_gateway_alone || status=1
  sql "ALTER ROLE mien PASSWORD '$password'" || return 1
  return "$status"
}
tells_of_a_schema_ahead() {
  local sentence='The database is ahead of this build: it has 9999_of_the_future' status=0
  sql "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'of_the_future', 'x')" && compose stop gateway || return 1
  refuses migrate "$sentence" start && refuses gateway "$sentence" start_the_gateway_alone || status=1
  sql "DELETE FROM schema_migrations WHERE version = 9999" || return 1
  return "$status"
}

# MARK: The operator's command

# It names what is wrong with permissions; a warning alone is no failure.
doctor() { compose run --rm "$@"; }
told_while() { # told_while CHANGE UNDO STATUS PATTERN: as long as CHANGE holds, the doctor ends so and says so
  local output status
  sql "$1" && output=$(doctor mien doctor 2>&1)
  status=$?
  sql "$2"
  [ "$status" = "$3" ] && grep "$4" <<<"$output"
}
warns_of_a_powerful_role() {
  told_while "ALTER ROLE mien CREATEDB" "ALTER ROLE mien NOCREATEDB" 0 'warning  permissions .*ALTER ROLE mien NOCREATEDB;'
}
tells_of_missing_privileges() {
  told_while "REVOKE INSERT, DELETE ON photos FROM mien" "GRANT INSERT, DELETE ON photos TO mien" 1 \
    'problem  permissions .*lacks INSERT, DELETE on photos'
}
tells_of_a_folder_that_cannot_be_written() {
  local output
  if output=$(doctor --env MIEN_CACHE_DIR=/usr/local/cache mien doctor 2>&1); then return 1; fi
  grep 'problem  permissions .*may not write to /usr/local (MIEN_CACHE_DIR): it is on a read-only file system' <<<"$output"
}

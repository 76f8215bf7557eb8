# shellcheck shell=bash
# Deploy/bench containers: how the photos per second grow with `--scale worker=N`. Needs database.sh.

# Each worker container gets a share of a core, so that gateway, broker and database keep theirs however many workers
# there are: what is measured is the pool, not the number of cores.
containers() {
  local photos=400 cpus=0.3 counts=1,2,4 json='' count rate
  while [ $# -gt 0 ]; do
    case $1 in
      --photos) photos=${2:?--photos needs a number} && shift 2 ;;
      --cpus) cpus=${2:?--cpus needs a number, such as 0.3} && shift 2 ;;
      --workers) counts=${2:?--workers needs numbers, such as 1,2,4} && shift 2 ;;
      --json) json=1 && shift ;;
      *) misused ;;
    esac
  done
  docker info >/dev/null 2>&1 || die "No Docker engine answers."
  compose=yes # of database.sh
  cd "$root"
  MIEN_VAR=$(mktemp -d /tmp/mien-bench.XXXXXX)
  MIEN_PORT=$(free_port)
  : >"$MIEN_VAR/env"
  # An installation's .env may name other files, another database and other limits.
  export COMPOSE_FILE=docker-compose.yml COMPOSE_ENV_FILES=$MIEN_VAR/env COMPOSE_PROFILES=
  export COMPOSE_PROJECT_NAME=mien-bench-$$ MIEN_PORT MIEN_WORKER_CPUS=$cpus MIEN_WORKER_PROCESSES=1
  export MIEN_MAX_OPEN_PER_USER=100000 MIEN_MAX_OPEN=100000
  trap 'docker compose down --volumes --timeout 20 >/dev/null 2>&1; rm -rf "$MIEN_VAR"' EXIT
  make_photo
  docker compose build --quiet >&2
  docker compose up --detach --wait --scale worker=0 >&2
  openssl rand -hex 16 | docker compose run --rm -T mien user create --name Bench --email bench@example.org >&2
  token=$(docker compose run --rm -T mien token create bench@example.org </dev/null)
  for count in ${counts//,/ }; do
    rate=$(rate_of "$count" "$photos")
    printf '%s\t%s\n' "$count" "$rate"
  done | print_rates "$cpus" "$json"
}

nothing_is_open() { [ "$(query mien "SELECT count(*) FROM analyses WHERE status IN ('queued', 'processing')")" = 0 ]; }

# Photos per second between the tenth and the ninety-fifth of a hundred: without the start, and without the last
# partitions' end.
rate_of() { # rate_of WORKERS PHOTOS
  local start sent=0 form=()
  while [ ${#form[@]} -lt 40 ]; do form+=(--form "photo=@$MIEN_VAR/photo.jpg;type=image/jpeg"); done
  start=$(query mien "SELECT now()")
  while [ "$sent" -lt "$2" ]; do
    curl --silent --show-error --fail --noproxy '*' --output /dev/null --header "Authorization: Bearer $token" "${form[@]}" "http://127.0.0.1:$MIEN_PORT/analyses"
    sent=$((sent + 20))
  done
  docker compose up --detach --no-recreate --scale worker="$1" worker >&2
  until nothing_is_open; do sleep 1; done
  docker compose rm --stop --force worker >&2
  query mien "SELECT 0.85 * count(*) / extract(epoch FROM percentile_disc(0.95) WITHIN GROUP (ORDER BY finished_at)
                                              - percentile_disc(0.10) WITHIN GROUP (ORDER BY finished_at))
              FROM analyses WHERE submitted_at >= '$start' AND status = 'finished'"
}

# Reads a line for each number of workers: the number, a tab, photos per second.
print_rates() { # print_rates CPUS JSON
  jq --raw-input --null-input --raw-output --arg cpus "$1" --arg json "$2" '
    [inputs | split("\t") | map(tonumber) | {workers: .[0], photos_per_second: .[1]}]
    | .[0].photos_per_second as $first
    | map(. + {times_the_first: (.photos_per_second / $first)}) as $runs
    | if $json != "" then {cpus: ($cpus | tonumber), runs: $runs}
      else "workers of \($cpus) cores  photos/s  times the first",
        ($runs[] | "\(.workers)  \(.photos_per_second * 10 | round / 10)  \(.times_the_first * 100 | round / 100)")
      end'
}

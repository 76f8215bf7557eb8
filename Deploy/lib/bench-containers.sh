# shellcheck shell=bash
# Deploy/bench containers: how the photos per second grow with `--scale worker=N`.

# Each worker container gets a share of a core, so that gateway, broker and database keep theirs however many workers
# there are: what is measured is the pool, not the number of cores.
containers() {
  local photos=400 cpus=0.3 counts=1,2,4 json='' count rates=()
  while [ $# -gt 0 ]; do
    case $1 in
      --photos) photos=${2:?--photos needs a number} && shift 2 ;;
      --cpus) cpus=${2:?--cpus needs a number, such as 0.3} && shift 2 ;;
      --workers) counts=${2:?--workers needs numbers, such as 1,2,4} && shift 2 ;;
      --json) json=1 && shift ;;
      *) usage >&2 && exit 2 ;;
    esac
  done
  docker info >/dev/null 2>&1 || die "No Docker engine answers."
  cd "$root"
  MIEN_VAR=$(mktemp -d /tmp/mien-bench.XXXXXX)
  MIEN_PORT=$(free_port)
  export COMPOSE_PROJECT_NAME=mien-bench-$$ MIEN_PORT MIEN_WORKER_CPUS=$cpus MIEN_WORKER_PROCESSES=1
  export MIEN_MAX_OPEN_PER_USER=100000 MIEN_MAX_OPEN=100000
  trap 'docker compose down --volumes --timeout 20 >/dev/null 2>&1; rm -rf "$MIEN_VAR"' EXIT
  make_photo
  docker compose build --quiet >&2
  docker compose up --detach --wait --scale worker=0 >&2
  openssl rand -hex 16 | docker compose run --rm -T mien user create --name Bench --email bench@example.org >&2
  token=$(docker compose run --rm -T mien token create bench@example.org </dev/null)
  for count in ${counts//,/ }; do rates+=("$(rate_of "$count" "$photos")"); done
  # shellcheck disable=SC2086 # a list of numbers
  print_rates "$json" "$cpus" ${counts//,/ } "${rates[@]}"
}

in_database() { docker compose exec -T postgres psql --username=postgres --dbname=mien --no-align --tuples-only --command="$1" </dev/null; }
nothing_is_open() { [ "$(in_database "SELECT count(*) FROM analyses WHERE status IN ('queued', 'processing')")" = 0 ]; }

# Photos per second between the tenth and the ninety-fifth of a hundred: without the start, and without the last
# partitions' end.
rate_of() { # rate_of WORKERS PHOTOS
  local start sent=0 form=()
  while [ ${#form[@]} -lt 40 ]; do form+=(--form "photo=@$MIEN_VAR/photo.jpg;type=image/jpeg"); done
  start=$(in_database "SELECT now()")
  while [ "$sent" -lt "$2" ]; do
    curl --silent --show-error --fail --noproxy '*' --output /dev/null --header "Authorization: Bearer $token" "${form[@]}" "http://127.0.0.1:$MIEN_PORT/analyses"
    sent=$((sent + 20))
  done
  docker compose up --detach --no-recreate --scale worker="$1" worker >&2
  until nothing_is_open; do sleep 1; done
  docker compose rm --stop --force worker >&2
  in_database "SELECT 0.85 * count(*) / extract(epoch FROM percentile_disc(0.95) WITHIN GROUP (ORDER BY finished_at)
                                              - percentile_disc(0.10) WITHIN GROUP (ORDER BY finished_at))
               FROM analyses WHERE submitted_at >= '$start' AND status = 'finished'"
}

print_rates() { # print_rates JSON CPUS COUNT... RATE...
  local json=$1 cpus=$2
  shift 2
  printf '%s\n' "$@" | jq --raw-input --null-input --raw-output --arg cpus "$cpus" --arg json "$json" '
    [inputs | tonumber] as $all | ($all | length / 2) as $half
    | [range($half) | {workers: $all[.], photos_per_second: $all[. + $half], times_the_first: ($all[. + $half] / $all[$half])}] as $runs
    | if $json != "" then {cpus: ($cpus | tonumber), runs: $runs}
      else "workers of \($cpus) cores  photos/s  times the first",
        ($runs[] | "\(.workers)  \(.photos_per_second * 10 | round / 10)  \(.times_the_first * 100 | round / 100)")
      end'
}

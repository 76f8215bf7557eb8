# shellcheck shell=bash
# Mien's own processes: the build, the migrations, the gateway and the workers.

bin=${MIEN_BIN:-$root/.build/release}
grace=12 # seconds; the services themselves end within 10

build() {
  local from stamp=$root/.build/release.built
  from=$(now_ms)
  if [ -n "${MIEN_BIN:-}" ]; then
    [ -x "$bin/mien-gateway" ] || die "MIEN_BIN=$MIEN_BIN holds no mien-gateway."
    part build skipped "taken from $bin"
    return
  fi
  if is_built "$stamp"; then
    part build ready "(nothing has changed)"
    return
  fi
  part build starts "swift build -c release (minutes at the first time, seconds after that)"
  # As old as the build's start: what is changed while it runs is built the next time.
  mkdir -p "$root/.build"
  toolchain >"$stamp.new"
  (cd "$root" && swift build -c release --static-swift-stdlib 9>&-) || die "The build failed; nothing was started."
  mv "$stamp.new" "$stamp"
  part build ready "($(since "$from"))"
}

# Whether the executables are there and nothing that they are made of is newer. SwiftPM says so too, after 15 to 35 s. A
# file that was deleted makes its folder newer.
is_built() { # is_built STAMP
  local name newer
  for name in mien-gateway mien-worker mien; do [ -x "$bin/$name" ] || return 1; done
  [ -e "$1" ] && [ "$(cat "$1")" = "$(toolchain)" ] || return 1
  newer=$(find "$root/Package.swift" "$root/Sources" "$root/Services/Gateway" "$root/Services/Worker/Sources" \
    "$root/Services/Admin" "$here/setup" /usr/local/lib/pkgconfig -newer "$1" -print -quit 2>/dev/null || true)
  [ -z "$newer" ]
}

# Which compiler it is: a newer one builds anew.
toolchain() {
  local swift
  swift=$(command -v swift) && swift=$(readlink -f "$swift") && stat -c '%n %Y %s' "$swift"
}

# An operator's own servers, if the environment names them.
external_database() { [ -n "${MIEN_DATABASE_URL:-}${MIEN_DATABASE_URL_FILE:-}" ]; }
external_brokers() { [ -n "${MIEN_KAFKA_BROKERS:-}" ]; }

# The settings of both services; what the environment already says wins where it may.
export_settings() { # export_settings HTTP_PORT INTERNAL_PORT WORKERS
  local file
  for file in MIEN_SECRET MIEN_DATABASE_URL; do
    # An empty variable is no setting.
    [ -n "${!file:-}" ] || unset "$file"
  done
  external_database || export MIEN_DATABASE_URL_FILE=$var/database-url
  own_broker=no
  if ! external_brokers; then
    own_broker=yes
    MIEN_KAFKA_BROKERS=127.0.0.1:$(remembered kafka-port)
  fi
  export MIEN_KAFKA_BROKERS
  # The private broker never gives up a consumer that died; one of the same name takes its place. With Kafka, members that keep
  # their names are together again sooner when the node that coordinates them goes (README).
  export MIEN_KAFKA_STATIC_MEMBERS=${MIEN_KAFKA_STATIC_MEMBERS:-yes}
  if [ -z "${MIEN_SECRET:-}${MIEN_SECRET_FILE:-}" ]; then
    [ -s "$var/secret" ] || keep_secret "$var/secret" "$(random_hex 32)"
    export MIEN_SECRET_FILE=$var/secret
  fi
  export MIEN_HTTP_PORT=$1 MIEN_INTERNAL_PORT=$2 MIEN_WORKER_PROCESSES=$3
  export MIEN_GATEWAY_URL=${MIEN_GATEWAY_URL:-http://$(reached_at "${MIEN_INTERNAL_HOST:-}"):$2}
  export MIEN_MIGRATIONS_DIR=${MIEN_MIGRATIONS_DIR:-$root/Migrations}
  export MIEN_WEB_DIR=${MIEN_WEB_DIR:-$root/Sources/GatewayCore}
  export MIEN_MODELS_DIR=${MIEN_MODELS_DIR:-$root/Services/Worker/Models}
  export MIEN_DETECTOR=${MIEN_DETECTOR:-/usr/local/share/mien/centerface.onnx}
  export MIEN_CACHE_DIR=${MIEN_CACHE_DIR:-$var/cache}
  export MIEN_HEALTH_FILE=$run/worker.health
}

# What a running service was started with. A new build, new pages, migrations or models count, and every setting, also
# what a file holds that one names; a service that was started with exactly this is left alone.
fingerprint() { # fingerprint SETTING_THAT_IS_NOT_ITS_OWN... -- PATH...
  local others=" MIEN_VAR MIEN_BIN MIEN_WORKER_PID " name
  while [ "$1" != -- ]; do others+="$1 " && shift; done
  shift
  {
    for name in ${!MIEN_*}; do
      [[ $others != *" $name "* ]] || continue
      printf '%s=%s\n' "$name" "${!name}"
      case $name in
        # These are written by the services.
        MIEN_HEALTH_FILE | MIEN_LOG_FILE) ;;
        # A path that is not there is for the service itself to complain about.
        *_FILE) cat -- "${!name}" 2>/dev/null || true ;;
      esac
    done
    for name; do find "$name" -type f -printf '%p %s %T@\n' 2>/dev/null | sort || true; done
  } | sha256sum | cut -d' ' -f1
}

gateway_fingerprint() {
  fingerprint MIEN_WORKER_PROCESSES -- "$bin/mien-gateway" "$MIEN_MIGRATIONS_DIR" "$MIEN_WEB_DIR" "$MIEN_MODELS_DIR"
}

worker_fingerprint() {
  fingerprint MIEN_HTTP_PORT -- "$bin/mien-worker" "$MIEN_MODELS_DIR" "$MIEN_DETECTOR" "${MIEN_DETECTOR%/*}/yunet.onnx"
}

migrate() {
  local output
  # What it waits for, and why it fails, it says on standard error: that is to be seen at once.
  if ! output=$("$bin/mien" migrate up 9>&-); then
    die "The migrations failed; the services were not started."
  fi
  part migrations current "$(tail -n 1 <<<"$output")"
}

# The host of an address at which this machine reaches who listens there: on all of its addresses, or on one.
reached_at() { # reached_at HOST
  case $1 in
    '' | 0.0.0.0 | ::) echo 127.0.0.1 ;;
    *:*) echo "[$1]" ;;
    *) echo "$1" ;;
  esac
}

# Where the gateway that runs is reached.
site() { echo "http://$(remembered http-host-in-use 127.0.0.1):$(remembered http-port-in-use)"; }

answers() { # answers URL
  curl --silent --fail --noproxy '*' --max-time 2 --output /dev/null "$1"
}

# Waits for a check to succeed, as long as the service lives.
wait_for() { # wait_for SERVICE SECONDS CHECK...
  local service=$1 deadline=$(($(now_ms) + $2 * 1000))
  shift 2
  until "$@"; do
    if ! is_alive "$service" || [ "$(now_ms)" -gt "$deadline" ]; then return 1; fi
    waiting "$service" "waiting for it to be ready ($(((deadline - $(now_ms)) / 1000)) s left)"
    sleep 0.1
  done
}

not_ready() { # not_ready SERVICE
  tail_of "$log/$1.log" "$log/$1.out"
  if is_alive "$1"; then die "The $1 runs and does not get ready: see the lines above."; fi
  die "The $1 ended: see the lines above."
}

up_gateway() {
  local from verb=started wanted
  from=$(now_ms)
  wanted=$(gateway_fingerprint)
  if runs_as_asked gateway "$wanted"; then
    verb=runs
  else
    if is_alive gateway; then verb=restarted; fi
    stop_process gateway "$grace"
    # glibc keeps all that photos and pages took: 138 MB after a few, 66 with these. A smaller threshold saves ten more, and
    # costs 490 page faults a photo, a third of the gateway's time for it (the image sets them too).
    MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=4194304 MALLOC_TRIM_THRESHOLD_=33554432 \
      MIEN_LOG_FILE=${MIEN_LOG_FILE:-$log/gateway.log} spawn gateway "$wanted" "$here/lib/keep" "$run/gateway.ends" "$bin/mien-gateway"
    remember http-port-in-use "$MIEN_HTTP_PORT"
    remember http-host-in-use "$(reached_at "${MIEN_HTTP_HOST:-}")"
  fi
  wait_for gateway 60 answers "$(site)/health/ready" || not_ready gateway
  part gateway "$verb" "$(site)   ($(since "$from"))"
}

up_worker() {
  local from verb=started wanted
  from=$(now_ms)
  wanted=$(worker_fingerprint)
  if runs_as_asked worker "$wanted"; then
    verb=runs
  else
    if is_alive worker; then verb=restarted; fi
    stop_process worker "$grace"
    if [ "$own_broker" = yes ] && [ "$(remembered workers-in-use "$MIEN_WORKER_PROCESSES")" != "$MIEN_WORKER_PROCESSES" ]; then
      # It would wait for ever for processes that are not wanted any more; started anew, it remembers no members.
      down_broker
      up_broker
    fi
    remember workers-in-use "$MIEN_WORKER_PROCESSES"
    rm -f "$run/worker.health"
    MIEN_LOG_FILE=${MIEN_LOG_FILE:-$log/worker.log} spawn worker "$wanted" "$bin/mien-worker"
  fi
  wait_for worker 60 worker_is_ready || not_ready worker
  part worker "$verb" "processes: $(session_members worker | wc -l)   ($(since "$from"))"
}

# Its supervisor writes the health file; a model is compiled and a consumer connected before a process counts as ready.
worker_is_ready() { MIEN_HEALTH_FILE=$run/worker.health "$bin/mien-worker" health >/dev/null 2>&1; }

# What is printed goes on for months, beside the services' own files, which rotate.
up_trim() {
  is_alive trim || spawn trim '' "$here/lib/trim" "$log" 10485760 60
}

down_services() {
  local from service
  from=$(now_ms)
  for service in gateway worker; do
    # Both are told at once, and end side by side.
    if is_alive "$service"; then kill -TERM "$(recorded_pid "$service")" 2>/dev/null || true; fi
  done
  for service in gateway worker; do
    [ -n "$(recorded_pid "$service")" ] || continue
    stop_process "$service" "$grace"
    part "$service" stopped "($(since "$from"))"
  done
}

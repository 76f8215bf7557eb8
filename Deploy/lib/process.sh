# shellcheck shell=bash
# Detached processes with pid files that cannot lie: a pid counts only together with the time its process started and
# the boot it belongs to, so that a recycled pid is neither taken for ours nor killed.

boot_id() { cat /proc/sys/kernel/random/boot_id; }

# The fields of /proc/PID/stat from the state on, in the array `fields`: 0 state, 3 session, 19 start time.
# The command's name, which comes before them, may hold blanks and brackets.
read_stat() { # read_stat PID
  local line
  { line=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  # shellcheck disable=SC2206
  fields=(${line##*) })
}

identity() { # identity PID: "PID START BOOT", nothing for one that is gone or only waits to be reaped
  local fields=()
  read_stat "$1" || return 1
  case ${fields[0]} in Z | X) return 1 ;; esac
  echo "$1 ${fields[19]} $(boot_id)"
}

recorded_pid() { # recorded_pid SERVICE: the pid that was started, alive or not
  local pid=
  [ ! -s "$run/$1.pid" ] || read -r pid _ <"$run/$1.pid"
  echo "$pid"
}

is_alive() { # is_alive SERVICE
  local pid
  pid=$(recorded_pid "$1")
  [ -n "$pid" ] && [ "$(identity "$pid")" = "$(cat "$run/$1.pid")" ]
}

# Starts a command in a session of its own, with its output in var/log/SERVICE.out, and records it. The fingerprint
# says what it was started with: see runs_as_asked.
spawn() { # spawn SERVICE FINGERPRINT COMMAND...
  local service=$1 fingerprint=$2 pid
  shift 2
  # Without job control setsid need not fork: its pid is the command's. 9 is this script's lock.
  (cd "$var" && exec setsid "$@") </dev/null >>"$log/$service.out" 2>&1 9>&- &
  pid=$!
  printf '%s\n' "$fingerprint" >"$run/$service.as"
  identity "$pid" >"$run/$service.pid.new" || true
  mv "$run/$service.pid.new" "$run/$service.pid"
}

runs_as_asked() { # runs_as_asked SERVICE FINGERPRINT
  is_alive "$1" && [ "$(cat "$run/$1.as" 2>/dev/null)" = "$2" ]
}

# Processes of the session that the service leads, itself excluded. The kernel gives no pid anew while a session of
# that number has members; when a stranger has the pid, our session ended before it came.
session_members() { # session_members SERVICE
  local pid
  pid=$(recorded_pid "$1")
  [ -n "$pid" ] || return 0
  [ "$(awk '{ print $3 }' "$run/$1.pid")" = "$(boot_id)" ] || return 0
  if [ -e "/proc/$pid" ] && ! is_alive "$1" && identity "$pid" >/dev/null; then return 0; fi
  # ps fails when it finds none.
  { ps -o pid=,stat= -s "$pid" 2>/dev/null || true; } | awk -v leader="$pid" '$1 != leader && $2 !~ /^Z/ { print $1 }'
}

# Waits until the command succeeds, at most so many tenths of a second.
within() { # within TENTHS COMMAND...
  local left=$1
  shift
  until "$@"; do
    [ "$((left--))" -gt 0 ] || return 1
    sleep 0.1
  done
}

has_ended() { ! is_alive "$1"; }
has_no_members() { [ -z "$(session_members "$1")" ]; }

# Ends what a killed leader has left behind.
sweep_session() { # sweep_session SERVICE
  local members
  members=$(session_members "$1")
  [ -n "$members" ] || return 0
  # shellcheck disable=SC2086 # a list of pids
  kill -TERM $members 2>/dev/null || true
  within 100 has_no_members "$1" && return
  members=$(session_members "$1")
  # shellcheck disable=SC2086
  [ -z "$members" ] || kill -KILL $members 2>/dev/null || true
  within 50 has_no_members "$1" || warn "  $1: processes $(session_members "$1" | tr '\n' ' ')do not end."
}

# SIGTERM, and SIGKILL for what has not ended after so many seconds.
stop_process() { # stop_process SERVICE SECONDS
  local pid
  pid=$(recorded_pid "$1")
  if is_alive "$1"; then
    kill -TERM "$pid" 2>/dev/null || true
    if ! within $(($2 * 10)) has_ended "$1"; then
      warn "  $1 (pid $pid) did not end within $2 s and is killed."
      kill -KILL "$pid" 2>/dev/null || true
      within 50 has_ended "$1" || warn "  $1 (pid $pid) does not end."
    fi
  fi
  sweep_session "$1"
  rm -f "$run/$1.pid" "$run/$1.as"
}

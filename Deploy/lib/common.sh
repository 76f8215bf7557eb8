# shellcheck shell=bash
# What the scripts in Deploy share: where things are, how they speak, what they remember between two calls.

# A command that fails without a word of its own is not to end the script without one.
set -E
trap 'printf "%s failed (line %s of %s).\n" "$BASH_COMMAND" "$LINENO" "${BASH_SOURCE[0]##*/}" >&2' ERR

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Everything that a running instance keeps is here; MIEN_VAR puts a second instance beside the first.
var=${MIEN_VAR:-$root/var}
case $var in /*) ;; *) var=$PWD/$var ;; esac
state=$var/state
run=$var/run
log=$var/log

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
die() {
  printf '%s\n' "$*" >&2
  exit 1
}
# A command that is wrong: nothing was done.
wrong() {
  warn "$@"
  exit 2
}

# A command that is none: how it is called is said.
misused() {
  usage >&2
  exit 2
}

# One line per part: its name, what became of it, and the details.
part() { # part NAME STATE [DETAILS]
  [ ! -t 1 ] || printf '\033[K'
  printf '  %-12s %-10s %s\n' "$1" "$2" "${3:-}"
}

# A line that only a terminal sees, until the part's own line takes its place.
waiting() { [ ! -t 1 ] || printf '\033[K  %-12s %s\r' "$1" "$2"; }

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# Seconds since now_ms said MILLISECONDS, with one digit after the point.
since() {
  local passed=$(($(now_ms) - $1))
  printf '%d.%d s' $((passed / 1000)) $((passed % 1000 / 100))
}

remember() { # remember NAME VALUE
  printf '%s\n' "$2" >"$state/$1.new"
  mv "$state/$1.new" "$state/$1"
}

remembered() { # remembered NAME [DEFAULT]
  if [ -s "$state/$1" ]; then cat "$state/$1"; else printf '%s\n' "${2:-}"; fi
}

# A virtual environment of what a file lists, made anew when the list changes.
environment() { # environment FOLDER REQUIREMENTS [PIP_OPTION...]
  local folder=$1 requirements=$2 stamp
  shift 2
  stamp=$(sha256sum <"$requirements")
  if [ "$(cat "$folder/mien-stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
  warn "installing ${requirements##*/} into $folder"
  rm -rf "$folder"
  /usr/bin/python3 -m venv "$folder"
  "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" --requirement "$requirements" >&2
  printf '%s\n' "$stamp" >"$folder/mien-stamp"
}

# The trainer's environment with what its tests need, in var/trainer-venv.
trainer_environment() {
  local requirements=$var/trainer.txt
  mkdir -p "$var"
  /usr/bin/python3 - "$root/Services/Trainer/pyproject.toml" >"$requirements" <<'PYTHON'
import sys, tomllib
project = tomllib.load(open(sys.argv[1], "rb"))["project"]
extras = project["optional-dependencies"]
print("\n".join(project["dependencies"] + extras["int8"] + extras["test"]))
PYTHON
  environment "$var/trainer-venv" "$requirements"
}

random_hex() { # random_hex BYTES
  od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'
}

# A secret exists whole or not at all, and nobody else reads it.
keep_secret() { # keep_secret FILE VALUE
  (
    umask 077
    printf '%s\n' "$2" >"$1.new"
    mv "$1.new" "$1"
  )
}

# Makes the folders of an instance, and refuses one that belongs to another user: half of its files would be theirs.
open_var() {
  local owner
  if [ -e "$state" ]; then
    owner=$(stat -c %U "$state")
    [ "$(stat -c %u "$state")" = "$(id -u)" ] ||
      die "The instance in $var belongs to the user $owner: run this as $owner, or set MIEN_VAR to a folder of your own."
  else
    mkdir -p "$var" 2>/dev/null || die "$var cannot be made: $(id -un) may not write there. MIEN_VAR names another place."
    [ -w "$var" ] || die "$var is not writable for $(id -un). MIEN_VAR names another place."
    # Secrets inside have modes of their own; PostgreSQL's own user has to pass through.
    chmod 711 "$var"
  fi
  (umask 077 && mkdir -p "$state" "$run" "$log" "$var/broker" "$var/cache")
}

# One Deploy/local at a time per instance. Whatever is started must not inherit descriptor 9: see spawn.
lock_var() {
  exec 9>"$var/lock"
  flock --nonblock 9 && return
  warn "Another Deploy/local works on $var; waiting for it."
  flock 9
}

tail_of() { # tail_of FILE...: the last lines of each, indented, for an error message
  local file
  for file; do
    if [ -s "$file" ]; then
      warn "  the end of $file:"
      tail -n 15 "$file" | sed 's/^/    /' >&2
    fi
  done
}

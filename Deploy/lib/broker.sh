# shellcheck shell=bash
# A private broker that speaks Kafka's protocol: noida-db, with its data under var/broker. SIGTERM lets it save them.

broker_program=/usr/local/lib/mien/noida-db-0.2.3/noida-db

broker_listens() { is_listening "$(remembered kafka-port)"; }
broker_is_settled() { broker_listens || ! is_alive broker; }

# A service that ended without a stop: its pid is recorded and its process is gone.
was_killed() { # was_killed SERVICE
  [ -n "$(recorded_pid "$1")" ] && ! is_alive "$1"
}

up_broker() {
  local from port
  from=$(now_ms)
  # noida-db 0.2.3 never expires the group members of a killed process (measured: minutes past every session timeout),
  # and gives their group no partitions until it is started anew. Stopped gracefully, it keeps its data.
  if is_alive broker && { was_killed gateway || was_killed worker; }; then stop_process broker 30; fi
  if is_alive broker && within 100 broker_listens; then
    part broker runs "127.0.0.1:$(remembered kafka-port)"
    return
  fi
  stop_process broker 30
  [ -x "$broker_program" ] || die "The broker is not at $broker_program: run Deploy/setup."
  port=$(private_port kafka-port)
  # It advertises the address that it binds.
  spawn broker "$port" "$broker_program" start --only kafka --host 127.0.0.1 --kafka-port "$port" --data-dir "$var/broker"
  within 300 broker_is_settled || true
  if ! is_alive broker || ! broker_listens; then
    tail_of "$log/broker.out"
    die "The broker does not start."
  fi
  part broker started "127.0.0.1:$port   ($(since "$from"))"
}

down_broker() {
  if is_alive broker; then
    stop_process broker 30
    part broker stopped
  fi
}

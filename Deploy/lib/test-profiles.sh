# shellcheck shell=bash
# The second half of test-containers: the profiles "monitoring" and "tls", and the overrides Deploy/kafka-cluster.yml,
# external-kafka.yml and external-postgres.yml, in an installation made anew. It uses the functions of test-containers.

MIEN_PROMETHEUS_PORT=$(free_port)
MIEN_GRAFANA_PORT=$(free_port)
MIEN_TLS_PORT=$(free_port)
MIEN_TLS_HTTP_PORT=$(free_port)
export MIEN_PROMETHEUS_PORT MIEN_GRAFANA_PORT MIEN_TLS_PORT MIEN_TLS_HTTP_PORT
export MIEN_WORKER_METRICS_PORT=9102 MIEN_DOMAIN=localhost MIEN_TRUST_PROXY=yes

image_of() { # image_of SERVICE
  compose --profile '*' config --format json | jq -r --arg service "$1" '.services[$service].image'
}

# A path of the host that is not there would be made as an empty folder, and mounted.
mounts_what_is_there() {
  local sources path
  sources=$(compose --profile '*' config --format json | jq -r 'del(.services.trainer) | .services[].volumes[]? | select(.type == "bind").source')
  [ -n "$sources" ] || return 1
  while read -r path; do [ -f "$path" ] || { echo "$path is no file"; return 1; }; done <<<"$sources"
}

# From a container that is in this network and in no other.
reached_from() { # reached_from NETWORK HOST PORT
  docker run --rm --network "${project}_$1" --entrypoint timeout postgres:17 3 bash -c "exec 3<>/dev/tcp/$2/$3"
}
reaches_the_internal_port_from() { # reaches_the_internal_port_from NETWORK
  local address
  for address in $(addresses gateway); do
    if reached_from "$1" "$address" 8081; then return 0; fi
  done
  return 1
}

# MARK: Profile "monitoring"

# What Prometheus shows is up to half a minute old. The last try's output is shown.
eventually() { # eventually COMMAND...
  local end=$((SECONDS + 90)) output
  until output=$("$@" 2>&1); do
    [ "$SECONDS" -lt "$end" ] || { printf '%s\n' "$output"; return 1; }
    sleep 1
  done
}
prometheus() { # prometheus PATH FILTER [CURL_OPTION...]: whether its answer is as the jq filter wants
  local path=$1 filter=$2
  shift 2
  curl --silent --show-error --noproxy '*' --max-time 10 --get "http://127.0.0.1:$MIEN_PROMETHEUS_PORT/api/v1/$path" "$@" >"$work/answer.json"
  jq --exit-status "$filter" "$work/answer.json" >/dev/null || { head -c 2000 "$work/answer.json"; return 1; }
}
has_targets() { # has_targets JOB NUMBER: as many, and all answer
  prometheus targets "[.data.activeTargets[] | select(.labels.job == \"$1\")] | length == $2 and all(.health == \"up\")"
}
loads_every_rule() {
  local rules
  rules=$(grep -c -- '- alert:' Deploy/monitoring/alerts.yml)
  prometheus rules "[.data.groups[].rules[]] | length == $rules and all(.health == \"ok\")"
}
alert_is() { # alert_is NAME CONDITION
  prometheus rules ".data.groups[].rules[] | select(.name == \"$1\").state | $2"
}

# A script for the inside of a container: its images have no HTTP client.
figures_of() { # figures_of PORT
  printf "exec 3<>/dev/tcp/127.0.0.1/%s; printf 'GET /metrics HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3; cat <&3" "$1"
}
# Prometheus 3 takes no answer whose type it does not know.
speaks_prometheus() { # speaks_prometheus SERVICE PORT
  inside "$1" bash -c "$(figures_of "$2")" | grep -i '^content-type: text/plain; version=0.0.4'
}

# Expression and labels of its legend, apart by a tab, of the panels with this title or of all. Grafana's variables are
# replaced.
queries() { # queries [TITLE]
  jq -r --arg title "${1:-}" '.panels[] | select($title == "" or .title == $title) | .targets[]? |
      [.expr, ([.legendFormat // "" | scan("\\{\\{ *([a-z_]+) *\\}\\}")[0]] | join(" "))] | @tsv' Deploy/monitoring/grafana/mien.json |
    sed -E 's/\$\{?__(rate_)?interval\}?/1m/g; s/\$\{?__range\}?/1h/g'
}
answers_every_query() {
  local expression labels
  while IFS=$'\t' read -r expression labels; do
    prometheus query "(.data.result | length > 0) and all(.data.result[].metric; . as \$series | \"$labels\" | split(\" \") | all(. as \$key | \$series | has(\$key)))" \
      --data-urlencode "query=$expression" || { echo " to $expression"; return 1; }
  done < <(queries)
}
shows() { # shows TITLE CONDITION: every query of the panel gives a series that is so
  local expression count=0
  while IFS=$'\t' read -r expression _; do
    count=$((count + 1))
    prometheus query '.data.result | length > 0' --data-urlencode "query=($expression) $2" || { echo " to ($expression) $2"; return 1; }
  done < <(queries "$1")
  [ "$count" -gt 0 ]
}

starts_with_monitoring() { compose up --detach --wait --wait-timeout 180 --scale worker=2 gateway worker prometheus; }
monitors() {
  check "docker compose --profile monitoring: Prometheus becomes healthy" starts_with_monitoring
  check "prometheus does not run as root" is_no_root prometheus
  check "prometheus has no capability" has_no_capability prometheus
  check "prometheus cannot write to its root file system" has_read_only_root prometheus
  check "prometheus has loaded every rule, and evaluates it without an error" eventually loads_every_rule
  check "prometheus is answered by the gateway" eventually has_targets mien-gateway 1
  check "prometheus is answered by both workers" eventually has_targets mien-worker 2
  check "the gateway's figures are of the type that Prometheus 3 wants" speaks_prometheus gateway 8081
  check "a worker's figures are of the type that Prometheus 3 wants" speaks_prometheus worker 9102
  check "a worker does not reach Prometheus" fails reaches worker prometheus 9090
  check "figures are not to be had where browsers come" fails browse --fail "$base/metrics"
  check "from Grafana's network, Prometheus is reached" reached_from monitoring prometheus 9090
  check "from Grafana's network, the gateway's internal port is not reached" fails reaches_the_internal_port_from monitoring

  check "a person registers" register
  check "workers stop" compose stop worker
  waiting=$(upload Tests/Fixtures/astronaut.jpg)
  check "while a photo waits and no worker is there, the alert is on its way" eventually alert_is MienNoWorkers '. == "pending" or . == "firing"'
  check "workers start" compose start worker
  check "the photo gets its result" result_of "$waiting"
  check "the alert is over" eventually alert_is MienNoWorkers '. == "inactive"'
  # A process shows its stages once it has done something, and only what comes after that is an increase.
  check "prometheus is answered by both workers again" eventually has_targets mien-worker 2
  photos=0
  check "two forms of photos get their results" gets_results 2
  check "prometheus has seen them" eventually prometheus query '.data.result | length > 0' --data-urlencode "query=sum(mien_worker_photos_total) >= $photos"
  check "two more forms get their results" gets_results 2
  check "prometheus has an answer to every query of the dashboard" eventually answers_every_query
  for panel in "Photos per minute" "Worker processes" "Time by stage, median" "Time by stage, 99 %" "Photos by worker process" \
    "Memory of worker processes" "Throughput" "Claims" "Pages and API: requests" "Pages and API: time, 95 %" "Free disk"; do
    check "the panel \"$panel\" shows what happened" eventually shows "$panel" "> 0"
  done
  for panel in "Photos waiting" "Queue by lane" "Oldest wait by lane" "Lag by topic"; do
    check "the panel \"$panel\" shows that nothing waits" eventually shows "$panel" "== 0"
  done
}
gets_results() { load "$1" && all_end_well; }

# As .env.example says.
grafana_password() { compose run --rm --no-deps --entrypoint cat grafana /run/secrets-of-grafana/admin; }
grafana() { # grafana PATH FILTER
  curl --silent --show-error --fail --noproxy '*' --max-time 10 --user "admin:$password" "http://127.0.0.1:$MIEN_GRAFANA_PORT/api/$1" >"$work/answer.json"
  jq --exit-status "$2" "$work/answer.json" >/dev/null || { head -c 2000 "$work/answer.json"; return 1; }
}
shows_dashboards() {
  check "docker compose --profile monitoring: Grafana starts" compose up --detach --wait grafana
  check "grafana does not run as root" is_no_root grafana
  check "grafana has no capability" has_no_capability grafana
  check "grafana cannot write to its root file system" has_read_only_root grafana
  password=$(grafana_password 2>/dev/null)
  check "the secrets are known here" knows_the_secrets
  check "no container shows a secret in its settings, Grafana's neither" keep_secrets_out_of_their_settings 2
  check "grafana reaches Prometheus" eventually grafana datasources/uid/mien/health '.status == "OK"'
  check "grafana has the dashboard" eventually grafana dashboards/uid/mien '.dashboard.panels | length > 0'
}

# MARK: Profile "tls"

# From here on people come by HTTPS, and believe Caddy's own authority alone.
takes_its_authority() {
  inside caddy cat /data/caddy/pki/authorities/local/root.crt >"$work/authority.crt"
  export CURL_CA_BUNDLE=$work/authority.crt
  base=https://localhost:$MIEN_TLS_PORT
  rm -f "$work/cookies"
}
shows_the_site() { browse --fail "$base/login" | grep 'name="csrf_token"'; }
leads_to_https() {
  [ "$(browse --output /dev/null --write-out '%{http_code} %{redirect_url}' "http://localhost:$MIEN_TLS_HTTP_PORT/login")" = "308 $base/login" ]
}
# Fields of curl's jar: domain, subdomains, path, secure, expiry, name, value.
has_only_secure_cookies() {
  sed 's/^#HttpOnly_//' "$work/cookies" | awk -F '\t' 'NF == 7 { count++; if ($4 != "TRUE" || $6 !~ /^__Host-mien_/) { print; bad = 1 } } END { exit bad || !count }'
}
logs_in() { # logs_in [CURL_OPTION...]
  rm -f "$work/cookies"
  [ "$(browse --output /dev/null --write-out '%{http_code}' --data-urlencode "csrf_token=$(token /login)" --data-urlencode "email=tls@example.org" \
    --data-urlencode "password=correct horse battery staple" "$@" "$base/login")" = 303 ]
}
# A published port shows its clients as the host: the network's gateway.
has_seen_the_host() {
  local seen
  seen=$(sql "SELECT address FROM sessions ORDER BY created_at DESC LIMIT 1")
  echo "the gateway saw $seen; Caddy has $(addresses caddy)"
  [ "$seen" = "$(docker network inspect --format '{{(index .IPAM.Config 0).Gateway}}' "${project}_front")" ]
}
believes_no_forged_address() {
  logs_in --header "X-Forwarded-For: 203.0.113.7" --header "X-Real-IP: 203.0.113.7" --header "Forwarded: for=203.0.113.7" && has_seen_the_host
}
# Compression must not lose what a waiting page asks by.
is_asked_by_its_tag() { # is_asked_by_its_tag PATH
  local tag
  tag=$(browse --fail --compressed --output /dev/null --dump-header - "$base$1.json" | tr -d '\r' | sed -n 's/^etag: //Ip')
  [ -n "$tag" ] && [ "$(browse --compressed --output /dev/null --write-out '%{http_code}' --header "If-None-Match: $tag" "$base$1.json")" = 304 ]
}
offers_http3() {
  browse --output /dev/null --dump-header - "$base/login" | grep -i "^alt-svc: h3=\":$MIEN_TLS_PORT\"" && compose port --protocol udp caddy "$MIEN_TLS_PORT"
}

# Each gateway has a free port of the host's then.
starts_with_tls() {
  export MIEN_PORT=0
  compose up --detach --wait --wait-timeout 180 --scale gateway=2 --scale worker=2 gateway worker caddy
}
share_the_work() {
  local container
  for container in $(compose ps -q gateway); do
    docker exec "$container" bash -c "$(figures_of 8081)" | grep '^hb_requests_total{.*http_route="/login"}' || return 1
  done
}
outlives_a_gateway() {
  local try
  docker kill "$(compose ps -q gateway | head -n 1)" || return 1
  for try in {1..10}; do browse --fail --output /dev/null "$base/" || { echo "request $try failed"; return 1; }; done
}

secures() {
  check "docker compose --profile tls: Caddy becomes healthy, before two gateways" starts_with_tls
  check "caddy does not run as root" is_no_root caddy
  check "caddy has no capability, and none is to be had but to open ports" has_capabilities caddy 0000000000000000 0000000000000400
  check "caddy cannot write to its root file system" has_read_only_root caddy
  check "caddy has made its authority" takes_its_authority
  check "HTTPS answers with the site" eventually shows_the_site
  check "http:// leads to https://" leads_to_https
  check "a person registers by HTTPS" register tls@example.org
  check "every cookie is for HTTPS and this host alone" has_only_secure_cookies
  check "the gateway sees the client's address and not Caddy's" has_seen_the_host
  check "a forged X-Forwarded-For is not believed" believes_no_forged_address
  check "a photo sent by HTTPS gets its result" finds_a_face
  secured=$(upload Tests/Fixtures/astronaut.jpg)
  check "another one, too" result_of "$secured"
  check "the annotated photo is a JPEG" is_jpeg "$secured/annotated.jpg"
  check "what has not changed is not sent again" is_asked_by_its_tag "$secured"
  check "HTTP/3 is offered on the port that is published" offers_http3
  check "figures are not to be had by HTTPS" fails browse --fail "$base/metrics"
  check "both gateways were asked" share_the_work
  check "a killed gateway is passed over" outlives_a_gateway
  unset CURL_CA_BUNDLE
}

# MARK: Deploy/kafka-cluster.yml

merged() { # merged FILTER: of the three nodes, in order, as $nodes
  compose --profile '*' config --format json >"$work/merged.json"
  jq --exit-status ".services as \$services | [\"kafka\", \"kafka-2\", \"kafka-3\"] as \$names | [\$names[] | \$services[.]] as \$nodes | $1" "$work/merged.json" || {
    jq '.services | with_entries(select(.key | startswith("kafka")))' "$work/merged.json"
    return 1
  }
}
keeps_data_apart() {
  local service
  for service in kafka kafka-2 kafka-3; do
    [ -n "$(inside "$service" ls -A /var/lib/kafka/data)" ] || return 1
    docker inspect --format '{{range .Mounts}}{{if eq .Destination "/var/lib/kafka/data"}}{{.Name}}{{end}}{{end}}' "$(compose ps -q "$service")"
  done | sort -u | wc -l | grep -x 3
}
forms_a_cluster() { inside kafka test -x /opt/kafka/bin/kafka-metadata-quorum.sh; }
keeps_three_copies() {
  inside kafka /opt/kafka/bin/kafka-topics.sh --bootstrap-server kafka:9092 --describe --topic mien.results |
    grep 'ReplicationFactor: *3.*min\.insync\.replicas=2'
}
outlives_a_node() { load 3 && docker kill "$(compose ps -q kafka-3)" && all_end_well && finds_a_face; }

# shellcheck disable=SC2016 # jq's variables
clusters() {
  files=(--file docker-compose.yml --file Deploy/kafka-cluster.yml)
  check "kafka-cluster.yml: each node has its own id, name, volume and health check" merged '
    [$nodes[].environment.KAFKA_NODE_ID | tonumber] == [1, 2, 3]
    and [$nodes[].environment.KAFKA_ADVERTISED_LISTENERS] == [$names[] | "PLAINTEXT://\(.):9092"]
    and [$nodes[].volumes[] | select(.target == "/var/lib/kafka/data").source] == $names
    and all(range(3); . as $i | $nodes[$i].healthcheck.test | join(" ") | contains("/\($names[$i])/9092"))
    and (.volumes | has("kafka", "kafka-2", "kafka-3"))'
  check "kafka-cluster.yml: the nodes agree on their voters, their cluster and three copies" merged '
    ([$nodes[].environment | del(.KAFKA_NODE_ID, .KAFKA_ADVERTISED_LISTENERS)] | unique | length == 1)
    and $nodes[0].environment.KAFKA_CONTROLLER_QUORUM_VOTERS == ([range(3) | "\(. + 1)@\($names[.]):9093"] | join(","))
    and ($nodes[0].environment | .KAFKA_DEFAULT_REPLICATION_FACTOR == "3" and .KAFKA_MIN_INSYNC_REPLICAS == "2"
      and .KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR == "3" and (.CLUSTER_ID | length == 22))'
  check "kafka-cluster.yml: every node is as confined as a single one" merged '
    all($nodes[]; .read_only and .cap_drop == ["ALL"] and .security_opt == ["no-new-privileges:true"] and .ports == null
      and (.networks | keys) == ["jobs"] and .restart == "unless-stopped" and .mem_limit == $nodes[0].mem_limit)'
  check "kafka-cluster.yml: gateway, workers and the operator's command know all three" merged '
    all($services.gateway, $services.worker, $services.mien; .environment.MIEN_KAFKA_BROKERS == ([$names[] | "\(.):9092"] | join(",")))
    and ($services.gateway.environment | .MIEN_KAFKA_REPLICATION == "3" and .MIEN_KAFKA_MIN_INSYNC == "2")
    and all($names[]; . as $name | $services.gateway.depends_on[$name].condition == "service_healthy")'
  check "kafka-cluster.yml: three nodes become healthy" compose up --detach --wait --wait-timeout 240 kafka kafka-2 kafka-3
  for service in kafka kafka-2 kafka-3; do
    check "$service is reached by its name from where workers are" reached_from jobs "$service" 9092
    check "$service has no capability" has_no_capability "$service"
  done
  check "each node keeps its data in a volume of its own" keeps_data_apart
  if forms_a_cluster; then
    check "gateway and workers start on three nodes" compose up --detach --wait --wait-timeout 180 --scale worker=2
    check "topics have three copies, and take what two have" keeps_three_copies
    check "a person registers" register
    photos=0
    check "a lost node loses nothing" outlives_a_node
  else
    skip "that three nodes are one cluster, keep three copies and outlive a lost node" "the broker in this image forms none"
  fi
  check "docker compose down --volumes leaves nothing of three nodes" leaves_nothing
  files=()
}

# MARK: Deploy/external-postgres.yml and Deploy/external-kafka.yml

# A server on this host that is no part of the project.
starts_a_database() {
  local password port address
  password=$(random_hex 16) port=$(free_port)
  docker run --detach --rm --network host --name "$project-database" --env POSTGRES_PASSWORD="$password" postgres:17 postgres -c port="$port" || return 1
  eventually docker exec "$project-database" pg_isready --quiet --host=127.0.0.1 --port="$port" || return 1
  docker exec "$project-database" psql --no-psqlrc --port="$port" --username=postgres --set=ON_ERROR_STOP=1 \
    --command="CREATE ROLE mien LOGIN PASSWORD '$password'" --command="CREATE DATABASE mien OWNER mien" || return 1
  # The default bridge does not tell its gateway with every engine.
  address=$(docker run --rm --add-host host:host-gateway --entrypoint getent postgres:17 hosts host | awk '{ print $1 }') || return 1
  echo "postgres://mien:$password@$address:$port/mien" >"$work/database-url" && chmod 444 "$work/database-url"
}
# shellcheck disable=SC2016 # jq's variables
uses_what_is_outside() {
  export MIEN_DATABASE_URL_FILE=$work/database-url
  files=(--file docker-compose.yml --file Deploy/external-postgres.yml --file Deploy/external-kafka.yml)
  check "external-kafka.yml: nobody waits for a broker or a database that Compose runs, and all know the other" \
    with_brokers broker.example:9092 merged '
      ($services | has("kafka") or has("postgres") | not)
      and all($services[]; .depends_on // {} | has("kafka") or has("postgres") | not)
      and all($services.gateway, $services.worker, $services.mien; .environment.MIEN_KAFKA_BROKERS == "broker.example:9092")
      and ($services.worker.networks | keys) == ["jobs", "outside-to-kafka"]'
  files=(--file docker-compose.yml --file Deploy/external-postgres.yml)
  rm -f "$work/cookies"
  check "a database of one's own is made" starts_a_database
  check "external-postgres.yml: gateway and workers start" compose up --detach --wait --wait-timeout 180
  check "Compose runs no PostgreSQL" merged '$services | has("postgres") | not'
  check "a person registers" register
  check "a photo gets its result" finds_a_face
  check "docker compose run mien doctor finds nothing wrong" doctor mien doctor
  checks_the_outside
  check "docker compose down --volumes leaves nothing" leaves_nothing
  docker rm --force --volumes "$project-database" >/dev/null
  files=()
}
with_brokers() { MIEN_KAFKA_BROKERS=$1 "${@:2}"; }

# MARK: The run

http_port=$MIEN_PORT
say "The profiles"
check "every file that a service mounts is there" mounts_what_is_there
if has_image "$(image_of prometheus)"; then monitors; else skip "the profile \"monitoring\"" "$no_image"; fi
if has_image "$(image_of grafana)"; then shows_dashboards; else skip "Grafana's start with its data source and dashboard" "$no_image"; fi
if has_image "$(image_of caddy)"; then secures; else skip "the profile \"tls\"" "$no_image"; fi
check "docker compose down --volumes leaves nothing of the profiles" leaves_nothing
export MIEN_PORT=$http_port
base=http://127.0.0.1:$MIEN_PORT
rm -f "$work/cookies"
clusters
uses_what_is_outside

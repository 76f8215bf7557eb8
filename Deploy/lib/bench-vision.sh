# shellcheck shell=bash
# Deploy/bench pipeline, detection, inference and peers: what needs no queue, and what others would take.

bench_var=$root/var/bench

# The operator's command alone, as Deploy/local builds it; MIEN_BIN names a folder where it is built already.
build_mien() {
  if [ -n "${MIEN_BIN:-}" ]; then
    "$here/setup" worker-run gateway-run test >&2
  else
    "$here/setup" worker-build worker-run gateway-build test >&2
    (cd "$root" && swift build -c release --static-swift-stdlib --product mien >&2)
  fi
  mien=("${MIEN_BIN:-$root/.build/release}/mien")
  export MIEN_MODELS_DIR=${MIEN_MODELS_DIR:-$root/Services/Worker/Models}
  export MIEN_DETECTOR=${MIEN_DETECTOR:-/usr/local/share/mien/centerface.onnx}
}

# A face of 48 × 48 pixels, one megapixel, and twelve with a sensor's noise: the fixture at three sizes.
make_photos() { # make_photos FOLDER
  local portrait=$root/Tests/Fixtures/astronaut.jpg
  vips extract_area "$portrait" "$1/face.v" 163 56 122 122
  vips thumbnail "$1/face.v" "$1/face.png" 48
  vipsthumbnail "$portrait" --size 1024x1024 -o "$1/1mp.jpg[Q=90]"
  vips resize "$portrait" "$1/large.v" 7.8125
  vips extract_area "$1/large.v" "$1/part.v" 0 400 4000 3000
  vips gaussnoise "$1/grey.v" 4000 3000 --sigma 6 --mean 0
  vips bandjoin "$1/grey.v $1/grey.v $1/grey.v" "$1/noise.v"
  vips add "$1/part.v" "$1/noise.v" "$1/sum.v"
  vips cast "$1/sum.v" "$1/12mp.jpg[Q=90]" uchar
  rm "$1"/*.v
}

pipeline() {
  build_mien
  MIEN_VAR=$(mktemp -d /tmp/mien-bench.XXXXXX)
  trap 'rm -rf "$MIEN_VAR"' EXIT
  make_photos "$MIEN_VAR"
  export MIEN_CACHE_DIR=$MIEN_VAR/cache
  # Once for the cache of compiled networks: what counts is the start of a second process.
  "${mien[@]}" bench pipeline --count 1 "$MIEN_VAR/face.png" >/dev/null
  "${mien[@]}" bench pipeline "$@" "$MIEN_VAR/face.png" "$MIEN_VAR/1mp.jpg" "$MIEN_VAR/12mp.jpg"
}

detection() {
  build_mien
  "${mien[@]}" bench detection "$@"
}

inference() {
  local rounds=5 json='' network round ours theirs precision model folder
  while [ $# -gt 0 ]; do
    case $1 in
      --rounds) rounds=${2:?--rounds needs a number} && shift 2 ;;
      --json) json=1 && shift ;;
      *) misused ;;
    esac
  done
  build_mien
  local venv=$bench_var/inference/bin
  environment "$bench_var/inference" "$here/requirements/inference.txt"
  MIEN_VAR=$(mktemp -d /tmp/mien-bench.XXXXXX)
  trap 'rm -rf "$MIEN_VAR"' EXIT
  folder=$MIEN_VAR
  model=$MIEN_MODELS_DIR/$("${mien[@]}" models --json | jq -r '.[] | select(.used) | "\(.name)/\(.version)"')/model.xml
  "$venv/python" "$here/lib/bench_networks.py" prepare "$MIEN_DETECTOR" "$model" "$folder" >&2
  precision=$("${mien[@]}" bench inference --seconds 0.1 --json | jq -r '[.[].precision] | unique | join(" and ")')
  case $precision in
    *int8*) die "inference compares the networks as they are with OpenVINO's loop: leave MIEN_PRECISION at auto, bf16 or f32" ;;
  esac
  # By turns, so that other work on the machine meets both alike; it only slows, so that the best rounds say most.
  for network in "$folder"/*.xml; do
    network=$(basename "$network" .xml)
    for ((round = 0; round < rounds; round++)); do
      ours=$("${mien[@]}" bench inference --network "$network" --seconds 3 --json | jq "1000 / .[\"$network\"].p50_ms")
      theirs=$("$venv/python" "$here/lib/bench_networks.py" run "$folder" "$network" "$precision" 3)
      printf '{"network": "%s", "ours": %s, "theirs": %s}\n' "$network" "$ours" "$theirs"
    done
  done | jq -s --arg precision "$precision" 'def median: sort | .[length / 2 | floor];
    group_by(.network) | map({network: .[0].network, precision: $precision, rounds: length,
      ours_per_second: (map(.ours) | max), benchmark_app_per_second: (map(.theirs) | max),
      ratio: ((map(.ours) | max) / (map(.theirs) | max)), median_ratio: (map(.ours / .theirs) | median)})' |
    if [ -n "$json" ]; then cat; else
      jq -r '["network", "Mien/s", "benchmark_app/s", "ratio", "median ratio", "(best of \(.[0].rounds), \(.[0].precision))"],
        (.[] | [.network, (.ours_per_second * 10 | round / 10), (.benchmark_app_per_second * 10 | round / 10),
          (.ratio * 1000 | round / 1000), (.median_ratio * 1000 | round / 1000)]) | map(tostring) | join("\t")' |
        column -t -s "$(printf '\t')"
    fi
}

# The servers' processes of the instance: what they take of the CPU is the product's.
instance_pids() {
  "$here/local" status | sed -n 's/.* pid \([0-9]*\).*/\1/p'
}

start_fer() { # start_fer FOLDER: leaves fer_pid and fer_address
  "$venv/python" "$here/lib/bench_peers.py" serve >"$1/fer.port" 2>"$1/fer.log" &
  fer_pid=$!
  until [ -s "$1/fer.port" ]; do
    kill -0 "$fer_pid" 2>/dev/null || { tail -n 20 "$1/fer.log" >&2 && exit 1; }
    sleep 0.2
  done
  fer_address=http://127.0.0.1:$(head -n 1 "$1/fer.port")
}

peers() {
  local count=40 csv='' usage='' json='' photo fer ours bare size
  while [ $# -gt 0 ]; do
    case $1 in
      --count) count=${2:?--count needs a number} && shift 2 ;;
      --csv) csv=${2:?--csv needs a file} && shift 2 ;;
      --usage) usage=${2:?--usage needs a word} && shift 2 ;;
      --json) json=1 && shift ;;
      *) misused ;;
    esac
  done
  [ -z "$csv" ] || [ -r "$csv" ] || { printf 'bench: %s cannot be read.\n' "$csv" >&2 && exit 2; }
  local venv=$bench_var/peers/bin
  environment "$bench_var/peers" "$here/requirements/peers.txt"
  "$venv/pip" install --quiet --disable-pip-version-check --no-deps fer==25.10.3 >&2
  instance 1
  local folder=$MIEN_VAR/photos
  mkdir "$folder"
  make_photos "$folder"
  start_fer "$folder"
  # shellcheck disable=SC2064 # now
  trap "kill $fer_pid 2>/dev/null; '$here/local' reset --yes >/dev/null 2>&1; rm -rf '$MIEN_VAR'" EXIT
  mapfile -t pids < <(instance_pids)
  for photo in face.png 1mp.jpg 12mp.jpg; do
    size=$count
    [ "$photo" != 12mp.jpg ] || size=$(((count + 3) / 4))
    fer=$("$venv/python" "$here/lib/bench_peers.py" send fer "$fer_address" "$fer_pid" "$folder/$photo" "$size")
    ours=$(MIEN_TOKEN=$token "$venv/python" "$here/lib/bench_peers.py" send mien "$url" "${pids[@]}" "$folder/$photo" "$size")
    bare=$("${mien[@]}" bench pipeline --count "$size" --json "$folder/$photo")
    jq -n --arg photo "$photo" --argjson fer "$fer" --argjson mien "$ours" --argjson pipeline "$bare" \
      '{$photo, $fer, $mien, pipeline: $pipeline.photos[0].photos_per_second}'
  done >"$folder/speed"
  echo '{}' >"$folder/accuracy"
  if [ -n "$csv" ]; then
    jq -n --argjson fer "$("$venv/python" "$here/lib/bench_peers.py" accuracy "$csv" ${usage:+"$usage"} 2>"$folder/fer.log")" \
      --argjson mien "$("${mien[@]}" evaluate "$csv" ${usage:+--usage "$usage"} --json)" '{$fer, $mien}' >"$folder/accuracy"
  fi
  jq -s --slurpfile accuracy "$folder/accuracy" '{speed: map(. + {
      ratio: (.mien.photos_per_second / .fer.photos_per_second), pipeline_ratio: (.pipeline / .fer.photos_per_second),
      cpu_ratio: (.fer.cpu_ms / .mien.cpu_ms)})} + (if $accuracy[0].fer then {accuracy: {
      faces: $accuracy[0].fer.faces, fer: $accuracy[0].fer.accuracy, mien: $accuracy[0].mien.accuracy}} else {} end)' \
    "$folder/speed" | if [ -n "$json" ]; then cat; else peers_table; fi
}

peers_table() {
  jq -r 'def one: . * 10 | round / 10;
    (["photo", "fer/s", "Mien/s", "ratio", "bare pipeline/s", "ratio", "CPU ms fer", "CPU ms Mien", "faces fer", "faces Mien"]),
    (.speed[] | [.photo, (.fer.photos_per_second | one), (.mien.photos_per_second | one), (.ratio | one), (.pipeline | one),
      (.pipeline_ratio | one), (.fer.cpu_ms | one), (.mien.cpu_ms | one), .fer.faces, .mien.faces]),
    (select(.accuracy) | [], ["accuracy on \(.accuracy.faces) faces: fer \(.accuracy.fer * 1000 | round / 10) %, Mien \(.accuracy.mien * 1000 | round / 10) %"])
    | map(tostring) | join("\t")' | column -t -s "$(printf '\t')"
}

#!/usr/bin/env bash
# oapi-codegen 2.8.2 (Go): an OpenAPI number without a format becomes float32, so that a client reads other numbers than
# the service sent.
#
# Expected: "type: number" is JSON's number, a double to Go's own encoding/json, to ogen, the other generator for Go, and
#   to generators for other languages. "format: float" is there for who wants less.
# Seen: float32. A time in seconds, 1796126407.25, is read as 1796126464, 57 s later, and goes on as 1796126500; a job
#   that ended a minute and a half after is of the same time. A count of bytes beyond 16,777,216 is rounded (200,000,001
#   to 200,000,000), and a score of 0.123456789 comes back as 0.12345679, so that a comparison with what was sent fails.
#   Nothing warns, and probabilities, what such a service has most of, look right. The project's issue 1912 has it;
#   openapi-generator's Go client does the same.
# So: "format: double" on every number of one's own document, "format: int64" on counts; in a client of a document that
#   is not one's own output-options.type-mapping.number.default.type: float64; test with a time and a large count.
set -euo pipefail
command -v go >/dev/null || { echo "Needs go 1.25 or newer" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export GOPATH=$folder/go GOCACHE=$folder/cache GOFLAGS=-modcacherw
go install github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 2>log.txt || { cat log.txt >&2; exit 1; }

cat >service.yaml <<'END'
openapi: 3.0.3
info: {title: Looks, version: "1"}
paths: {}
components:
  schemas:
    Analysis:
      type: object
      required: [finished, bytes, score]
      properties:
        finished: {type: number}
        bytes: {type: number}
        score: {type: number, minimum: 0, maximum: 1}
END
cat >mapping.yaml <<'END'
package: wide
generate: {models: true}
output-options: {skip-prune: true, type-mapping: {number: {default: {type: float64}}}}
END
mkdir usual wide
go/bin/oapi-codegen -generate types,skip-prune -package usual service.yaml >usual/types.go
go/bin/oapi-codegen -config mapping.yaml service.yaml >wide/types.go
cat >go.mod <<'END'
module looks

go 1.25
END
cat >main.go <<'END'
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"looks/usual"
	"looks/wide"
)

const sent = `{"bytes":200000001,"finished":1796126407.25,"score":0.123456789}`

// again reads what was sent into a generated type and writes it once more.
func again(analysis any) string {
	if err := json.Unmarshal([]byte(sent), analysis); err != nil {
		log.Fatal(err)
	}
	text, err := json.Marshal(analysis)
	if err != nil {
		log.Fatal(err)
	}
	return string(text)
}

func main() {
	var narrow usual.Analysis
	var broad wide.Analysis
	fmt.Println("sent:                 ", sent)
	fmt.Println("read and written:     ", again(&narrow))
	fmt.Println("with the type mapped: ", again(&broad))
	late := float64(narrow.Finished) - 1796126407.25
	fmt.Printf("the time is %.2f s off, the count %.0f\n", late, float64(narrow.Bytes)-200000001)
	next := usual.Analysis{}
	if err := json.Unmarshal([]byte(`{"finished":1796126500}`), &next); err != nil {
		log.Fatal(err)
	}
	fmt.Println("93 s later is the same time:", next.Finished == narrow.Finished)
	same := again(&narrow) == sent
	if same || late < 50 || narrow.Bytes != 200000000 || next.Finished != narrow.Finished || broad.Bytes != 200000001 {
		os.Exit(1)
	}
}
END
grep -E '(Bytes|Finished|Score) ' usual/types.go
go run .
cat <<'END'
oapi-codegen 2.8.2. Expected: JSON's numbers. Seen: float32, times a minute off and counts rounded. So write "format:
double", or map number to float64.
END

#!/usr/bin/env bash
# @hey-api/openapi-ts 0.99.0 (TypeScript): with its transformers an id of 64 bits is a bigint that has been rounded, and
# an answer that is sent back is another document: the id a text, the day a time.
#
# Expected: bigint for "format: int64" is there so that no digit is lost, and what a client read and sends back
#   unchanged, a PUT after a GET, is what it read: both directions are of the same type and of the same schema.
# Seen: JSON.parse has made a double of the number before BigInt(…) sees it: 9007199254740993 is 9007199254740992n, and
#   the next request goes to /analyses/9007199254740992, another photo's. In the body, bigints are written as text and a
#   Date as a whole time, whatever the schema says: {"id": 9007199254740993, "day": "2026-11-03"} goes back as {"id":
#   "9007199254740992", "day": "2026-11-03T00:00:00.000Z"}; microseconds are gone. A server that is strict refuses, one
#   that is not keeps other values. West of Greenwich the day is shown as the day before. A null or 0 that may also be
#   null stays as it is: typeof of the same property is now "bigint", now "number". TypeScript has no complaint.
# So: ids as strings in a document of one's own; in a client of another's no transformers, or their option bigInt: false
#   and dates: false, and a body made by hand; test with an id beyond 2^53, and what PUT sends after GET.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" \
  @hey-api/openapi-ts@0.99.0 typescript@5.9.3 esbuild@0.25.0 >/dev/null

cat >service.json <<'END'
{"openapi": "3.1.0", "info": {"title": "Looks", "version": "1"}, "paths": {"/analyses/{id}": {
  "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer", "format": "int64"}}],
  "get": {"operationId": "getAnalysis", "responses": {"200": {"description": "The analysis", "content": {
    "application/json": {"schema": {"$ref": "#/components/schemas/Analysis"}}}}}},
  "put": {"operationId": "putAnalysis", "requestBody": {"content": {
    "application/json": {"schema": {"$ref": "#/components/schemas/Analysis"}}}}, "responses": {
    "204": {"description": "Kept"}}}}},
 "components": {"schemas": {"Analysis": {"type": "object", "required": ["id", "look"], "properties": {
  "id": {"type": "integer", "format": "int64"}, "look": {"type": "string"},
  "faces": {"type": ["integer", "null"], "format": "int64"},
  "day": {"type": "string", "format": "date"}, "finished": {"type": "string", "format": "date-time"}}}}}}
END
cat >openapi-ts.config.mjs <<'END'
export default {
  input: "service.json", output: "client",
  plugins: ["@hey-api/client-fetch", "@hey-api/transformers", { name: "@hey-api/sdk", transformer: true }],
};
END
cat >look.ts <<'END'
import http from "http";
import { client } from "./client/client.gen";
import { getAnalysis, putAnalysis } from "./client/sdk.gen";
import type { Analysis } from "./client/types.gen";

const kept = '{"id":9007199254740993,"look":"happy","faces":0,"day":"2026-11-03",' +
  '"finished":"2026-11-03T10:00:00.123456Z"}';
const requests: string[] = [];
const server = http.createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  requests.push(`${request.method} ${request.url} ${body}`.trim());
  if (request.method === "PUT") response.writeHead(204).end();
  else response.setHeader("Content-Type", "application/json").end(kept);
}).listen(0, "127.0.0.1");
await new Promise((resolve) => server.once("listening", resolve));
client.setConfig({ baseUrl: `http://127.0.0.1:${(server.address() as { port: number }).port}` });

const { data } = await getAnalysis({ path: { id: 9007199254740993n } });
const analysis: Analysis = data!;
await putAnalysis({ path: { id: analysis.id }, body: analysis });
server.close();
console.log(`the service has:  ${kept}`);
console.log(`the client reads: id ${analysis.id} (${typeof analysis.id}), faces ${analysis.faces} ` +
  `(${typeof analysis.faces}), day ${analysis.day!.toDateString()} in ${process.env.TZ}`);
for (const request of requests) console.log(`request:          ${request}`);
const sent = '{"id":"9007199254740992","look":"happy","faces":0,"day":"2026-11-03T00:00:00.000Z",' +
  '"finished":"2026-11-03T10:00:00.123Z"}';
if (requests.join("\n") !== `GET /analyses/9007199254740993\nPUT /analyses/9007199254740992 ${sent}` ||
  analysis.id !== 9007199254740992n || typeof analysis.faces !== "number" || analysis.day!.getDate() !== 2) {
  console.log("changed");
  process.exit(1);
}
END
npx openapi-ts -f openapi-ts.config.mjs >log.txt 2>&1 || { cat log.txt >&2; exit 1; }
echo "the generated type:"
sed -n '/^export type Analysis = /,/^}/p' client/types.gen.ts
npx esbuild look.ts --bundle --platform=node --format=esm --outfile=look.mjs --log-level=error
TZ=America/New_York node look.mjs
cat <<'END'
@hey-api/openapi-ts 0.99.0. Expected: what was read goes back. Seen: another id, as text, and a time for a day. So ids
as strings; no transformers for what is sent back.
END

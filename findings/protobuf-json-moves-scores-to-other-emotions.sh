#!/usr/bin/env bash
# protobufjs 8.8.1 and Python's protobuf 7.36.2: an emotion that the reader does not know yet falls out of its list, and
# the scores behind it move to other emotions.
#
# Expected: a message with parallel lists (looks: HAPPY, CONTEMPT, SAD; scores: 0.25, 0.625, 0.125) that comes as JSON
#   from a newer release is refused by a reader whose enum has no CONTEMPT, or keeps three looks, one unspecified.
# Seen: protobufjs' fromObject keeps two looks and three scores, without a word: SAD has 0.625. Python's ParseDict
#   refuses, but with ignore_unknown_fields=True, which speaks of fields and is how one reads newer senders, it does
#   the same. In binary, and in JSON with the number 9, all three stay. protobufjs' verify() is no way out: it refuses
#   every name of an enum, HAPPY too. By the way, fromObject also passes over face_count, which protobuf's JSON
#   mapping lets a sender write for faceCount.
# So: put a look and its score into one message (repeated Score), never into two lists; compare lengths; to a
#   protobufjs reader of JSON send numbers.
set -euo pipefail
for tool in node npm; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install nodejs npm" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --no-save --ignore-scripts --cache "$folder/cache" protobufjs@8.8.1 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps protobuf==7.36.2
echo '{"looks": ["HAPPY", "CONTEMPT", "SAD"], "scores": [0.25, 0.625, 0.125], "face_count": 3}' >face.json

node - <<'END'
const assert = require("assert");
const face = require("protobufjs").parse(`syntax = "proto3";
  enum Look { UNSPECIFIED = 0; HAPPY = 1; SAD = 2; }
  message Face { repeated Look looks = 1; repeated float scores = 2; int32 face_count = 3; }`).root.lookupType("Face");
const json = JSON.parse(require("fs").readFileSync("face.json"));
const seen = (message) => face.toObject(face.decode(face.encode(message).finish()), { enums: String, arrays: true });
const read = seen(face.fromObject(json));
console.log("protobufjs, by name:  ", JSON.stringify(read));
assert.deepStrictEqual(read, { looks: ["HAPPY", "SAD"], scores: [0.25, 0.625, 0.125] });
assert.match(face.verify({ looks: ["HAPPY"] }), /enum value/);
const numbers = seen(face.fromObject({ ...json, looks: [1, 9, 2] }));
console.log("protobufjs, by number:", JSON.stringify(numbers));
assert.deepStrictEqual(numbers.looks, ["HAPPY", 9, "SAD"]);
END

venv/bin/python - <<'END'
import json

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

ENUM, FLOAT, INT32, REPEATED, OPTIONAL = 14, 2, 5, 3, 1
file = descriptor_pb2.FileDescriptorProto(name="face.proto", syntax="proto3")
look = file.enum_type.add(name="Look")
for number, name in enumerate(("UNSPECIFIED", "HAPPY", "SAD")):
    look.value.add(name=name, number=number)
message = file.message_type.add(name="Face")
message.field.add(name="looks", number=1, label=REPEATED, type=ENUM, type_name=".Look")
message.field.add(name="scores", number=2, label=REPEATED, type=FLOAT)
message.field.add(name="face_count", number=3, label=OPTIONAL, type=INT32)
pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(file.SerializeToString())
Face = message_factory.GetMessageClass(pool.FindMessageTypeByName("Face"))
with open("face.json") as stored:
    sent = json.load(stored)
try:
    json_format.ParseDict(sent, Face())
    raise AssertionError("an unknown emotion was taken")
except json_format.ParseError as error:
    print("Python refuses:       ", error)
read = json_format.MessageToDict(json_format.ParseDict(sent, Face(), ignore_unknown_fields=True))
print("Python, ignore_unknown_fields:", read)
assert read == {"looks": ["HAPPY", "SAD"], "scores": [0.25, 0.625, 0.125], "faceCount": 3}, read
END
cat <<'END'
Expected: refused, or three looks. Seen: two looks and three scores, so that SAD got the score of CONTEMPT. So keep a
look and its score in one message.
END

#!/usr/bin/env bash
# Apache Kafka Connect 4.4.0 (JsonConverter with schemas): a number that comes as text is 0, "true" is false, a text
# that comes as a number is null, and a number that does not fit its type is another one.
#
# Expected: a payload that is not what its own schema says is refused, as JsonConverter refuses bytes that are no
#   Base64, as ConnectSchema.validateValue refuses a text for an INT64, and as the Cast transform reads it or refuses.
# Seen: with schemas.enable=true (the default) the payload is asked for the schema's type and nothing else. Protobuf's
#   JSON writes each int64 in quotes, Python's json.dumps(default=str) each Decimal: "1764500000000" as int64 is 0,
#   "0.93" as double 0.0, "true" as boolean false. 42 as an optional string is null. 200 as int8 is -56, 3000000000 as
#   int32 -1294967296, 0.93 as int32 0. A NaN that the converter itself wrote is in quotes, and is 0.0 when it reads it.
#   Nothing is raised, so that errors.tolerance, dead letters and required fields stop nothing: the 0 goes on into the
#   table. Without schemas too, a whole number is cut to 64 bits: a perceptual hash above 2^63 comes out negative, of a
#   longer one only the end is left.
# So: JSON without quotes around numbers in a topic that Connect reads, wide types, hashes as hex text; or no schemas
#   and Cast, which reads "0.93". Test a sink with the producer's own bytes, and look for columns that are 0.
set -euo pipefail
for tool in javac mvn; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install openjdk-17-jdk-headless maven" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
dependency() { echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>"; }
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies>$(dependency org.apache.kafka connect-json 4.4.0)
  $(dependency org.apache.kafka connect-transforms 4.4.0) $(dependency org.slf4j slf4j-nop 1.7.36)</dependencies>
</project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }

cat >Looks.java <<'END'
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.connect.data.ConnectSchema;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.Cast;

public class Looks {
    static void check(String what, Object expected, Supplier<Object> look) {
        Object seen;
        try {
            seen = look.get();
        } catch (DataException refusal) {
            seen = "refused";
        }
        System.out.printf("%-58s %s%n", what, seen);
        if (!String.valueOf(expected).equals(String.valueOf(seen))) {
            System.out.println("changed: it was " + expected);
            System.exit(1);
        }
    }

    static JsonConverter converter(boolean schemas) {
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", schemas), false);
        return converter;
    }

    static Object read(boolean schemas, String json) {
        return converter(schemas).toConnectData("faces", json.getBytes(StandardCharsets.UTF_8)).value();
    }

    /** A face's record with one field, as a sink gets it. */
    static void field(String type, String value, boolean optional, Object expected) {
        String json = "{\"schema\": {\"type\": \"struct\", \"fields\": [{\"field\": \"f\", \"type\": \"" + type
                + "\", \"optional\": " + optional + "}]}, \"payload\": {\"f\": " + value + "}}";
        check((optional ? "optional " : "") + type + ", payload " + value, expected,
                () -> ((Struct) read(true, json)).get("f"));
    }

    static void cast(String type, String value, Object expected) {
        Cast<SinkRecord> cast = new Cast.Value<>();
        cast.configure(Map.of("spec", "f:" + type));
        Object json = read(false, "{\"f\": " + value + "}");
        check("without schemas, Cast to " + type + " of " + value, expected,
                () -> ((Map<?, ?>) cast.apply(new SinkRecord("faces", 0, null, null, null, json, 0)).value()).get("f"));
    }

    public static void main(String[] arguments) {
        field("int64", "1764500000000", false, 1764500000000L);
        field("int64", "\"1764500000000\"", false, 0);
        field("double", "0.93", false, 0.93);
        field("double", "\"0.93\"", false, 0.0);
        field("boolean", "true", false, true);
        field("boolean", "\"true\"", false, false);
        field("boolean", "1", false, false);
        field("string", "42", true, null);
        field("int8", "200", false, -56);
        field("int32", "3000000000", false, -1294967296);
        field("int32", "0.93", false, 0);
        for (double score : new double[] {0.93, Double.NaN, Double.POSITIVE_INFINITY}) {
            byte[] json = converter(true).fromConnectData("faces", Schema.FLOAT64_SCHEMA, score);
            String payload = new String(json, StandardCharsets.UTF_8).replaceAll(".*(\"payload\":.*)}", "$1");
            check("written by itself: " + payload, score == 0.93 ? score : 0.0,
                    () -> converter(true).toConnectData("faces", json).value());
        }
        System.out.println("What is refused elsewhere:");
        field("bytes", "\"no base64!\"", false, "refused");
        field("string", "42", false, "refused");
        check("ConnectSchema.validateValue, int64, \"1764500000000\"", "refused", () -> {
            ConnectSchema.validateValue(Schema.INT64_SCHEMA, "1764500000000");
            return "taken";
        });
        cast("int64", "\"1764500000000\"", 1764500000000L);
        cast("float64", "\"0.93\"", 0.93);
        cast("float64", "\"happy\"", "refused");
        cast("boolean", "\"true\"", true);
        System.out.println("Hashes:");
        check("without schemas, 17293822569102704640", -1152921504606846976L,
                () -> read(false, "17293822569102704640"));
        check("without schemas, 18446744073709552033 (2^64 + 417)", 417, () -> read(false, "18446744073709552033"));
    }
}
END
javac -cp 'jars/*' Looks.java
java -cp 'jars/*:.' Looks
cat <<'END'
Kafka Connect 4.4.0. Expected: a payload that is not what its schema says is refused. Seen: it is 0, false, null or
another number. So numbers without quotes, wide types, and a test with the producer's own bytes.
END

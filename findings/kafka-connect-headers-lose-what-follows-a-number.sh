#!/usr/bin/env bash
# Apache Kafka Connect 4.4.0: of a header that begins with a number the default converter keeps the number alone: the
# seven scores "0.93,0.02,…" are 0.93, the photo "417:2" is 417; and the model "1.10" is 1.1, the id "00417" 417.
#
# Expected: a header is a text or bytes; what a converter does not know stays as it was, and goes out as it came in.
# Seen: SimpleHeaderConverter, the default of header.converter, guesses a type by the first piece of the text, up to a
#   comma, colon or bracket. If that is a number, the rest is dropped: "09:30" is 9. After a word it stays: "sad:0.93".
#   A version loses its last 0, an id its first ones, an id of hex digits with one e becomes a number of
#   ten more digits ("62e10"), a score beyond seven digits a float32. The type goes by the value: 100 is a byte, 200 a
#   short. So the same header is a text in one record, a number in the next, and a connector that writes it, or a
#   transform that sets it (InsertHeader, value.literal), writes another text than it was given. Nothing is raised. That
#   a number with more behind it is cut is open as KAFKA-20892; that types are guessed is in the class's description.
# So: header.converter=org.apache.kafka.connect.storage.StringConverter for the worker, whatever key and value have, and
#   no InsertHeader for versions; compare a header's bytes before and after.
set -euo pipefail
for tool in javac mvn; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install openjdk-17-jdk-headless maven" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
dependency() { echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>"; }
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies>$(dependency org.apache.kafka connect-api 4.4.0) $(dependency org.apache.kafka connect-transforms 4.4.0)
  $(dependency org.slf4j slf4j-nop 1.7.36)</dependencies></project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }

cat >Looks.java <<'END'
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.storage.HeaderConverter;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;
import org.apache.kafka.connect.storage.StringConverter;
import org.apache.kafka.connect.transforms.InsertHeader;

public class Looks {
    static String[][] HEADERS = { // name, as it came, as it goes out, and its type in between
        {"look", "sad:0.93", "sad:0.93", "STRING"},
        {"file", "face-417.jpg", "face-417.jpg", "STRING"},
        {"scores", "0.93,0.02,0.01,0.01,0.01,0.01,0.01", "0.93", "FLOAT32"},
        {"photo and face", "417:2", "417", "INT16"},
        {"taken at", "09:30", "9", "INT8"},
        {"box", "12,30,48,48", "12", "INT8"},
        {"model", "1.10", "1.1", "FLOAT32"},
        {"person", "00417", "417", "INT16"},
        {"digest", "62e10", "620000000000", "INT64"},
        {"score", "0.9312345678", "0.93123454", "FLOAT32"},
        {"count", "100", "100", "INT8"},
        {"count", "200", "200", "INT16"},
    };

    static void check(String what, String in, String out, String expected, String type) {
        System.out.printf("%-16s %-36s -> %-36s %s%n", what, in, out, type);
        if (!out.equals(expected)) {
            System.out.println("changed: it was " + expected);
            System.exit(1);
        }
    }

    static String[] through(HeaderConverter converter, String in) {
        SchemaAndValue value = converter.toConnectHeader("faces", "h", in.getBytes(StandardCharsets.UTF_8));
        byte[] out = converter.fromConnectHeader("faces", "h", value.schema(), value.value());
        return new String[] {new String(out, StandardCharsets.UTF_8), value.schema().type().toString()};
    }

    public static void main(String[] arguments) throws Exception {
        StringConverter text = new StringConverter();
        text.configure(Map.of("converter.type", "header"));
        for (String[] header : HEADERS) {
            String[] seen = through(new SimpleHeaderConverter(), header[1]);
            check(header[0], header[1], seen[0], header[2], seen[1]);
            if (!seen[1].equals(header[3])) {
                System.out.println("changed: the type was " + header[3]);
                System.exit(1);
            }
            if (!through(text, header[1])[0].equals(header[1])) {
                System.out.println("changed: StringConverter does not keep it");
                System.exit(1);
            }
        }
        System.out.println("StringConverter keeps them all.");
        for (String[] header : new String[][] {{"1.10", "1.1"}, {"v1.10", "v1.10"}, {"00417", "417"}}) {
            InsertHeader<SinkRecord> insert = new InsertHeader<>();
            insert.configure(Map.of("header", "model", "value.literal", header[0]));
            SinkRecord record = new SinkRecord("faces", 0, null, null, null, null, 0);
            Header seen = insert.apply(record).headers().lastWithName("model");
            byte[] out = new SimpleHeaderConverter().fromConnectHeader("faces", "h", seen.schema(), seen.value());
            String type = seen.schema().type().toString();
            check("InsertHeader", header[0], new String(out, StandardCharsets.UTF_8), header[1], type);
        }
    }
}
END
javac -cp 'jars/*' Looks.java
java -cp 'jars/*:.' Looks
cat <<'END'
Kafka Connect 4.4.0. Expected: a header goes out as it came in. Seen: a number at its beginning is all that is left, and
is written anew. So header.converter=org.apache.kafka.connect.storage.StringConverter.
END

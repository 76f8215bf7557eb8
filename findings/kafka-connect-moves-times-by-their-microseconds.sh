#!/usr/bin/env bash
# Apache Kafka Connect 4.4.0: TimestampConverter reads the fraction of a second as a number of milliseconds:
# 10:00:00.123456 is 10:02:03.456, and 10:00:00.5 is 10:00:00.005; a time zone behind it is not looked at.
#
# Expected: a text that does not fit the format is refused, and one that fits is the time that it says. Python's
#   isoformat() and PostgreSQL write microseconds, and PostgreSQL leaves zeros out at the end.
# Seen: with "…ss.SSS" or "…ss.SSSSSS" the digits behind the point are a count of milliseconds, however many there are:
#   a photo's time is up to a thousand seconds late, which is 500 s in the mean, and the order of two photos of the same
#   minute is chance. What follows the format's end is dropped, so that "+02:00" behind "…ss" is two hours late. Two in
#   three digits are right, and so is a test with .000 or .123. Microseconds written back with "SSSSSS" are others again
#   ("000456"). It parses by java.text.SimpleDateFormat, which the documentation names; what that does with a fraction
#   it does not say. Nothing is raised; java.time reads the same pattern rightly.
# So: numbers of milliseconds between services (target.type=Timestamp takes them as they are), or texts of exactly three
#   digits and a zone, with XXX in the format; in a test a time of .123456 and one with +02:00.
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

cat >Times.java <<'END'
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Date;
import java.util.Map;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.TimestampConverter;

public class Times {
    static final String DAY = "2026-12-01T";
    static final String[][] CASES = { // format, text, what it is, what comes out
        {"HH:mm:ss.SSS", "10:00:00.123", "10:00:00.123Z", "10:00:00.123Z"},
        {"HH:mm:ss.SSS", "10:00:00.120000", "10:00:00.120Z", "10:02:00Z"},
        {"HH:mm:ss.SSSSSS", "10:00:00.123456", "10:00:00.123456Z", "10:02:03.456Z"},
        {"HH:mm:ss.SSSSSS", "10:00:00.999999", "10:00:00.999999Z", "10:16:39.999Z"},
        {"HH:mm:ss.SSSSSSXXX", "10:00:00.123456+02:00", "08:00:00.123456Z", "08:02:03.456Z"},
        {"HH:mm:ss.SSS", "10:00:00.5", "10:00:00.500Z", "10:00:00.005Z"},
        {"HH:mm:ss", "10:00:00+02:00", "08:00:00Z", "10:00:00Z"},
        {"HH:mm:ssXXX", "10:00:00+02:00", "08:00:00Z", "08:00:00Z"},
    };

    static Object convert(String type, String format, Object value) {
        TimestampConverter.Value<SinkRecord> converter = new TimestampConverter.Value<>();
        converter.configure(Map.of("target.type", type, "format", format));
        return converter.apply(new SinkRecord("faces", 0, null, null, null, value, 0)).value();
    }

    static Instant read(String format, String text) {
        return ((Date) convert("Timestamp", "yyyy-MM-dd'T'" + format, DAY + text)).toInstant();
    }

    static void check(boolean holds, String what) {
        if (!holds) {
            System.out.println("changed: " + what);
            System.exit(1);
        }
    }

    public static void main(String[] arguments) {
        System.out.printf("%-20s %-22s %-20s %s%n", "format", "text", "which is", "TimestampConverter");
        for (String[] each : CASES) {
            Instant seen = read(each[0], each[1]);
            System.out.printf("%-20s %-22s %-20s %s%n", each[0], each[1], each[2], seen.toString().substring(11));
            check(seen.equals(Instant.parse(DAY + each[3])), each[1]);
        }
        var pattern = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS");
        Instant right = LocalDateTime.parse(DAY + "10:00:00.123456", pattern).toInstant(ZoneOffset.UTC);
        System.out.println("java.time, by the same pattern: " + right);
        check(right.equals(Instant.parse(DAY + "10:00:00.123456Z")), "java.time");
        try {
            read("HH:mm:ss.SSS", "10:00:00");
            check(false, "a text without a fraction is refused");
        } catch (DataException missing) {
            System.out.println("a text without a fraction is refused");
        }
        Object text = convert("string", "HH:mm:ss.SSSSSS", new Date(1_796_119_200_456L));
        System.out.println("a time of 456 milliseconds, written: " + text);
        check(text.equals("10:00:00.000456"), "written");

        long late = 0; // a photo every 17 s and some microseconds, through an hour
        int turned = 0;
        Instant before = Instant.MIN;
        int photos = 200;
        for (int photo = 0; photo < photos; photo++) {
            Instant taken = Instant.parse(DAY + "10:00:00Z").plusNanos(photo * 17_618_034_000L);
            Instant seen = read("HH:mm:ss.SSSSSS", pattern.format(taken.atOffset(ZoneOffset.UTC)).substring(11));
            late += Duration.between(taken, seen).toMillis();
            if (seen.isBefore(before)) turned++;
            before = seen;
        }
        System.out.printf("%d photos: late by %d s in the mean, %d before their predecessor%n", photos,
            late / photos / 1000, turned);
        check(late / photos > 400_000 && late / photos < 600_000 && turned > photos / 5, "the mean");
    }
}
END
javac -cp 'jars/*' Times.java
java -cp 'jars/*:.' Times
cat <<'END'
Kafka Connect 4.4.0. Expected: 10:00:00.123456 is that, or refused. Seen: it is 123,456 milliseconds later. So numbers of
milliseconds, or three digits and a zone; .123456 in a test.
END

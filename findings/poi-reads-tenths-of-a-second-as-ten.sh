#!/usr/bin/env bash
# Apache POI 5.5.1 (Java): with the number format mm:ss.0 a time of 12.97 seconds is read as "00:12.10" by DataFormatter
# and as "00:12.0" by CellFormat; with [ss].00 it is "[ss].00" or "13.97".
#
# Expected: DataFormatter is documented to give a cell's value as Excel shows it, and mm:ss.0 is one of the formats that
#   are built into Excel (number 47): 12.97 rounded to tenths is 13.0.
# Seen: DataFormatter rounds the fraction by itself: 0.95 and more of a second are ten tenths, and "10" is written after
#   the point, where it means one tenth. It is so for one time in twenty, which is 0.9 s too small; with two decimals
#   for one in two hundred ("12.100" for 12.996). CellFormat, the package's other formatter, writes "0" and leaves the
#   second as it is. Elapsed seconds, [ss].00, as for how long a photo took: DataFormatter gives back the format, and
#   CellFormat rounds the seconds before it adds the fraction, so that half of all times are a second too long.
#   hh:mm:ss.000 is right, and so are most times in mm:ss.0: a test by one or two does not show it. Nothing is raised.
# So: getNumericCellValue() * 86400 where times count, or a format with three decimals; test all hundredths of a second.
set -euo pipefail
for tool in java javac mvn; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install openjdk-17-jdk-headless maven" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies><dependency><groupId>org.apache.poi</groupId><artifactId>poi</artifactId>
  <version>5.5.1</version></dependency></dependencies></project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=lib >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }

cat >Seconds.java <<'END'
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.poi.hssf.usermodel.HSSFWorkbook;
import org.apache.poi.ss.format.CellFormat;
import org.apache.poi.ss.usermodel.*;

public class Seconds {
    static final double[] TIMES = {0.94, 2.04, 2.97, 12.97, 59.96, 61.5};
    static boolean changed;

    /** A file with a column of times: seconds, which a spreadsheet keeps in days. */
    static Workbook file(String format) throws Exception {
        try (Workbook written = new HSSFWorkbook(); var bytes = new ByteArrayOutputStream()) {
            CellStyle style = written.createCellStyle();
            style.setDataFormat(written.createDataFormat().getFormat(format));
            Sheet sheet = written.createSheet();
            for (int row = 0; row < TIMES.length; row++) {
                Cell cell = sheet.createRow(row).createCell(0);
                cell.setCellValue(TIMES[row] / 86400);
                cell.setCellStyle(style);
            }
            written.write(bytes);
            return new HSSFWorkbook(new ByteArrayInputStream(bytes.toByteArray()));
        }
    }

    static void expect(String what, List<String> seen, String... expected) {
        System.out.printf("%-24s %s%n", what, String.join("  ", seen));
        changed |= !seen.equals(List.of(expected));
    }

    static void read(String format, String[] formatted, String[] celled) throws Exception {
        List<String> texts = new ArrayList<>();
        List<String> others = new ArrayList<>();
        try (Workbook workbook = file(format)) {
            for (Row row : workbook.getSheetAt(0)) {
                texts.add(new DataFormatter(Locale.US).formatCellValue(row.getCell(0)));
                others.add(CellFormat.getInstance(Locale.US, format).apply(row.getCell(0)).text);
            }
        }
        expect(format + ", DataFormatter", texts, formatted);
        expect(format + ", CellFormat", others, celled);
    }

    static int wrong(String format, double half) {
        int wrong = 0;
        for (int time = 0; time < 60000; time++) {
            String text = new DataFormatter(Locale.US).formatRawCellContents(time / 86400000.0, -1, format);
            if (Math.abs(Double.parseDouble(text.substring(3)) - time / 1000.0) > half) wrong++;
        }
        return wrong;
    }

    public static void main(String[] arguments) throws Exception {
        System.out.println("seconds".concat(" ".repeat(18)) + java.util.Arrays.toString(TIMES));
        String[] right = {"00:00.940", "00:02.040", "00:02.970", "00:12.970", "00:59.960", "01:01.500"};
        read("mm:ss.000", right, right);
        read("mm:ss.0", new String[] {"00:00.9", "00:02.0", "00:02.10", "00:12.10", "00:59.10", "01:01.5"},
            new String[] {"00:00.9", "00:02.0", "00:02.0", "00:12.0", "00:59.0", "01:01.5"});
        String none = "[ss].00";
        read("[ss].00", new String[] {none, none, none, none, none, none},
            new String[] {"01.94", "02.04", "03.97", "13.97", "60.96", "62.50"});
        int tenths = wrong("mm:ss.0", 0.1);
        int hundredths = wrong("mm:ss.00", 0.02);
        System.out.printf("of 60000 times wrong: mm:ss.0 %d, mm:ss.00 %d%n", tenths, hundredths);
        changed |= Math.abs(tenths - 3000) > 60 || Math.abs(hundredths - 300) > 70;
        if (changed) System.out.println("changed");
        System.exit(changed ? 1 : 0);
    }
}
END
javac -cp "lib/*" Seconds.java
java -Dlog4j2.StatusLogger.level=OFF -cp "lib/*:." Seconds 2>log.txt || { cat log.txt >&2; exit 1; }
cat <<'END'
POI 5.5.1. Expected: 12.97 s with one decimal is 13.0. Seen: 12.10, or 12.0. So read the number, not its text.
END

#!/usr/bin/env bash
# TwelveMonkeys imageio-tiff 3.15.0 (Java): of a TIFF of sixteen bits every n-th pixel is read from the right columns and the
# wrong rows: n - 1 rows too low.
#
# Expected: with setSourceSubsampling(8, 8, 0, 0) the pixels of columns and rows 0, 8, 16 and so on, as Java defines it, as
#   Java's own TIFF reader gives them and as this one does of eight bits.
# Seen: of eight bits a row is taken if its number is a multiple of n. For sixteen and 32 bits this question is missing
#   (readStripTileData in TIFFImageReader.java): all n rows are written to the same row of the result, one over the other,
#   and the last one stays. Rows 7, 15, 23 are seen in place of 0, 8, 16, in colours and grey, compressed or not. The
#   size is right, and the picture looks right. A face that is looked for in such a preview and cut out of the whole
#   photo is cut n - 1 pixels too high, 15 at n = 16, and none to the side. A preview of the same photo in
#   eight bits has other pixels. Without subsampling, all is right.
# So: read the whole photo and shrink it, or setSourceSubsampling(n, n, 0, 0) by Java's own reader; in a test numbered rows of
#   sixteen bits.
set -euo pipefail
for tool in java javac mvn; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install openjdk-17-jdk-headless maven" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies><dependency><groupId>com.twelvemonkeys.imageio</groupId><artifactId>imageio-tiff</artifactId>
  <version>3.15.0</version></dependency></dependencies></project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }

cat >Preview.java <<'END'
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.*;
import java.io.File;
import java.util.Iterator;
import javax.imageio.*;
import javax.imageio.stream.*;

public class Preview {
    static final int WIDTH = 640, HEIGHT = 480;
    static final int FACE_X = 300, FACE_Y = 207, FACE = 96;

    static void check(boolean fine, String what) {
        if (!fine) throw new IllegalStateException("changed: " + what);
    }

    /** In the first band the row's number, in the second (if there is one) the column's. */
    static BufferedImage numbered(int bits, int bands) {
        int type = bits == 8 ? DataBuffer.TYPE_BYTE : DataBuffer.TYPE_USHORT;
        ColorSpace space = ColorSpace.getInstance(bands == 1 ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB);
        ColorModel model = new ComponentColorModel(space, false, false, Transparency.OPAQUE, type);
        WritableRaster raster = model.createCompatibleWritableRaster(WIDTH, HEIGHT);
        int limit = bits == 8 ? 256 : 65536;
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                for (int band = 0; band < bands; band++) raster.setSample(x, y, band, (band == 0 ? y : x) % limit);
            }
        }
        return new BufferedImage(model, raster, false, null);
    }

    /** A bright face in front of a dark wall, sixteen bits, grey. */
    static BufferedImage photo() {
        BufferedImage photo = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_USHORT_GRAY);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                boolean face = x >= FACE_X && x < FACE_X + FACE && y >= FACE_Y && y < FACE_Y + FACE;
                photo.getRaster().setSample(x, y, 0, face ? 50000 : 9000);
            }
        }
        return photo;
    }

    static File write(BufferedImage photo, String compression) throws Exception {
        File file = new File("photo.tif");
        file.delete();
        ImageWriter writer = null; // Java's own
        for (Iterator<ImageWriter> all = ImageIO.getImageWritersByFormatName("tiff"); all.hasNext();) {
            ImageWriter next = all.next();
            if (next.getClass().getName().startsWith("com.sun")) writer = next;
        }
        ImageWriteParam how = writer.getDefaultWriteParam();
        how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        how.setCompressionType(compression);
        try (ImageOutputStream out = ImageIO.createImageOutputStream(file)) {
            writer.setOutput(out);
            writer.write(null, new IIOImage(photo, null, null), how);
        }
        return file;
    }

    static Raster read(File file, String reader, int every) throws Exception {
        for (Iterator<ImageReader> all = ImageIO.getImageReadersByFormatName("tiff"); all.hasNext();) {
            ImageReader next = all.next();
            if (!next.getClass().getName().startsWith(reader)) continue;
            try (ImageInputStream in = ImageIO.createImageInputStream(file)) {
                next.setInput(in);
                ImageReadParam how = next.getDefaultReadParam();
                how.setSourceSubsampling(every, every, 0, 0);
                return next.read(0, how).getRaster();
            }
        }
        throw new IllegalStateException("no reader " + reader);
    }

    public static void main(String[] arguments) throws Exception {
        String own = "com.sun", other = "com.twelvemonkeys";
        for (int[] kind : new int[][] {{8, 1}, {8, 3}, {16, 1}, {16, 3}}) {
            for (String compression : new String[] {"LZW", "Deflate", "PackBits"}) {
                File file = write(numbered(kind[0], kind[1]), compression);
                StringBuilder line = new StringBuilder();
                for (int every : new int[] {1, 2, 8, 16}) {
                    Raster seen = read(file, other, every), right = read(file, own, every);
                    check(seen.getWidth() == right.getWidth() && seen.getHeight() == right.getHeight(), "the size");
                    int late = seen.getSample(3, 1, 0) - right.getSample(3, 1, 0);
                    line.append(String.format("  n = %d: rows %d, %d (%d, %d)", every, seen.getSample(3, 0, 0),
                            seen.getSample(3, 1, 0), right.getSample(3, 0, 0), right.getSample(3, 1, 0)));
                    check(right.getSample(3, 1, 0) == every, "Java's own reader");
                    check(late == (kind[0] == 8 ? 0 : every - 1), "the rows");
                    if (kind[1] == 3) check(seen.getSample(3, 1, 1) == 3 * every, "the columns");
                }
                if (compression.equals("LZW")) {
                    System.out.printf("%d bits, %s:%s%n", kind[0], kind[1] == 1 ? "grey" : "colours", line);
                }
            }
        }
        System.out.println("(in brackets: by Java's own reader, of the same file)");

        File file = write(photo(), "LZW");
        for (int every : new int[] {4, 16}) {
            int[] tops = new int[2], lefts = new int[2];
            for (int i = 0; i < 2; i++) {
                Raster preview = read(file, i == 0 ? other : own, every);
                int first = 0;
                while (preview.getSample(first % preview.getWidth(), first / preview.getWidth(), 0) < 30000) first++;
                tops[i] = first / preview.getWidth() * every;
                lefts[i] = first % preview.getWidth() * every;
            }
            System.out.printf("a face from %d, %d on: in a preview of every %dth pixel at %d, %d, by Java's reader %d, %d%n",
                    FACE_X, FACE_Y, every, lefts[0], tops[0], lefts[1], tops[1]);
            check(lefts[0] == lefts[1] && tops[0] < FACE_Y && tops[1] >= FACE_Y, "the face");
        }
    }
}
END
javac -cp 'jars/*' Preview.java
java -Djava.awt.headless=true -cp 'jars/*:.' Preview 2>log.txt || { cat log.txt >&2; exit 1; }
cat <<'END'
TwelveMonkeys imageio-tiff 3.15.0. Expected: rows 0, 8, 16. Seen: rows 7, 15, 23 of sixteen bits, and the right columns. So
read the whole photo and shrink it; numbered rows in a test.
END

#!/usr/bin/env bash
# Apache Commons Imaging 1.0.0-alpha6 (Java): of a JPEG with restart markers only the first stretch is right; below it the
# photo turns brighter, darker or green, the more the further down.
#
# Expected: the picture that ImageIO makes of the same bytes, and that Commons Imaging itself makes of the same photo
#   without restart markers. Files with them are read since 2019 (IMAGING-134).
# Seen: many cameras and hardware encoders write a restart marker after each row of blocks, so that an error does not
#   spread; Pillow (restart_marker_rows) and jpegtran can too. At such a marker the mean levels, which are stored as
#   differences from block to block, begin at zero again. The decoder parts the data at the markers and sets nothing
#   back: what the row before ended with is added to the whole next row. It ends at the bounds, so that the lower part
#   of a photo is white, black or of one colour. Size and type are right and nothing is said.
# So: Commons Imaging for metadata only, ImageIO or TwelveMonkeys for pixels; test with a JPEG that has restart markers.
set -euo pipefail
for tool in java javac mvn; do
  command -v "$tool" >/dev/null || { echo "Needs openjdk-17-jdk-headless and maven" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies><dependency><groupId>org.apache.commons</groupId><artifactId>commons-imaging</artifactId>
  <version>1.0.0-alpha6</version></dependency></dependencies></project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }

cat >Restart.java <<'END'
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import org.apache.commons.imaging.Imaging;

public class Restart {
    static final int SIZE = 192;
    static final int BLOCK = 16;

    /** Skin that fades into a wall. */
    static BufferedImage photo() {
        BufferedImage photo = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
        int[] skin = {200, 150, 120};
        int[] wall = {112, 128, 144};
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                double share = Math.exp(-Math.pow((x - 96) / 60.0, 2) - Math.pow((y - 96) / 72.0, 2));
                for (int band = 0; band < 3; band++) {
                    photo.getRaster().setSample(x, y, band, wall[band] + share * (skin[band] - wall[band]));
                }
            }
        }
        return photo;
    }

    /** A baseline JPEG, with a restart marker after as many blocks as said, or without. */
    static byte[] jpeg(int interval) throws Exception {
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(photo()), null);
        if (interval > 0) {
            String format = metadata.getNativeMetadataFormatName();
            IIOMetadataNode root = (IIOMetadataNode) metadata.getAsTree(format);
            IIOMetadataNode restart = new IIOMetadataNode("dri");
            restart.setAttribute("interval", "" + interval);
            root.getElementsByTagName("markerSequence").item(0).appendChild(restart);
            metadata.setFromTree(format, root);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(bytes)) {
            writer.setOutput(stream);
            writer.write(null, new IIOImage(photo(), null, metadata), null);
        }
        return bytes.toByteArray();
    }

    static int restarts(byte[] jpeg) {
        int count = 0;
        for (int i = 1; i < jpeg.length; i++) {
            if ((jpeg[i - 1] & 0xff) == 0xff && (jpeg[i] & 0xf8) == 0xd0) {
                count++;
            }
        }
        return count;
    }

    /** The largest difference of a level, for each row of blocks. */
    static int[] differences(BufferedImage seen) {
        int[] largest = new int[SIZE / BLOCK];
        BufferedImage photo = photo();
        for (int y = 0; y < SIZE; y++) {
            for (int x = 0; x < SIZE; x++) {
                for (int shift = 0; shift < 24; shift += 8) {
                    int difference = (seen.getRGB(x, y) >> shift & 255) - (photo.getRGB(x, y) >> shift & 255);
                    largest[y / BLOCK] = Math.max(largest[y / BLOCK], Math.abs(difference));
                }
            }
        }
        return largest;
    }

    static void check(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException("changed: " + message);
        }
    }

    public static void main(String[] arguments) throws Exception {
        for (int interval : new int[] {0, SIZE / BLOCK}) {
            byte[] jpeg = jpeg(interval);
            int markers = restarts(jpeg);
            check(markers == (interval == 0 ? 0 : SIZE / BLOCK - 1), "restart markers");
            for (boolean commons : new boolean[] {false, true}) {
                BufferedImage seen = commons ? Imaging.getBufferedImage(jpeg) : ImageIO.read(new ByteArrayInputStream(jpeg));
                int[] off = differences(seen);
                System.out.printf("%2d restart markers, %s %06x, off by %s%n", markers,
                        commons ? "Commons Imaging: skin is" : "ImageIO:         skin is",
                        seen.getRGB(96, 96) & 0xffffff, Arrays.toString(off));
                int worst = Arrays.stream(off).max().getAsInt();
                if (commons && markers > 0) {
                    check(off[0] < 10 && off[3] > 30 && off[11] > 90, "wrong from the second row on");
                } else {
                    check(worst < 10, "a reader that was right");
                }
            }
        }
    }
}
END
javac -cp 'jars/*' Restart.java
java -Djava.awt.headless=true -cp 'jars/*:.' Restart
cat <<'END'
Commons Imaging 1.0.0-alpha6. Expected: the photo that ImageIO reads. Seen: below the first restart marker each row has the
levels of the row before added to its own. So ImageIO for pixels.
END

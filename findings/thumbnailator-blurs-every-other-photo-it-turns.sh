#!/usr/bin/env bash
# thumbnailator 0.4.21 (Java): a photo turned by 90 degrees, by its EXIF orientation too, is blurred and moved by half a pixel
# if its width and height add up to an odd number.
#
# Expected: a quarter turn moves pixels and changes none, whatever the size, as a half turn does, and as of 480 x 360.
# Seen: the turn is drawn around the new picture's centre, and the corner from which the photo is drawn is rounded to whole
#   pixels (filters/Rotation.java). Where width less height is odd the corner should lie at a half: the photo is drawn half a
#   pixel beside its place in both directions, and the interpolation that is switched on for angles in between makes of
#   each pixel the mean of four. A fine pattern has no contrast left, the sharpness (variance of the Laplacian) of a face
#   falls to a fraction. The size is right and nothing is said. It goes by the thumbnail's size: of one photo the one of
#   300 x 225 is blurred, of 320 x 240 not; of photos of 4 : 3 by size(n, n) half. Photos of a telephone held upright are
#   turned so (orientations 5 to 8), held level they are not: chosen by their sharpness, the level ones win, and a network
#   sees another face than in training. rotate(90), rotate(-90), RIGHT_90_DEGREES and LEFT_90_DEGREES do the same.
# So: useExifOrientation(false) and a turn that copies pixels, or a forced size whose sides add up to an even number; a test
#   with an odd sum, in which each pixel is compared.
set -euo pipefail
for tool in java javac mvn; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install openjdk-17-jdk-headless maven" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies><dependency><groupId>net.coobird</groupId><artifactId>thumbnailator</artifactId>
  <version>0.4.21</version></dependency></dependencies></project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }

cat >Faces.java <<'END'
import java.awt.image.BufferedImage;
import java.io.*;
import java.util.Random;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import net.coobird.thumbnailator.Thumbnails;
import net.coobird.thumbnailator.filters.Rotation;

public class Faces {
    /** A face in front of a wall, both of fine texture. */
    static BufferedImage photo(int width, int height) {
        BufferedImage photo = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Random random = new Random(7);
        for (int i = 0; i < width * height; i++) {
            double away = Math.hypot((i % width - width * 0.4) / width * 4, (i / width - height * 0.45) / height * 3);
            int level = (away < 1 ? 140 : 60) + random.nextInt(61);
            photo.setRGB(i % width, i / width, level << 16 | level - 20 << 8 | level - 40);
        }
        return photo;
    }

    /** Turns clockwise by so many quarters, pixel for pixel. */
    static BufferedImage turn(BufferedImage photo, int quarters) {
        if (quarters == 0) return photo;
        int width = photo.getWidth(), height = photo.getHeight();
        BufferedImage turned = new BufferedImage(height, width, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < width * height; i++) {
            turned.setRGB(height - 1 - i / width, i % width, photo.getRGB(i % width, i / width));
        }
        return turn(turned, quarters - 1);
    }

    static int green(BufferedImage photo, int x, int y) {
        return photo.getRGB(x, y) >> 8 & 255;
    }

    static double sharpness(BufferedImage photo) {
        double sum = 0, squares = 0, bend;
        int width = photo.getWidth() - 2, count = width * (photo.getHeight() - 2);
        for (int i = 0; i < count; i++) {
            int x = i % width + 1, y = i / width + 1;
            bend = 4 * green(photo, x, y) - green(photo, x - 1, y) - green(photo, x + 1, y)
                    - green(photo, x, y - 1) - green(photo, x, y + 1);
            sum += bend;
            squares += bend * bend;
        }
        return squares / count - sum / count * sum / count;
    }

    /** The percentage of pixels that are more than two levels off. */
    static long wrong(BufferedImage seen, BufferedImage right) {
        check(seen.getWidth() == right.getWidth() && seen.getHeight() == right.getHeight(), "the size");
        int width = right.getWidth(), area = width * right.getHeight();
        long count = IntStream.range(0, area).filter(i -> Math.abs(green(seen, i % width, i / width)
                - green(right, i % width, i / width)) > 2).count();
        return Math.round(100.0 * count / area);
    }

    /** Writes a JPEG with an EXIF orientation behind its first marker. */
    static File jpeg(BufferedImage photo, int orientation) throws Exception {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        ImageIO.write(photo, "jpg", plain);
        byte[] bytes = plain.toByteArray();
        byte[] exif = {(byte) 0xff, (byte) 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12,
            0, 3, 0, 0, 0, 1, 0, (byte) orientation, 0, 0, 0, 0, 0, 0};
        int from = 4 + ((bytes[4] & 255) << 8 | bytes[5] & 255); // behind JFIF's segment
        File file = new File("photo.jpg");
        try (FileOutputStream whole = new FileOutputStream(file)) {
            whole.write(bytes, 0, 2);
            whole.write(exif);
            whole.write(bytes, from, bytes.length - from);
        }
        return file;
    }

    static void check(boolean fine, String what) {
        if (!fine) throw new IllegalStateException("changed: " + what);
    }
    public static void main(String[] arguments) throws Exception {
        int[] orientations = {1, 3, 6, 8}, quarters = {0, 2, 1, 3};
        for (int[] size : new int[][] {{480, 360}, {481, 361}, {480, 361}, {481, 360}}) {
            boolean odd = (size[0] + size[1]) % 2 == 1;
            BufferedImage photo = photo(size[0], size[1]), right = Rotation.RIGHT_90_DEGREES.apply(photo);
            long[] off = {wrong(right, turn(photo, 1)), wrong(Rotation.ROTATE_180_DEGREES.apply(photo), turn(photo, 2)),
                wrong(Rotation.LEFT_90_DEGREES.apply(photo), turn(photo, 3)),
                wrong(Thumbnails.of(photo).scale(1).rotate(90).asBufferedImage(), turn(photo, 1))};
            double before = sharpness(photo), after = sharpness(right);
            System.out.printf("%d x %d: wrong pixels after 90 degrees %d %%, 180 %d %%, -90 %d %%; sharpness %.0f for %.0f%n",
                    size[0], size[1], off[0], off[1], off[2], after, before);
            check(off[1] == 0 && off[0] == off[3], "180 degrees or rotate(90)");
            check(odd ? off[0] > 60 && off[2] > 60 && after < before / 4 : off[0] + off[2] == 0, "90 degrees");
            for (int i = 0; i < 4; i++) {
                File file = jpeg(photo, orientations[i]);
                long wrong = wrong(Thumbnails.of(file).scale(1).asBufferedImage(), turn(ImageIO.read(file), quarters[i]));
                System.out.printf("%s %d: %d %%%s", i == 0 ? "  as a JPEG, by its orientation" : ",", orientations[i], wrong,
                        i == 3 ? "\n" : "");
                check(odd && i > 1 ? wrong > 60 : wrong == 0, "orientation " + orientations[i]);
            }
        }
        File level = new File("level.jpg"), upright = jpeg(photo(800, 600), 6);
        ImageIO.write(photo(800, 600), "jpg", level);
        int blurred = 0;
        for (int side = 200; side < 300; side++) {
            BufferedImage small = Thumbnails.of(level).size(side, side).asBufferedImage();
            BufferedImage turned = Thumbnails.of(upright).size(side, side).asBufferedImage();
            long off = wrong(turned, turn(small, 1));
            check((small.getWidth() + small.getHeight()) % 2 == 1 ? off > 60 : off == 0, "size " + side);
            blurred += off > 60 ? 1 : 0;
        }
        System.out.printf("thumbnails of a photo of 4 : 3 by size(200, 200) to size(299, 299): %d of 100 are blurred%n",
                blurred);
        check(blurred > 40 && blurred < 60, "the share of sizes");
    }
}
END
javac -cp 'jars/*' Faces.java
java -Djava.awt.headless=true -cp 'jars/*:.' Faces 2>log.txt || { cat log.txt >&2; exit 1; }
cat <<'END'
thumbnailator 0.4.21. Expected: a quarter turn changes no pixel. Seen: where width and height add up to an odd number each
pixel is the mean of four. So a turn that copies pixels, and a test with an odd sum.
END

#!/usr/bin/env bash
# Deep Java Library 0.38.0 (with Java 17): Image.resize() of a grey photo makes it brighter: level 64 becomes 137, 128
# becomes 188; the same photo in colours, or without resize(), keeps its levels.
#
# Expected: a grey face, FER2013's are, has the same levels after resize(), smoothing apart, as by Pillow or OpenCV; and
#   a photo of one grey has one brightness, however it is read.
# Seen: to Java, the one band of a grey PNG or JPEG is linear light. BufferedImage.getRGB, ColorConvertOp and
#   AffineTransformOp, which work by colour, make sRGB of it, so that 128 is 188; Graphics2D.drawImage copies the level
#   as it is. DJL's toNDArray draws: 128. Its resize() scales by colour and draws the answer into a grey picture: 188,
#   even when the size does not change, and 223 after two. Every dark tone goes, so that a network gets pale, flat
#   faces, but only of grey files that go through resize(), not of the colour photos of a test. A grey PNG with an alpha
#   channel is too bright already when it is read. Nothing warns. (Java's side of it is in TwelveMonkeys' issue 576.)
# So: resize the array (NDImageUtils.resize), or draw a grey photo into TYPE_3BYTE_BGR first and use ImageFactory's
#   fromImage; in Java of one's own take a grey picture's levels from its raster, never from getRGB. Test with grey 128.
set -euo pipefail
for tool in javac mvn; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install openjdk-17-jdk-headless maven" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
dependency() { echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>"; }
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies>$(dependency ai.djl api 0.38.0) $(dependency org.slf4j slf4j-nop 2.0.17)</dependencies>
</project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }

cat >Looks.java <<'END'
import ai.djl.modality.cv.BufferedImageFactory;
import ai.djl.modality.cv.Image;
import ai.djl.util.passthrough.PassthroughNDManager;
import java.awt.Graphics2D;
import java.awt.color.ColorSpace;
import java.awt.geom.AffineTransform;
import java.awt.image.AffineTransformOp;
import java.awt.image.BufferedImage;
import java.awt.image.ColorConvertOp;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;

public class Looks {
    static final int[] LEVELS = {0, 64, 128, 255}; // in four bands of twelve columns
    static final int[] BRIGHT = {0, 137, 188, 255};

    static void paint(BufferedImage image, boolean alpha) {
        for (int y = 0; y < 48; y++) {
            for (int x = 0; x < 48; x++) {
                for (int band = 0; band < image.getRaster().getNumBands(); band++) {
                    image.getRaster().setSample(x, y, band, alpha && band == 1 ? 255 : LEVELS[x / 12]);
                }
            }
        }
    }

    static BufferedImage drawn(BufferedImage image, int type) {
        BufferedImage to = new BufferedImage(image.getWidth(), image.getHeight(), type);
        Graphics2D graphics = to.createGraphics();
        graphics.drawImage(image, 0, 0, null);
        graphics.dispose();
        return to;
    }

    static void check(String what, int[] seen, int... expected) {
        System.out.println(String.format("%-55s %s", what, Arrays.toString(seen)));
        for (int i = 0; i < 4; i++) {
            if (Math.abs(seen[i] - expected[i]) > 2) {
                System.out.println("changed: it was " + Arrays.toString(expected));
                System.exit(1);
            }
        }
    }

    /** The levels in the middle of the four bands, from what a network is given. */
    static int[] array(Image image, Image.Flag flag) {
        ByteBuffer bytes = image.toNDArray(PassthroughNDManager.INSTANCE, flag).toByteBuffer();
        int side = image.getWidth(), bands = flag == Image.Flag.COLOR ? 3 : 1;
        return Arrays.stream(new int[] {1, 3, 5, 7})
                .map(i -> bytes.get((side / 2 * side + side * i / 8) * bands) & 255).toArray();
    }

    static int[] colours(BufferedImage image) {
        return Arrays.stream(new int[] {6, 18, 30, 42}).map(x -> image.getRGB(x, 24) & 255).toArray();
    }

    static Image read(String name) throws Exception {
        return new BufferedImageFactory().fromFile(Path.of(name));
    }

    public static void main(String[] arguments) throws Exception {
        BufferedImage grey = new BufferedImage(48, 48, BufferedImage.TYPE_BYTE_GRAY);
        BufferedImage colour = new BufferedImage(48, 48, BufferedImage.TYPE_3BYTE_BGR);
        ComponentColorModel both = new ComponentColorModel(ColorSpace.getInstance(ColorSpace.CS_GRAY), true, false, 3,
                DataBuffer.TYPE_BYTE);
        BufferedImage alpha = new BufferedImage(both, both.createCompatibleWritableRaster(48, 48), false, null);
        paint(grey, false);
        paint(colour, false);
        paint(alpha, true);
        if (!ImageIO.write(grey, "png", new File("grey.png")) || !ImageIO.write(grey, "jpg", new File("grey.jpg"))
                || !ImageIO.write(colour, "png", new File("colour.png"))
                || !ImageIO.write(alpha, "png", new File("alpha.png"))) {
            throw new IllegalStateException("not written");
        }
        for (String name : new String[] {"grey.png", "grey.jpg"}) {
            for (Image.Flag flag : new Image.Flag[] {Image.Flag.GRAYSCALE, Image.Flag.COLOR}) {
                check(name + ", read, " + flag, array(read(name), flag), LEVELS);
                check(name + ", resize(96), " + flag, array(read(name).resize(96, 96, false), flag), BRIGHT);
                check(name + ", resize(24), " + flag, array(read(name).resize(24, 24, false), flag), BRIGHT);
            }
        }
        check("grey.png, resize(48, copy), as large as before", array(read("grey.png").resize(48, 48, true),
                Image.Flag.COLOR), BRIGHT);
        check("grey.png, resize(96), resize(24)", array(read("grey.png").resize(96, 96, false).resize(24, 24, false),
                Image.Flag.COLOR), 0, 194, 223, 255);
        check("colour.png, resize(96)", array(read("colour.png").resize(96, 96, false), Image.Flag.COLOR), LEVELS);
        check("grey.png in colours, resize(96)", array(new BufferedImageFactory().fromImage(
                drawn(ImageIO.read(new File("grey.png")), BufferedImage.TYPE_3BYTE_BGR)).resize(96, 96, false),
                Image.Flag.COLOR), LEVELS);
        check("alpha.png, read, COLOR", array(read("alpha.png"), Image.Flag.COLOR), BRIGHT);

        BufferedImage image = ImageIO.read(new File("grey.png"));
        check("Java alone: grey.png, raster", Arrays.stream(new int[] {6, 18, 30, 42})
                .map(x -> image.getRaster().getSample(x, 24, 0)).toArray(), LEVELS);
        check("Java alone: getRGB", colours(image), BRIGHT);
        check("Java alone: drawImage, then getRGB", colours(drawn(image, BufferedImage.TYPE_INT_RGB)), LEVELS);
        check("Java alone: ColorConvertOp", colours(new ColorConvertOp(null).filter(image,
                new BufferedImage(48, 48, BufferedImage.TYPE_INT_RGB))), BRIGHT);
        check("Java alone: AffineTransformOp that moves nothing, drawn", colours(drawn(new AffineTransformOp(
                new AffineTransform(), AffineTransformOp.TYPE_BILINEAR).filter(image, null),
                BufferedImage.TYPE_INT_RGB)), BRIGHT);
    }
}
END
java -version 2>&1 | head -1
javac -cp 'jars/*' Looks.java
java -cp 'jars/*:.' Looks
cat <<'END'
Deep Java Library 0.38.0. Expected: a grey face keeps its levels. Seen: resize() makes 188 of 128. So resize the array,
or draw grey photos into a colour picture first.
END

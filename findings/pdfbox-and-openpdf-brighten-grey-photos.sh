#!/usr/bin/env bash
# PDFBox 3.0.8 and OpenPDF 2.0.5 (Java): a grey photo from a PNG, TIFF or BMP is much brighter in the PDF, 188 for 128,
# 137 for 64; as a JPEG, with a palette or saved in colours it is right.
#
# Expected: the levels of the file. PDImageXObject.createFromFile() speaks of PNGs that are taken over "directly" and
#   of LosslessFactory; Image.getInstance() of OpenPDF of nothing.
# Seen: both let ImageIO read the file, which gives the levels as they are, as a picture of TYPE_BYTE_GRAY, and then ask it
#   for its RGB. Java takes such a picture for one of linear light and answers with sRGB: 128 is 188, a face in shadow of
#   40 is 110. This is written into the PDF as DeviceGray or DeviceRGB. PDFBox does not take over PNGs that are grey
#   (it does those in colours or with a palette), TIFFs only where they are faxes. Sixteen bits, and grey with alpha, go
#   the same way. FER2013 and its like are grey PNGs, and so are heat maps and masks with levels between: in a report
#   the photo is another than the one that was judged. A grey JPEG is embedded as it is, and JPEGFactory of a grey picture
#   is right too. (LosslessFactory.createFromGrayImage calls getRGB; OpenPDF's ImageLoader and Image.getInstance use
#   ImageIO and PixelGrabber; 2.0.5 is its newest for Java 17.)
# So: JPEGFactory for grey pictures, or copy the raster's levels into a TYPE_3BYTE_BGR first; a page with a grey of 128
#   in a test, read by another library.
set -euo pipefail
for tool in java javac mvn; do
  command -v "$tool" >/dev/null || { echo "Needs $tool: apt-get install openjdk-17-jdk-headless maven" >&2; exit 2; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo "<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>a</artifactId><version>1</version>
  <dependencies><dependency><groupId>org.apache.pdfbox</groupId><artifactId>pdfbox</artifactId>
  <version>3.0.8</version></dependency><dependency><groupId>com.github.librepdf</groupId><artifactId>openpdf</artifactId>
  <version>2.0.5</version></dependency></dependencies></project>" >pom.xml
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn -q -B -Dmaven.repo.local=m2 "$plugin:copy-dependencies" -DoutputDirectory=jars >maven.log 2>&1 ||
  { cat maven.log >&2; exit 1; }
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  pillow==13.0.0 numpy==2.4.6 pypdfium2==5.15.2
cat >Report.java <<'END'
import com.lowagie.text.Document;
import com.lowagie.text.Rectangle;
import com.lowagie.text.pdf.PdfWriter;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.FileOutputStream;
import javax.imageio.ImageIO;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.PDPageContentStream;
import org.apache.pdfbox.pdmodel.common.PDRectangle;
import org.apache.pdfbox.pdmodel.graphics.image.JPEGFactory;
import org.apache.pdfbox.pdmodel.graphics.image.LosslessFactory;
import org.apache.pdfbox.pdmodel.graphics.image.PDImageXObject;

/** Makes a PDF of each photo by each way: a page as large as the photo. */
public class Report {
    interface Way { PDImageXObject of(PDDocument document) throws Exception; }

    static void box(String photo, String name, Way way) throws Exception {
        try (PDDocument document = new PDDocument()) {
            PDImageXObject image = way.of(document);
            PDPage page = new PDPage(new PDRectangle(image.getWidth(), image.getHeight()));
            document.addPage(page);
            try (PDPageContentStream content = new PDPageContentStream(document, page)) {
                content.drawImage(image, 0, 0);
            }
            document.save(photo + "-" + name + ".pdf");
        }
    }

    public static void main(String[] photos) throws Exception {
        for (String photo : photos) {
            box(photo, "pdfbox", document -> PDImageXObject.createFromFile(photo, document));
            com.lowagie.text.Image image = com.lowagie.text.Image.getInstance(photo);
            Document document = new Document(new Rectangle(image.getWidth(), image.getHeight()), 0, 0, 0, 0);
            PdfWriter writer = PdfWriter.getInstance(document, new FileOutputStream(photo + "-openpdf.pdf"));
            document.open();
            image.setAbsolutePosition(0, 0);
            writer.getDirectContent().addImage(image, image.getWidth(), 0, 0, image.getHeight(), 0, 0);
            document.close();
        }
        BufferedImage grey = ImageIO.read(new File("grey.png"));
        System.out.println("ImageIO, grey.png: level " + grey.getRaster().getSample(0, 0, 0) + ", getRGB "
                + (grey.getRGB(0, 0) & 255));
        box("picture", "LosslessFactory", document -> LosslessFactory.createFromImage(document, grey));
        box("picture", "JPEGFactory", document -> JPEGFactory.createFromImage(document, grey, 1));
        BufferedImage copy = new BufferedImage(grey.getWidth(), grey.getHeight(), BufferedImage.TYPE_3BYTE_BGR);
        int[] levels = grey.getRaster().getSamples(0, 0, grey.getWidth(), grey.getHeight(), 0, (int[]) null);
        for (int band = 0; band < 3; band++) {
            copy.getRaster().setSamples(0, 0, grey.getWidth(), grey.getHeight(), band, levels);
        }
        box("picture", "copy", document -> LosslessFactory.createFromImage(document, copy));
    }
}
END
venv/bin/python - <<'END'
import numpy as np
from PIL import Image

LEVELS = np.repeat(np.array([[128, 0, 40, 64, 200, 255]], np.uint8), 48, axis=0).repeat(48, axis=1)
grey = Image.fromarray(LEVELS)
for name in ("grey.png", "grey.tif", "grey.bmp"):
    grey.save(name)
grey.save("grey.jpg", quality=100)
Image.fromarray(LEVELS.astype(np.uint16) * 257).save("sixteen.png")
Image.merge("LA", [grey, Image.new("L", grey.size, 255)]).save("alpha.png")
Image.merge("RGB", [grey] * 3).save("colour.png")
grey.convert("P").save("palette.png")
END
photos=(grey.png grey.tif grey.bmp sixteen.png alpha.png grey.jpg colour.png palette.png)
javac -cp 'jars/*' Report.java
java -Djava.awt.headless=true -cp 'jars/*:.' Report "${photos[@]}" 2>log.txt || { cat log.txt >&2; exit 1; }
venv/bin/python - "${photos[@]}" <<'END'
import sys

import numpy as np
import pypdfium2

RIGHT, BRIGHT = [128, 0, 40, 64, 200, 255], [188, 0, 110, 137, 229, 255]
WRONG = {"grey.png", "grey.tif", "grey.bmp", "sixteen.png", "alpha.png"}


def levels(file):
    """The six levels on the PDF's page, by PDFium."""
    page = np.asarray(pypdfium2.PdfDocument(file)[0].render(scale=1).to_pil().convert("RGB"), int)
    assert page.shape == (48, 288, 3), page.shape
    return page[24, 24::48].mean(axis=1).round().astype(int).tolist()


def check(title, seen, bright):
    print(f"{title:32} {seen} {'right' if np.abs(np.subtract(seen, RIGHT)).max() <= 2 else 'BRIGHTER'}")
    assert np.abs(np.subtract(seen, BRIGHT if bright else RIGHT)).max() <= 2, title


print(f"{'levels of every file':32} {RIGHT}")
for photo in sys.argv[1:]:
    for library in ("pdfbox", "openpdf"):
        check(f"{library}, {photo}", levels(f"{photo}-{library}.pdf"), photo in WRONG)
for way, bright in (("LosslessFactory", True), ("JPEGFactory", False), ("copy", False)):
    check(f"pdfbox, {way}", levels(f"picture-{way}.pdf"), bright)
END
cat <<'END'
PDFBox 3.0.8, OpenPDF 2.0.5. Expected: the photo's levels. Seen: grey PNGs, TIFFs and BMPs are brighter, 188 for 128. So
JPEGFactory, or the levels copied into a picture in colours.
END

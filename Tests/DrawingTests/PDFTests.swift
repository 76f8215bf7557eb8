import Foundation
import Testing

@testable import Drawing

@Suite struct PDFTests {
    private let information = PDFInformation(title: "Test", creator: "Tests", created: "2026-11-24T06:36:05Z")

    @Test func aDocumentIsAPDFFileWithItsPages() async throws {
        let bytes = try await PDFPrinter().document(information) { document in
            document.fill(Rect(x: 10, y: 10, width: 50, height: 50), .black, radius: 4)
            document.nextPage()
            document.stroke(Rect(x: 10, y: 10, width: 50, height: 50), .black, lineWidth: 2)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.hasPrefix("%PDF-1."))
        #expect(text.contains("/Count 2"))
        #expect(text.hasSuffix("%%EOF\n"))
    }

    @Test func textIsBrokenIntoLinesThatFit() async throws {
        _ = try await PDFPrinter().document(information) { document in
            let style = PDFTextStyle(size: 10)
            let short = try PDFText("one", style, width: 200, in: document)
            #expect(short.lineCount == 1)
            let long = try PDFText(String(repeating: "word ", count: 60), style, width: 200, in: document)
            #expect(long.lineCount > 4)
            #expect(abs(long.height - Double(long.lineCount) * long.height(ofLine: 0)) < 1)
            let wide = try PDFText(String(repeating: "x", count: 200), style, width: 200, in: document)
            #expect(wide.lineCount > 4, "a word without an end is broken as well")
            #expect(try PDFText("a\nb\n\nc", style, width: 200, in: document).lineCount == 4)
            #expect(try PDFText("", style, width: 200, in: document).lineCount == 1)
        }
    }

    @Test(arguments: [
        "Zoë Müller", "Ελένη", "Дмитрий", "נועה", "ليلى", "आरती", "สมชาย", "ნინო", "Անի", "张伟", "さくら", "한지민",
    ])
    func namesInEveryScriptCanBeShown(_ name: String) async throws {
        _ = try await PDFPrinter().document(information) { document in
            for form in [name, name.decomposedStringWithCanonicalMapping] {
                let text = try PDFText(form, PDFTextStyle(size: 10), width: 200, in: document)
                #expect(text.unknownCharacters == 0)
            }
        }
    }

    @Test func aPictureOfImpossibleSizeIsRefused() async throws {
        await #expect(throws: DrawingError.self) {
            try await PDFPrinter().document(information) { document in
                document.draw(
                    try PDFPicture(jpeg: [1, 2, 3], width: 0, height: 5), in: Rect(x: 0, y: 0, width: 1, height: 1))
            }
        }
    }

    @Test func aPictureThatIsShownOftenIsOnceInTheFile() async throws {
        // Three quarters of a megabyte that nothing reads: cairo looks at a JPEG's head alone.
        let head: [UInt8] = [
            0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8, 0, 16, 0, 16, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0,
        ]
        let jpeg = head + [UInt8](repeating: 7, count: 750_000) + [0xFF, 0xD9]
        let bytes = try await PDFPrinter().document(information) { document in
            let picture = try PDFPicture(jpeg: jpeg, width: 16, height: 16)
            document.draw(picture, in: Rect(x: 10, y: 10, width: 200, height: 200))
            for index in 0..<30 {
                if index == 15 { document.nextPage() }
                let rect = Rect(x: 10, y: 220 + Double(index) * 12, width: 10, height: 10)
                document.draw(picture, square: PictureSquare(x: -3, y: 2, side: 8, angle: Double(index)), in: rect)
                try document.draw(HeatMap(columns: 2, values: [1, 0, 0, 1]), in: rect)
            }
        }
        #expect((750_000..<1_100_000).contains(bytes.count), "\(bytes.count)")
    }

    @Test func whatTheDrawingThrowsIsThrown() async throws {
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await PDFPrinter().document(information) { _ in throw Stop() }
        }
    }
}

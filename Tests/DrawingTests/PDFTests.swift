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
                try document.draw(
                    jpeg: [1, 2, 3], width: 0, height: 5, in: Rect(x: 0, y: 0, width: 1, height: 1))
            }
        }
    }

    @Test func whatTheDrawingThrowsIsThrown() async throws {
        struct Stop: Error {}
        await #expect(throws: Stop.self) {
            try await PDFPrinter().document(information) { _ in throw Stop() }
        }
    }
}

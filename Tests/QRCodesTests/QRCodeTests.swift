import Testing

@testable import QRCodes

@Suite struct QRCodeTests {
    private static let address =
        "otpauth://totp/Mien:ada%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Mien"

    /// The three squares by which a camera finds a code, and the dotted lines between them (ISO/IEC 18004, 6.3).
    @Test(arguments: ["a", address, String(repeating: "ü", count: 500)])
    func aCodeHasWhatCamerasLookFor(_ text: String) throws {
        let code = try #require(QRCode(text))
        #expect(code.size >= 21 && (code.size - 17) % 4 == 0)
        #expect(code.modules.count == code.size * code.size)
        func isDark(_ row: Int, _ column: Int) -> Bool { code.modules[row * code.size + column] }
        for (top, left) in [(0, 0), (0, code.size - 7), (code.size - 7, 0)] {
            for row in 0..<7 {
                for column in 0..<7 {
                    let ring = max(abs(row - 3), abs(column - 3))
                    #expect(isDark(top + row, left + column) == (ring != 2))
                }
            }
        }
        for place in 8..<(code.size - 8) {
            #expect(isDark(6, place) == (place % 2 == 0) && isDark(place, 6) == (place % 2 == 0))
        }
    }

    @Test func theCorrectionIsTheOneThatWasAskedFor() throws {
        // The first two bits of the format, masked with 10: M is 00.
        let code = try #require(QRCode(Self.address))
        #expect(code.modules[8 * code.size] && !code.modules[8 * code.size + 1])
    }

    @Test func thePathCoversTheDarkModulesAndNoOthers() throws {
        let code = try #require(QRCode(Self.address))
        var drawn = [Bool](repeating: false, count: code.modules.count)
        let runs = code.path.matches(of: /M([0-9]+) ([0-9]+)h([0-9]+)v1h-([0-9]+)z/)
        for run in runs {
            let (left, top, length) = (Int(run.1)! - 4, Int(run.2)! - 4, Int(run.3)!)
            #expect(run.3 == run.4)
            for column in left..<(left + length) {
                #expect(!drawn[top * code.size + column])
                drawn[top * code.size + column] = true
            }
        }
        #expect(drawn == code.modules)
        #expect(runs.map(\.0).joined() == code.path)
    }

    @Test func othersTextsAreOtherCodesAndWhatDoesNotFitIsNone() {
        #expect(QRCode("a") != QRCode("b"))
        #expect(QRCode("") == nil)
        #expect(QRCode(String(repeating: "x", count: 2_331)) != nil)
        #expect(QRCode(String(repeating: "x", count: 2_332)) == nil)
    }
}

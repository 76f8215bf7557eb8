import NIOCore
import Testing

@testable import GatewayCore

@Suite struct MultipartParserTests {
    static let contentType = "multipart/form-data; boundary=----mien"

    static let form = [
        "------mien\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA day out\r\n",
        "------mien\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a \\\"b\\\".jpg\"\r\n",
        "Content-Type: image/jpeg\r\n\r\n\u{1}\r\n-----mie\r\n------mie\r\n\r\n",
        "------mien\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n------mien--\r\nepilogue",
    ].joined()

    /// Names, file names and whole contents of the parts.
    static func parts(_ bytes: [UInt8], chunk: Int, contentType: String = contentType) throws -> [Part] {
        var parser = try MultipartParser(contentType: contentType)
        var parts: [Part] = []
        for start in stride(from: 0, to: bytes.count, by: chunk) {
            for event in try parser.feed(ByteBuffer(bytes: bytes[start..<min(start + chunk, bytes.count)])) {
                switch event {
                case .part(let name, let fileName): parts.append(Part(name: name, fileName: fileName))
                case .content(let content): parts[parts.count - 1].content += Array(content.readableBytesView)
                case .partEnd: parts[parts.count - 1].isComplete = true
                }
            }
        }
        guard parser.isComplete else { throw MultipartParser.Malformed(description: "incomplete") }
        return parts
    }

    struct Part: Equatable {
        let name: String
        let fileName: String?
        var content: [UInt8] = []
        var isComplete = false
    }

    @Test(arguments: [1, 2, 3, 5, 7, 11, 64, 100_000])
    func aFormReadsTheSameInPiecesOfAnySize(chunk: Int) throws {
        let parts = try Self.parts(Array(Self.form.utf8), chunk: chunk)
        #expect(parts.map(\.name) == ["title", "photo", "empty"])
        #expect(parts.map(\.fileName) == [nil, "a \"b\".jpg", nil])
        #expect(String(decoding: parts[0].content, as: UTF8.self) == "A day out")
        // What looks like the beginning of a delimiter is content.
        #expect(String(decoding: parts[1].content, as: UTF8.self) == "\u{1}\r\n-----mie\r\n------mie\r\n")
        #expect(parts[2].content.isEmpty)
        #expect(parts.allSatisfy { $0.isComplete })
    }

    @Test func aCutOffFormIsNotComplete() throws {
        let bytes = Array(Self.form.utf8)
        let end = Self.form.utf8.count - "--\r\nepilogue".utf8.count
        for length in stride(from: 0, to: end, by: 13) {
            #expect(throws: MultipartParser.Malformed.self) { try Self.parts(Array(bytes.prefix(length)), chunk: 50) }
        }
    }

    @Test(arguments: [
        "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=x",
        "multipart/form-data; boundary=\(String(repeating: "x", count: 71))",
    ])
    func anotherContentTypeIsRefused(contentType: String) {
        #expect(throws: MultipartParser.Malformed.self) { _ = try MultipartParser(contentType: contentType) }
    }

    @Test func anEndlessHeaderIsRefused() throws {
        let body = "------mien\r\nContent-Disposition: form-data; name=\"" + String(repeating: "x", count: 20_000)
        #expect(throws: MultipartParser.Malformed.self) { try Self.parts(Array(body.utf8), chunk: 1000) }
    }

    @Test func randomDamageNeverTrapsTheParser() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<3_000 {
            var bytes = Array(Self.form.utf8)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: Array("\r\n------mien".utf8), at: index)
                }
            }
            // Either outcome is fine; a trap would end the test process.
            _ = try? Self.parts(bytes, chunk: Int.random(in: 1...40, using: &random))
        }
    }

    @Test func parametersAreReadQuotedAndPlain() {
        #expect(MultipartParser.parameter("boundary", of: "multipart/form-data; boundary=\"a b\"; x=y") == "a b")
        #expect(MultipartParser.parameter("x", of: "multipart/form-data; boundary=\"a;b\"; x=y ; z") == "y")
        #expect(MultipartParser.parameter("name", of: "form-data; filename=\"name=x\"") == nil)
        #expect(
            MultipartParser.parameter("filename", of: "form-data; filename=\"C:\\pictures\\a%22.jpg\"")
                == "C:\\pictures\\a\".jpg")
    }
}

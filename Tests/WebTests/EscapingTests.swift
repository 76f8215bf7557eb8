import Foundation
import Mustache
import Testing

@testable import GatewayCore

/// What people write stays text, whatever code points it is made of.
@Suite struct EscapingTests {
    private static let special = Set("<>&\"'".unicodeScalars)
    private static let entities = ["&lt;", "&gt;", "&amp;", "&quot;", "&#39;"].map { Array($0.utf8) }

    @Test func noSpecialCharacterOfAnyTextStaysRawOnAnyPage() throws {
        let templates = try Fixtures.templates()
        for picture in try Gallery.all() {
            let plain = templates.render(picture.page, AppendingModel(picture.model) { "x" })
            for _ in 0..<2 {
                var texts: [String] = []
                let html = templates.render(
                    picture.page,
                    AppendingModel(picture.model) {
                        texts.append(Self.randomText())
                        return texts.last!
                    })
                #expect(!texts.isEmpty)
                let written = texts.map { Array($0.unicodeScalars) }
                #expect(Self.raw(html) == Self.raw(plain), "\(picture.name): one of \(written)")
            }
        }
    }

    /// As above where templates include each other in every way that Mustache has.
    @Test func partialsParentsAndTheirBlocksEscapeToo() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Fixtures.copyTemplates(to: directory)
        let files = [
            "message": "{{text}}\n{{<outer}}{{$block}}{{text}}{{#items}}{{.}}{{>part}}{{/items}}{{/block}}{{/outer}}",
            "outer": "{{text}}{{$block}}{{/block}}{{$other}}{{^nothing}}{{text}}{{/nothing}}{{/other}}",
            "part": "{{#isThere}}{{text}}{{/isThere}}",
        ]
        for (name, text) in files {
            try text.write(
                to: directory.appendingPathComponent("\(name).mustache"), atomically: true, encoding: .utf8)
        }
        struct Model: Sendable {
            let text: String
            let items: [String]
            let isThere = true
        }
        let templates = try Templates(directory: directory)
        for _ in 0..<200 {
            let text = Self.randomText()
            let html = templates.render(.message, Model(text: text, items: [text]))
            let escaped = Self.escaped(text)
            let expected = escaped + "\n" + String(repeating: escaped, count: 5)
            #expect(html.utf8.elementsEqual(expected.utf8))
        }
    }

    /// Half of it special characters; the rest from all over Unicode, most of it where letters and their marks are.
    private static func randomText() -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<40 {
            let scalar: Unicode.Scalar? =
                switch Int.random(in: 0..<8) {
                case 0..<4: special.randomElement()
                case 4..<7: Unicode.Scalar(UInt32.random(in: 0x80..<0x3000))
                default: Unicode.Scalar(UInt32.random(in: 0..<0x11_0000))
                }
            if let scalar, scalar != "\0" { text.append(scalar) }
        }
        return String(text)
    }

    private static func escaped(_ text: String) -> String {
        let names: [Unicode.Scalar: String] = ["<": "&lt;", ">": "&gt;", "&": "&amp;", "\"": "&quot;", "'": "&#39;"]
        return text.unicodeScalars.map { names[$0] ?? String($0) }.joined()
    }

    /// How often each special character stands in a page without being part of an entity.
    private static func raw(_ html: String) -> [UInt8: Int] {
        let bytes = Array(html.utf8)
        var counts: [UInt8: Int] = [:]
        var index = 0
        while index < bytes.count {
            if let entity = entities.first(where: { bytes[index...].starts(with: $0) }) {
                index += entity.count
            } else {
                if special.contains(Unicode.Scalar(bytes[index])) { counts[bytes[index], default: 0] += 1 }
                index += 1
            }
        }
        return counts
    }
}

/// A view model to each of whose texts something is appended.
private struct AppendingModel: MustacheParent, @unchecked Sendable {
    // Sendable: one test renders it on its own thread.
    let value: Any
    let suffix: () -> String

    init(_ value: Any, suffix: @escaping () -> String) {
        self.value = value
        self.suffix = suffix
    }

    func child(named name: String) -> Any? {
        Mirror(reflecting: value).children.first { $0.label == name }.map { wrap($0.value) }
    }

    private func wrap(_ value: Any) -> Any {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional { return mirror.children.first.map { wrap($0.value) } ?? false }
        if let text = value as? String { return text + suffix() }
        if let array = value as? [any Sendable] { return array.map(wrap) }
        return mirror.displayStyle == .struct && !(value is Int || value is Bool)
            ? AppendingModel(value, suffix: suffix) : value
    }
}

import Foundation
import Hummingbird
import Mustache

/// The pages' templates, compiled once at start.
struct Templates: Sendable {
    /// A whole page; its template has the same name.
    enum Page: String, CaseIterable {
        case landing, register, login, code, home, trends, account, security, programs, data, new, history, bin, result
        case batch, error
        case secondFactor = "second-factor", recoveryCodes = "recovery-codes"
        case leave, reset, confirm, forgot, setup, message, operations, jobs, people, audit, model, api, webhook
        case personAct = "person-act"
        case shares, shared
        case sharedBatch = "shared-batch"
        case sharedPassword = "shared-password"
        case leadOn = "lead-on"
    }

    let library: MustacheLibrary

    /// Compiles the templates of a ``WebDirectory``; each escapes what is put into it as ``HTMLText`` does.
    /// - Throws: ``WebSetupError`` when one does not parse, a page has none, two have one name, or one names a partial
    ///   that is not there.
    init(directory: URL) throws {
        MustacheContentTypes.register(HTMLText(), named: HTMLText.name)
        var library = MustacheLibrary()
        var partials: [String: [String]] = [:]
        for url in try WebDirectory.templates(in: directory) {
            let name = url.deletingPathExtension().lastPathComponent
            guard partials[name] == nil else {
                throw WebSetupError(description: "There are two templates \(name) in \(directory.path).")
            }
            let text = try String(contentsOf: url, encoding: .utf8)
            do {
                try library.register(HTMLText.pragma + text, named: name)
            } catch {
                throw WebSetupError(description: "The template \(name) does not parse: \(error)")
            }
            partials[name] = text.matches(of: Self.partialTag).map { String($0.1) }
        }
        for page in Page.allCases where partials[page.rawValue] == nil {
            throw WebSetupError(description: "The template \(page.rawValue) is missing in \(directory.path).")
        }
        for (name, names) in partials {
            for partial in names where partials[partial] == nil {
                throw WebSetupError(description: "The template \(name) uses \(partial), which is missing.")
            }
        }
        self.library = library
    }

    /// Renders a page from its view model.
    func render(_ page: Page, _ model: some Sendable) -> String {
        guard let text = library.render(model, withTemplate: page.rawValue) else {
            preconditionFailure("init has seen every page's template")
        }
        return text
    }

    /// `{{>partial}}` and `{{<parent}}`; Mustache leaves an unknown one out silently.
    private static var partialTag: Regex<(Substring, Substring)> { /\{\{[><]\s*([A-Za-z-]+)\s*\}\}/ }
}

/// Escapes text for HTML by code point, which is how browsers read it (HTML Standard, 13.2.5).
///
/// Mustache's own escaping goes by `Character`, of which a special character may be only the first code point. A
/// partial starts with Mustache's own again, so every template's text begins with the pragma; blocks take it from their
/// parent.
private struct HTMLText: MustacheContentType {
    static let name = "MIEN_HTML"
    /// On a line of its own, which leaves nothing in what is rendered.
    static let pragma = "{{% CONTENT_TYPE: \(name)}}\n"

    func escapeText(_ text: String) -> String {
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count)
        // All five are ASCII, whose bytes are part of no other code point in UTF-8.
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "<"): escaped += "&lt;".utf8
            case UInt8(ascii: ">"): escaped += "&gt;".utf8
            case UInt8(ascii: "&"): escaped += "&amp;".utf8
            case UInt8(ascii: "\""): escaped += "&quot;".utf8
            case UInt8(ascii: "'"): escaped += "&#39;".utf8
            default: escaped.append(byte)
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}

/// Why somebody could not be recognised by their provider.
package struct OpenIDError: Error, Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    /// What people can be told.
    package enum Kind: Sendable, Equatable {
        /// No answer came, or one that says that it cannot now.
        case away
        /// The provider takes this site's requests for wrong: an error code of OAuth (RFC 6749, 5.2).
        case refused(String)
        /// What it answered cannot be used, or must not be trusted.
        case untrusted
        /// Too many wait for it already.
        case busy
    }

    /// What it was.
    package let kind: Kind
    /// For whoever runs the site: one line without secrets.
    package let description: String

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// Whether the same may succeed a little later.
    package var isRetriable: Bool { kind == .away || kind == .busy }
    /// For logs.
    package var debugDescription: String { "OpenIDError(\(kind)): \(description)" }

    static func untrusted(_ reason: String) -> OpenIDError { OpenIDError(.untrusted, reason) }

    /// A word that came from outside, for a log line: short, and printable.
    package static func word(_ text: String) -> String {
        String(text.unicodeScalars.prefix(80).map { (0x20...0x7E).contains($0.value) ? Character($0) : "?" })
    }
}

import Foundation

extension Data {
    /// RFC 4648, 5, without padding.
    package var base64URL: String {
        base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    /// Reads what ``base64URL`` wrote; nil for anything else, and for more than 200 bytes.
    package init?(base64URL text: String) {
        guard text.utf8.count <= 200 else { return nil }
        let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        self.init(base64Encoded: standard + String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4))
    }
}

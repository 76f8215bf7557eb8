import HTTPTypes
import Hummingbird

/// Paths of this site that a log-in may lead on to. Anything else would let a link with our name in it lead elsewhere.
enum LocalPath {
    static let home = "/home"

    /// The path if it is one of ours, or the home page.
    static func safe(_ path: String?) -> String {
        guard let path, path.hasPrefix("/"), !path.hasPrefix("//"), path.utf8.count <= 500,
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return home }
        return path
    }

    /// Where a person wanted to go when they had to log in first: only pages are gone to again, not forms sent again.
    static func asked(by request: Request) -> String {
        request.method == .get ? safe(request.uri.string) : home
    }
}

/// Thrown by a page that needs a person: leads to the log-in page, and from there back.
struct LoginRedirect: Error {
    let target: String

    var location: String {
        let query = target == LocalPath.home ? "" : "?next=\(target.addingPercentEncoding())"
        return "/login" + query
    }
}

extension String {
    /// All but the unreserved characters of RFC 3986.
    func addingPercentEncoding() -> String {
        utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

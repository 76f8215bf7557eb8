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

    /// Where a person wanted to go when they had to log in first. A form is not sent again: from there one comes back to the page
    /// on which it stands, as far as the browser names it.
    static func asked(by request: Request) -> String {
        guard request.method == .post else { return safe(request.uri.string) }
        guard let page = request.headers[.referer], let host = request.host else { return home }
        let origin = ["http://\(host)", "https://\(host)"].first { page.hasPrefix("\($0)/") }
        return safe(origin.map { withoutNotice(String(page.dropFirst($0.count))) })
    }

    /// A page's address without what it says was done there: that was something else than the form that was not kept.
    private static func withoutNotice(_ address: String) -> String {
        let parts = address.split(separator: "?", maxSplits: 1)
        guard parts.count == 2 else { return address }
        let fields = parts[1].split(separator: "&").filter { field in
            !noticeFields.contains(String(field.prefix { $0 != "=" }))
        }
        return fields.isEmpty ? String(parts[0]) : "\(parts[0])?\(fields.joined(separator: "&"))"
    }

    /// What stands in addresses that say what was done: the deed, and the way to undo it.
    private static let noticeFields: Set<String> = ["done", "undo"]
}

/// Thrown by a page that needs a person: leads to the log-in page, and from there back.
struct LoginRedirect: Error {
    var target: String
    /// Whether somebody sent a form, of which nothing was kept: the log-in page tells them.
    var isUnsaved = false

    var location: String {
        let fields =
            (target == LocalPath.home ? [] : ["next=\(target.addingPercentEncoding())"])
            + (isUnsaved ? ["\(Self.unsaved)=1"] : [])
        return fields.isEmpty ? "/login" : "/login?\(fields.joined(separator: "&"))"
    }

    /// The field of the log-in page's address.
    static let unsaved = "unsaved"
}

extension LoginRedirect {
    /// Of what a visitor asks for that needs a person.
    init(_ request: Request) {
        self.init(target: LocalPath.asked(by: request), isUnsaved: request.method == .post)
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

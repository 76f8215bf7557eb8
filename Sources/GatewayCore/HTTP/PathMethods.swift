import HTTPTypes
import Hummingbird
import Synchronization

/// Which methods the site's paths take. The router itself does not tell an unknown path from an unknown method.
final class PathMethods: Sendable {
    private struct Entry {
        let path: [Substring]
        let method: String
    }

    private let entries = Mutex<[Entry]>([])

    /// Learns the routes that a router has by now.
    func learn<Context>(_ router: Router<Context>) {
        let found = router.routes.map {
            Entry(path: PathParts($0.path.description).parts, method: $0.method.rawValue)
        }
        entries.withLock { $0 = found }
    }

    /// What may be asked for at a path, in alphabetical order; empty when nothing is there.
    func methods(at path: String) -> [HTTPRequest.Method] {
        let parts = PathParts(path).parts
        let found = entries.withLock { entries in entries.filter { Self.matches($0.path, parts) }.map(\.method) }
        // The router makes a HEAD of each GET; where one is written besides, it is there to refuse (`getStreamed`).
        let methods = Set(found).symmetricDifference(found.contains("GET") ? ["HEAD"] : [])
        return methods.sorted().compactMap { HTTPRequest.Method($0) }
    }

    /// The page at an address. Where there is none, because a page stands there only as the answer to a form, the one above.
    func page(at address: String) -> String {
        var path = String(address.prefix { $0 != "?" })
        guard !methods(at: path).contains(.get) else { return address }
        while let end = path.lastIndex(of: "/"), end > path.startIndex {
            path = String(path[..<end])
            if methods(at: path).contains(.get) { return path }
        }
        return LocalPath.home
    }

    private static func matches(_ path: [Substring], _ parts: [Substring]) -> Bool {
        path.count == parts.count && zip(path, parts).allSatisfy { fits($1, $0) }
    }

    /// `analyses`, or a parameter with what stands before and behind it: `{id}.json`.
    private static func fits(_ part: Substring, _ pattern: Substring) -> Bool {
        guard let start = pattern.firstIndex(of: "{"), let end = pattern.lastIndex(of: "}") else {
            return pattern == part
        }
        let (before, behind) = (pattern[..<start], pattern[pattern.index(after: end)...])
        return part.hasPrefix(before) && part.hasSuffix(behind) && part.count > before.count + behind.count
    }
}

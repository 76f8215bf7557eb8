/// Addresses of shared links: `/s/TOKEN` and what is under it.
enum SharedLink {
    private static let first = "s"

    static func address(_ token: String) -> String { "/\(first)/\(token)" }

    /// Whether a path is one, as the router reads it: without regard to slashes that are too many.
    static func isOne(_ path: String) -> Bool { path.split(separator: "/").first.map { $0 == first } ?? false }

    /// The path as logs may have it: a link's token opens it, so it is left out.
    static func loggable(_ path: String) -> String {
        guard isOne(path) else { return path }
        let rest = path.split(separator: "/").dropFirst(2)
        return (["", first, "…"] + rest.map(String.init)).joined(separator: "/")
    }
}

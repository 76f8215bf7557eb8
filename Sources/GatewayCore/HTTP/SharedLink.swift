/// Addresses of shared links: `/s/TOKEN` and what is under it.
enum SharedLink {
    private static let first = "s"
    private static let folder = PathParts(first)

    static func address(_ token: String) -> String { "/\(first)/\(token)" }

    /// Whether a path is one.
    static func isOne(_ path: String) -> Bool { PathParts(path).isWithin(folder) }

    /// The path as logs may have it: a link's token opens it, so it is left out.
    static func loggable(_ path: String) -> String {
        guard isOne(path) else { return path }
        let rest = PathParts(path).parts.dropFirst(2)
        return (["", first, "…"] + rest.map(String.init)).joined(separator: "/")
    }
}

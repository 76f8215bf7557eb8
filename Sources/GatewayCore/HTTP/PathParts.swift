import Hummingbird

/// A path as the router reads it: its parts, without regard to slashes that are too many. Whoever decides by a path reads
/// it so too, or what is refused at one spelling of it is open at another.
struct PathParts: Sendable {
    let parts: [Substring]

    init(_ path: String) {
        parts = path.split(separator: "/")
    }

    /// Whether it is the other path, or is under it.
    func isWithin(_ other: PathParts) -> Bool { parts.starts(with: other.parts) }
}

extension Request {
    /// What the request is for.
    var path: PathParts { PathParts(uri.path) }
}

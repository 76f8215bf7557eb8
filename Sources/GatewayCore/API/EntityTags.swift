import Foundation

/// What a client knows already, as `If-None-Match` says it (RFC 9110, 13.1.2).
///
/// A proxy that compresses makes a tag a weak one, and the client sends it back as such.
struct EntityTags: Sendable {
    private let tags: Set<String>

    init(_ field: String) {
        tags = Set(
            field.split(separator: ",").map { tag in
                let tag = tag.trimmingCharacters(in: .whitespaces)
                return tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag
            })
    }

    /// Whether a tag of ours, which has no comma in it, is among them; `*` is any.
    func match(_ tag: String) -> Bool { tags.contains(tag) || tags.contains("*") }
}

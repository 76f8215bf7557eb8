import Foundation

extension String {
    /// Without U+0000, which PostgreSQL's text cannot hold. By code point: a `Character` may be more than the one.
    package var withoutNUL: String { String(String.UnicodeScalarView(unicodeScalars.filter { $0 != "\0" })) }

    /// What a form's field is taken for: trimmed, and such as PostgreSQL can keep.
    package var asField: String { trimmingCharacters(in: .whitespacesAndNewlines).withoutNUL }
}

import Foundation

extension String {
    /// Without U+0000, which PostgreSQL's text cannot hold. By code point: a `Character` may be more than the one.
    package var withoutNUL: String { String(String.UnicodeScalarView(unicodeScalars.filter { $0 != "\0" })) }

    /// How long it is as limits count, PostgreSQL's `char_length` and JSON Schema's `maxLength` among them: in code points.
    /// A `Character` may have any number of them.
    package var length: Int { unicodeScalars.count }

    /// The beginning, at most so many code points.
    package func beginning(_ limit: Int) -> String { String(String.UnicodeScalarView(unicodeScalars.prefix(limit))) }

    /// As text is kept and looked for: composed (Unicode's NFC). PostgreSQL compares bytes, and some machines, macOS in file
    /// names above all, write an accent as a character of its own.
    package var composed: String { precomposedStringWithCanonicalMapping }

    /// What a form's field is taken for: trimmed, composed, and such as PostgreSQL can keep.
    package var asField: String { trimmingCharacters(in: .whitespacesAndNewlines).withoutNUL.composed }
}

import Foundation

/// The checks that messages share. A field's name goes into the error, its value never does.
enum Check {
    static func that(_ condition: Bool, _ reason: @autoclosure () -> String) throws(ContractError) {
        guard condition else { throw .malformed(reason()) }
    }

    /// A UUID in the one spelling that serves as a Kafka key and in URLs: 36 characters, lower case.
    static func identifier(_ value: String, _ field: String) throws(ContractError) {
        try that(UUID(uuidString: value)?.uuidString.lowercased() == value, "\(field) is no lower-case UUID.")
    }

    /// Text that PostgreSQL stores (it refuses U+0000) and that cannot forge a line in a log.
    static func text(_ value: String, _ field: String, _ length: ClosedRange<Int>, lines: Bool = false)
        throws(ContractError)
    {
        let count = value.unicodeScalars.count
        try that(length.contains(count), "\(field) has \(count) characters; \(length) are allowed.")
        try that(
            value.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control || (lines && $0 == "\n") },
            "\(field) holds control characters.")
    }

    /// A word of a fixed vocabulary, such as an error code: lower case, digits and underscores.
    static func word(_ value: String, _ field: String) throws(ContractError) {
        let allowed = value.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
        try that(allowed && (1...64).contains(value.utf8.count), "\(field) is no word of a-z, 0-9 and _.")
    }

    /// A count or a size. Everything is kept in 32-bit signed columns, so no range reaches beyond them.
    static func number(_ value: UInt32, _ field: String, _ range: ClosedRange<UInt32>) throws(ContractError) {
        try that(range.contains(value), "\(field) is not within \(range).")
    }

    /// A count that may outgrow 32 bits, but not a signed 64-bit column.
    static func count(_ value: UInt64, _ field: String) throws(ContractError) {
        try that(value <= UInt64(Int64.max), "\(field) is beyond every count.")
    }

    /// Unix milliseconds between 1970 and the year 9999, beyond which dates cannot be written.
    static func time(_ value: Int64, _ field: String) throws(ContractError) {
        try that((1..<253_402_300_800_000).contains(value), "\(field) is no time between 1970 and 9999.")
    }

    static func number(_ value: Float, _ field: String, _ range: ClosedRange<Float>) throws(ContractError) {
        // NaN is in no range, so this refuses it too.
        try that(range.contains(value), "\(field) is not within \(range).")
    }

    /// Browsers are told that these bytes are a JPEG.
    static func jpeg(_ bytes: Data, _ field: String) throws(ContractError) {
        try that(bytes.starts(with: [0xFF, 0xD8, 0xFF]), "\(field) is no JPEG.")
    }
}

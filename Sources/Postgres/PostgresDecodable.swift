public import Foundation

/// A value that may be read from a row.
///
/// An enumeration with raw values conforms by declaration alone: `enum Lane: String, PostgresDecodable`.
public protocol PostgresDecodable {
    /// Reads a value of a row.
    /// - Throws: `PostgresError` with the code `.decodingFailed`.
    static func decode(_ cell: PostgresCell) throws -> Self
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// NULL becomes `nil`.
    public static func decode(_ cell: PostgresCell) throws -> Wrapped? {
        cell.isNull ? nil : try Wrapped.decode(cell)
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    /// Reads the raw value; throws when no case has it.
    public static func decode(_ cell: PostgresCell) throws -> Self {
        guard let value = Self(rawValue: try RawValue.decode(cell)) else {
            throw cell.failure("holds a value that \(Self.self) has no case for")
        }
        return value
    }
}

extension Bool: PostgresDecodable {
    /// Reads a `boolean`.
    public static func decode(_ cell: PostgresCell) throws -> Bool {
        try cell.read(as: Bool.self, from: .bool) { $0.first == 1 }
    }
}

extension String: PostgresDecodable {
    /// Reads text, JSON, an enumeration's label, or a `numeric` in its decimal digits.
    public static func decode(_ cell: PostgresCell) throws -> String {
        switch cell.type {
        case .text, .varchar, .bpchar, .name, .json, .unknown:
            return try cell.read { String(decoding: $0, as: UTF8.self) }
        case .jsonb:
            // Its binary format is a version number, 1 so far, and then the text.
            return try cell.read { bytes in
                guard bytes.first == 1 else { return nil }
                return String(decoding: bytes.dropFirst(), as: UTF8.self)
            }
        case .numeric:
            return try cell.read { PostgresNumeric.decimalText(of: $0) }
        case let type where type.isUserDefined:
            return try cell.read { String(validating: $0, as: UTF8.self) }
        default:
            throw cell.mismatch(String.self)
        }
    }
}

extension UUID: PostgresDecodable {
    /// Reads a `uuid`.
    public static func decode(_ cell: PostgresCell) throws -> UUID {
        try cell.read(as: UUID.self, from: .uuid) { bytes in
            guard bytes.count == 16 else { return nil }
            return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
        }
    }
}

extension Date: PostgresDecodable {
    /// Reads a `timestamp with time zone`; its infinities become `distantFuture` and `distantPast`.
    public static func decode(_ cell: PostgresCell) throws -> Date {
        try cell.read(as: Date.self, from: .timestamptz) { bytes in
            Int64(networkBytes: bytes).map(PostgresTime.date(microseconds:))
        }
    }
}

extension [UInt8]: PostgresDecodable {
    /// Reads a `bytea`.
    public static func decode(_ cell: PostgresCell) throws -> [UInt8] {
        try cell.read(as: [UInt8].self, from: .bytea) { Array($0) }
    }
}

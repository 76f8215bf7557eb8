public import Foundation

/// A value that may be interpolated into a `Statement`.
///
/// An enumeration with raw values conforms by declaration alone: `enum Lane: String, PostgresEncodable`.
public protocol PostgresEncodable: Sendable {
    /// The type that the server is told.
    static var postgresType: PostgresType { get }

    /// The value in PostgreSQL's binary format (what the type's `recv` function reads), or `nil` for NULL.
    var postgresBytes: [UInt8]? { get }
}

/// A parameter as it is sent.
struct PostgresParameter: Sendable {
    let type: PostgresType
    let bytes: [UInt8]?
}

extension PostgresEncodable {
    var postgresParameter: PostgresParameter {
        PostgresParameter(type: Self.postgresType, bytes: postgresBytes)
    }
}

extension FixedWidthInteger {
    /// Most significant byte first, as PostgreSQL sends all numbers.
    var networkBytes: [UInt8] {
        withUnsafeBytes(of: bigEndian) { Array($0) }
    }
}

extension Bool: PostgresEncodable {
    /// `boolean`
    public static var postgresType: PostgresType { .bool }
    /// One byte, 0 or 1.
    public var postgresBytes: [UInt8]? { [self ? 1 : 0] }
}

extension Int: PostgresEncodable {
    /// `bigint`
    public static var postgresType: PostgresType { .int8 }
    /// Eight bytes.
    public var postgresBytes: [UInt8]? { Int64(self).networkBytes }
}

extension Int64: PostgresEncodable {
    /// `bigint`
    public static var postgresType: PostgresType { .int8 }
    /// Eight bytes.
    public var postgresBytes: [UInt8]? { networkBytes }
}

extension Int32: PostgresEncodable {
    /// `integer`
    public static var postgresType: PostgresType { .int4 }
    /// Four bytes.
    public var postgresBytes: [UInt8]? { networkBytes }
}

extension Double: PostgresEncodable {
    /// `double precision`
    public static var postgresType: PostgresType { .float8 }
    /// The eight bytes of IEEE 754.
    public var postgresBytes: [UInt8]? { bitPattern.networkBytes }
}

extension String: PostgresEncodable {
    /// `text`
    public static var postgresType: PostgresType { .text }
    /// UTF-8. PostgreSQL stores no U+0000: a text that holds one is refused by the server (22021).
    public var postgresBytes: [UInt8]? { Array(utf8) }
}

extension UUID: PostgresEncodable {
    /// `uuid`
    public static var postgresType: PostgresType { .uuid }
    /// Sixteen bytes.
    public var postgresBytes: [UInt8]? { withUnsafeBytes(of: uuid) { Array($0) } }
}

extension Date: PostgresEncodable {
    /// `timestamp with time zone`
    public static var postgresType: PostgresType { .timestamptz }
    /// Microseconds since 2000-01-01 in UTC, rounded.
    public var postgresBytes: [UInt8]? { PostgresTime.bytes(of: self) }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// The type of the value that may be there.
    public static var postgresType: PostgresType { Wrapped.postgresType }
    /// `nil` becomes NULL.
    public var postgresBytes: [UInt8]? { flatMap(\.postgresBytes) }
}

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    /// The type of the raw value.
    public static var postgresType: PostgresType { RawValue.postgresType }
    /// The bytes of the raw value.
    public var postgresBytes: [UInt8]? { rawValue.postgresBytes }
}

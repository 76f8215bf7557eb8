public import Foundation

/// A value of which an array may be interpolated: `WHERE id = ANY(\(ids))`.
///
/// Swift allows one conformance of `Array`, yet `[UInt8]` is a `bytea` and no array of numbers; so the element decides.
public protocol PostgresArrayElement: Sendable {
    /// The type of an array of these.
    static var postgresArrayType: PostgresType { get }

    /// An array of these in PostgreSQL's binary format.
    static func postgresBytes(of array: [Self]) -> [UInt8]
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// An array type, or `bytea` for bytes.
    public static var postgresType: PostgresType { Element.postgresArrayType }
    /// An array with one dimension, or the bytes as they are.
    public var postgresBytes: [UInt8]? { Element.postgresBytes(of: self) }
}

extension PostgresArrayElement where Self: PostgresEncodable {
    /// The format of `array_recv` in the server: number of dimensions, whether NULL occurs, element type; length and
    /// lower bound of each dimension; then each element with its length before it, -1 for NULL.
    public static func postgresBytes(of array: [Self]) -> [UInt8] {
        let elements = array.map(\.postgresBytes)
        var bytes: [UInt8] = []
        bytes += Int32(array.isEmpty ? 0 : 1).networkBytes
        bytes += Int32(elements.contains(nil) ? 1 : 0).networkBytes
        bytes += postgresType.rawValue.networkBytes
        guard !array.isEmpty else { return bytes }
        bytes += Int32(array.count).networkBytes
        bytes += Int32(1).networkBytes
        for element in elements {
            bytes += Int32(element?.count ?? -1).networkBytes
            bytes += element ?? []
        }
        return bytes
    }
}

extension UInt8: PostgresArrayElement {
    /// `bytea`
    public static var postgresArrayType: PostgresType { .bytea }
    /// The bytes themselves, not copied.
    public static func postgresBytes(of array: [UInt8]) -> [UInt8] { array }
}

extension Bool: PostgresArrayElement {
    /// `boolean[]`
    public static var postgresArrayType: PostgresType { .boolArray }
}

extension Int: PostgresArrayElement {
    /// `bigint[]`
    public static var postgresArrayType: PostgresType { .int8Array }
}

extension Int64: PostgresArrayElement {
    /// `bigint[]`
    public static var postgresArrayType: PostgresType { .int8Array }
}

extension Int32: PostgresArrayElement {
    /// `integer[]`
    public static var postgresArrayType: PostgresType { .int4Array }
}

extension Double: PostgresArrayElement {
    /// `double precision[]`
    public static var postgresArrayType: PostgresType { .float8Array }
}

extension String: PostgresArrayElement {
    /// `text[]`
    public static var postgresArrayType: PostgresType { .textArray }
}

extension UUID: PostgresArrayElement {
    /// `uuid[]`
    public static var postgresArrayType: PostgresType { .uuidArray }
}

extension Date: PostgresArrayElement {
    /// `timestamp with time zone[]`
    public static var postgresArrayType: PostgresType { .timestamptzArray }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresEncodable {
    /// The array type of the value that may be there.
    public static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
}

/// One row of a result; values are read by position or by name.
///
/// A row keeps the whole result alive: take the values out instead of storing rows.
public struct Row: Sendable {
    let result: QueryResult
    let number: Int

    /// The columns' names, in order.
    public var columns: [String] { result.columns }

    /// Reads all values by position: `let (id, title) = try row.decode((UUID, String?).self)`.
    /// - Throws: `PostgresError` with the code `.decodingFailed` when the number of columns differs, a type does not fit,
    ///   or a value is NULL and its type not optional.
    public func decode<each Value: PostgresDecodable>(
        _ types: (repeat each Value).Type
    ) throws -> (repeat each Value) {
        var expected = 0
        for _ in repeat (each Value).self { expected += 1 }
        guard expected == result.columns.count else {
            throw PostgresError(
                .decodingFailed, "The row has \(result.columns.count) columns where \(expected) are read")
        }
        var column = 0
        func next<Next: PostgresDecodable>(_ type: Next.Type) throws -> Next {
            defer { column += 1 }
            return try Next.decode(PostgresCell(row: self, column: column))
        }
        return (repeat try next((each Value).self))
    }

    /// Reads the value of the row's only column: `try row.decode(Int.self)`.
    /// - Throws: as for several values.
    public func decode<Value: PostgresDecodable>(_ type: Value.Type) throws -> Value {
        guard result.columns.count == 1 else {
            throw PostgresError(.decodingFailed, "The row has \(result.columns.count) columns where 1 is read")
        }
        return try Value.decode(PostgresCell(row: self, column: 0))
    }

    /// Reads a value by its column's name: `try row["title", as: String.self]`.
    /// - Throws: `PostgresError` with the code `.decodingFailed`, also when no column has the name.
    public subscript<Value: PostgresDecodable>(name: String, as type: Value.Type) -> Value {
        get throws {
            guard let column = result.columns.firstIndex(of: name) else {
                throw PostgresError(.decodingFailed, "The row has no column \(name)")
            }
            return try Value.decode(PostgresCell(row: self, column: column))
        }
    }
}

/// One value of a row, before it is read.
public struct PostgresCell {
    let row: Row
    let column: Int

    /// The name of its column.
    public var name: String { row.result.columns[column] }

    /// The type that the server gave it.
    public var type: PostgresType { row.result.types[column] }

    /// Whether it is NULL.
    public var isNull: Bool { row.result.isNull(row: row.number, column: column) }

    /// Reads the value's bytes in PostgreSQL's binary format.
    /// - Parameter body: returns `nil` when the bytes are not of the format; it must not let the pointer escape.
    /// - Throws: `PostgresError` with the code `.decodingFailed` when the value is NULL or `body` returned `nil`.
    public func read<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value?) throws -> Value {
        guard !isNull else { throw failure("is NULL where \(Value.self) is read") }
        let value = try withExtendedLifetime(row.result) {
            try body(row.result.bytes(row: row.number, column: column))
        }
        guard let value else { throw failure("cannot be read as \(Value.self)") }
        return value
    }

    /// As `read(_:)`, for values that only one type of PostgreSQL can give.
    func read<Value>(
        as _: Value.Type, from expected: PostgresType, _ body: (UnsafeRawBufferPointer) throws -> Value?
    ) throws -> Value {
        guard type == expected else { throw mismatch(Value.self) }
        return try read(body)
    }

    func mismatch<Value>(_: Value.Type) -> PostgresError {
        failure(
            "has the type with object id \(type.rawValue), which cannot be read as \(Value.self); cast it in the statement"
        )
    }

    /// The error of a value that cannot be read.
    /// - Parameter problem: continues "The column x …"; must not hold the value.
    public func failure(_ problem: String) -> PostgresError {
        PostgresError(.decodingFailed, "The column \(name) \(problem)")
    }
}

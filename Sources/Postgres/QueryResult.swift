import CLibPQ

/// What a statement returned: the one owner of a `PGresult`.
///
/// `@unchecked Sendable` is true because a finished `PGresult` never changes and all that is called here only reads it
/// ("A PGresult object, once created, is read-only", libpq manual, 34.20).
final class QueryResult: @unchecked Sendable {
    private let pointer: OpaquePointer
    let columns: [String]
    let types: [PostgresType]

    /// Takes the pointer over.
    init(taking pointer: OpaquePointer) {
        self.pointer = pointer
        let numbers = 0..<PQnfields(pointer)
        // The result that begins a COPY has columns without names.
        columns = numbers.map { PQfname(pointer, $0).map { String(cString: $0) } ?? "" }
        types = numbers.map { PostgresType(rawValue: PQftype(pointer, $0)) }
    }

    deinit {
        PQclear(pointer)
    }

    var status: ExecStatusType { PQresultStatus(pointer) }

    var rowCount: Int { Int(PQntuples(pointer)) }

    /// The rows that the statement selected or changed, from its command tag; 0 for statements that count none.
    var affectedRows: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

    /// For example `COMMIT`, or `ROLLBACK` where a failed transaction was told to commit.
    var commandTag: String { String(cString: PQcmdStatus(pointer)) }

    var rows: [Row] { (0..<rowCount).map { Row(result: self, number: $0) } }

    func errorField(_ field: PostgresError.Field) -> String? {
        PQresultErrorField(pointer, field.rawValue).map { String(cString: $0) }
    }

    func isNull(row: Int, column: Int) -> Bool {
        PQgetisnull(pointer, Int32(row), Int32(column)) == 1
    }

    /// The value's bytes, for as long as the result lives.
    func bytes(row: Int, column: Int) -> UnsafeRawBufferPointer {
        let length = Int(PQgetlength(pointer, Int32(row), Int32(column)))
        return UnsafeRawBufferPointer(start: PQgetvalue(pointer, Int32(row), Int32(column)), count: length)
    }
}

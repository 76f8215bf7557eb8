/// The statements that a connection's server has prepared, and their names.
struct PreparedStatements {
    private struct Key: Hashable {
        let sql: String
        let types: [UInt32]

        init(_ statement: Statement) {
            sql = statement.sql
            types = statement.parameters.map(\.type.rawValue)
        }
    }

    /// Whether the connection has one server from its first statement to its last. A pooler between may hand each statement, or
    /// each transaction, to another, which knows nothing of what was prepared.
    var isUsable = false
    /// There are some twenty of them; a text that is made of values would be another each time.
    private static let most = 100
    /// Whatever makes them fail so often is not cured by preparing them anew, and the server keeps what is forgotten here.
    private static let mostFailures = 5

    private var names: [Key: String] = [:]
    private var count = 0
    private var failures = 0

    /// The name of a statement, and whether the server knows it already; nil where it is not to be prepared.
    func name(of statement: Statement) -> (name: String, isPrepared: Bool)? {
        guard isUsable, statement.isOften else { return nil }
        if let name = names[Key(statement)] { return (name, true) }
        return names.count < Self.most ? ("mien_\(count)", false) : nil
    }

    /// Remembers that the server has prepared it under the name that it was to get.
    mutating func note(_ statement: Statement, as name: String) {
        names[Key(statement)] = name
        count += 1
    }

    /// Forgets all, when one of them cannot be used any more.
    mutating func forget() {
        names = [:]
        failures += 1
        if failures == Self.mostFailures { isUsable = false }
    }

    /// Whether a prepared statement failed for being one: its columns have other types since a migration ("cached plan must not
    /// change result type"), or the server does not know it.
    static func isStale(_ result: QueryResult) -> Bool {
        let stale: [PostgresError.Code] = [.featureNotSupported, .invalidStatementName]
        return stale.map(\.rawValue).contains(result.errorField(.sqlState))
    }
}

/// What went wrong between Mien and its database.
///
/// `description` is safe to show and to log anywhere: it names codes, constraints, tables and columns, and never a value,
/// a statement or a connection string. `debugDescription` adds the server's own words and the statement's text (without
/// its parameters).
public struct PostgresError: Error, Sendable {
    /// The SQLSTATE of an error that the server reported, or a code of our own.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// Five characters of SQLSTATE, or words in lower case.
        public let rawValue: String

        /// A code from its text.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    /// What went wrong, to decide by.
    public let code: Code
    /// The server's code, when the server reported the error.
    public let sqlState: String?
    /// The constraint that was violated.
    public let constraint: String?
    /// The table that the error concerns.
    public let table: String?
    /// The column that the error concerns.
    public let column: String?

    private var summary: String
    /// What only `debugDescription` shows, in order.
    private var details: [(name: String, text: String)]

    /// An error of our own.
    /// - Parameters:
    ///   - summary: safe to show.
    ///   - detail: what only `debugDescription` shows.
    init(_ code: Code, _ summary: String, detail: String? = nil) {
        self.code = code
        self.summary = summary
        sqlState = nil
        constraint = nil
        table = nil
        column = nil
        details = []
        addDetail("detail", detail)
    }

    /// The error that a result reports.
    init(server result: QueryResult) {
        let state = result.errorField(.sqlState)
        code = Code(rawValue: state ?? Code.connectionLost.rawValue)
        sqlState = state
        constraint = result.errorField(.constraint)
        table = result.errorField(.table)
        column = result.errorField(.column)
        let name = code.conditionName.map { "\($0), " } ?? ""
        summary = "The database refused a statement (\(name)\(code.rawValue))"
        details = []
        let fields: [(String, Field)] = [
            ("message", .message), ("detail", .detail), ("hint", .hint), ("context", .context), ("position", .position),
        ]
        for (name, field) in fields { addDetail(name, result.errorField(field)) }
    }

    /// The same error with the text of the statement that met it.
    func during(_ sql: String) -> PostgresError {
        var error = self
        error.addDetail("statement", sql)
        return error
    }

    /// The same error, introduced by what it happened in.
    /// - Parameter context: safe to show.
    func inside(_ context: String) -> PostgresError {
        var error = self
        error.summary = "\(context): \(summary)"
        return error
    }

    private mutating func addDetail(_ name: String, _ text: String?) {
        guard let text else { return }
        details.append((name, String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())))
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible {
    /// Safe to show: no value, no statement, no connection string.
    public var description: String {
        let names = [("constraint", constraint), ("table", table), ("column", column)]
        let known = names.compactMap { name, value in value.map { "\(name) \($0)" } }
        return known.isEmpty ? summary : "\(summary): \(known.joined(separator: ", "))"
    }

    /// Everything that is known, for the operator's eyes: the server's message may quote values.
    public var debugDescription: String {
        ([description + " [\(code.rawValue)]"] + details.map { "\($0.name): \($0.text)" }).joined(separator: "; ")
    }
}

extension PostgresError {
    /// Whether the same operation may succeed when tried again later.
    ///
    /// - Important: a single statement outside a transaction whose connection was lost may have been applied all the
    ///   same; what is tried again must bear being applied twice.
    public var isRetriable: Bool {
        if Code.retriable.contains(code) { return true }
        // Connection exceptions and insufficient resources.
        return sqlState.map { $0.hasPrefix("08") || $0.hasPrefix("53") } ?? false
    }

    /// Whether a row with the same key exists already; `constraint` names the key.
    public var isUniqueViolation: Bool { code == .uniqueViolation }

    /// Whether a referenced row does not exist, or a row is still referenced; `constraint` names the reference.
    public var isForeignKeyViolation: Bool { code == .foreignKeyViolation }

    /// Whether the task was cancelled while it waited for the database.
    public var isCancelled: Bool { code == .cancelled }
}

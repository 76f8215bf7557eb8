extension PostgresError.Code {
    private init(_ text: String) { self.init(rawValue: text) }

    // Our own.

    /// The connection string cannot be used; trying again will not help.
    public static let invalidConfiguration = Self("invalid_configuration")
    /// No connection could be made: the server is away, starts, or refuses the user.
    public static let connectionFailed = Self("connection_failed")
    /// The connection broke while a statement ran.
    public static let connectionLost = Self("connection_lost")
    /// No connection of the pool became free in time.
    public static let poolTimeout = Self("pool_timeout")
    /// The pool has been closed.
    public static let poolClosed = Self("pool_closed")
    /// The task was cancelled.
    public static let cancelled = Self("cancelled")
    /// The connection broke during COMMIT: the transaction is either applied whole or not at all, and nobody knows which.
    public static let commitUnknown = Self("commit_unknown")
    /// COMMIT was answered with a rollback, because a statement of the transaction had failed and nobody threw.
    public static let rolledBack = Self("rolled_back")
    /// A value of a row is not what the program reads it as.
    public static let decodingFailed = Self("decoding_failed")
    /// Something that this wrapper does not do, for example COPY.
    public static let unsupported = Self("unsupported")
    /// The migration files are not a gapless sequence of pairs, or cannot be read.
    public static let migrationFilesInvalid = Self("migration_files_invalid")
    /// The database lacks migrations that this build brings.
    public static let schemaBehind = Self("schema_behind")
    /// The database has migrations that this build does not know.
    public static let schemaAhead = Self("schema_ahead")
    /// A migration that is applied differs from the file of the same number.
    public static let migrationChanged = Self("migration_changed")

    // SQLSTATE (PostgreSQL manual, appendix A).

    /// A text that is not valid, for example one with U+0000.
    public static let invalidText = Self("22021")
    /// A value is missing.
    public static let notNullViolation = Self("23502")
    /// A reference without its row, or a row that is still referenced.
    public static let foreignKeyViolation = Self("23503")
    /// A key that exists already.
    public static let uniqueViolation = Self("23505")
    /// A value that a CHECK forbids.
    public static let checkViolation = Self("23514")
    /// The server only reads, for example because it is a standby.
    public static let readOnly = Self("25006")
    /// A prepared statement's columns have other types by now, in a transaction, where it cannot be sent anew; or the server does
    /// not do this at all.
    public static let featureNotSupported = Self("0A000")
    /// The server does not know a prepared statement, in a transaction, where it cannot be prepared anew.
    public static let invalidStatementName = Self("26000")
    /// The transaction was idle for too long, and the server ended it.
    public static let idleInTransaction = Self("25P03")
    /// The transaction collided with another one.
    public static let serializationFailure = Self("40001")
    /// The transaction waited for one that waited for it.
    public static let deadlockDetected = Self("40P01")
    /// A table that does not exist.
    public static let undefinedTable = Self("42P01")
    /// A lock was not free in time.
    public static let lockNotAvailable = Self("55P03")
    /// The statement ran longer than the statement timeout, or an administrator ended it.
    public static let statementTimeout = Self("57014")
    /// The server shuts down.
    public static let adminShutdown = Self("57P01")
    /// Another server process crashed, and the server starts anew.
    public static let crashShutdown = Self("57P02")
    /// The server starts or stops and takes no connections.
    public static let cannotConnectNow = Self("57P03")

    static let retriable: Set<Self> = [
        .connectionFailed, .connectionLost, .poolTimeout, .readOnly, .idleInTransaction, .serializationFailure,
        .deadlockDetected, .lockNotAvailable, .statementTimeout, .adminShutdown, .crashShutdown, .cannotConnectNow,
        .featureNotSupported, .invalidStatementName,
    ]

    private static let conditionNames: [Self: String] = [
        .invalidText: "character_not_in_repertoire", .notNullViolation: "not_null_violation",
        .foreignKeyViolation: "foreign_key_violation", .uniqueViolation: "unique_violation",
        .checkViolation: "check_violation", .readOnly: "read_only_sql_transaction",
        .featureNotSupported: "feature_not_supported", .invalidStatementName: "invalid_sql_statement_name",
        .idleInTransaction: "idle_in_transaction_session_timeout", .serializationFailure: "serialization_failure",
        .deadlockDetected: "deadlock_detected", .undefinedTable: "undefined_table",
        .lockNotAvailable: "lock_not_available", .statementTimeout: "query_canceled",
        .adminShutdown: "admin_shutdown", .crashShutdown: "crash_shutdown", .cannotConnectNow: "cannot_connect_now",
    ]

    /// The name that PostgreSQL's manual gives to a SQLSTATE.
    var conditionName: String? { Self.conditionNames[self] }
}

extension PostgresError {
    /// A field of the server's report; the values are the characters of the protocol (manual, 55.8), which libpq's
    /// macros `PG_DIAG_…` repeat.
    enum Field: Int32 {
        case severity = 0x56  // V, never translated
        case sqlState = 0x43  // C
        case message = 0x4D  // M
        case detail = 0x44  // D
        case hint = 0x48  // H
        case position = 0x50  // P
        case context = 0x57  // W
        case table = 0x74  // t
        case column = 0x63  // c
        case constraint = 0x6E  // n
    }
}

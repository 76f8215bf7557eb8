import CLibPQ

/// How to reach the database, and how long to wait for it.
public struct PostgresConfiguration: Sendable {
    /// A libpq connection string: `postgres://user:password@host:port/database?sslmode=…`, or `keyword=value` pairs.
    public var url: String
    /// What `pg_stat_activity` shows.
    public var applicationName: String
    /// The greatest number of connections that a pool opens.
    public var size: Int
    /// How long making a connection may take.
    public var connectTimeout: Duration
    /// How long the server lets a statement run; zero for no limit.
    public var statementTimeout: Duration
    /// How long a task waits for a free connection of the pool.
    public var acquireTimeout: Duration
    /// How long closing waits for connections that are lent, before it breaks them.
    public var drainTimeout: Duration

    /// A configuration; `validate()` tells whether the connection string can be used.
    public init(
        url: String,
        applicationName: String,
        size: Int = 8,
        connectTimeout: Duration = .seconds(5),
        statementTimeout: Duration = .seconds(30),
        acquireTimeout: Duration = .seconds(10),
        drainTimeout: Duration = .seconds(5)
    ) {
        self.url = url
        self.applicationName = applicationName
        self.size = size
        self.connectTimeout = connectTimeout
        self.statementTimeout = statementTimeout
        self.acquireTimeout = acquireTimeout
        self.drainTimeout = drainTimeout
    }

    /// Checks what can be checked without the server.
    /// - Throws: `PostgresError` with the code `.invalidConfiguration`.
    public func validate() throws {
        _ = try options()
        guard size > 0 else {
            throw PostgresError(.invalidConfiguration, "The number of database connections must be at least 1")
        }
    }

    /// The options of the connection string, and those that it leaves to us.
    func options() throws -> [String: String] {
        var options = [
            // A peer that vanished is noticed within a minute, while a statement is sent as well as while one is
            // waited for. The numbers are seconds, but the last is milliseconds.
            "keepalives": "1", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
            "tcp_user_timeout": "30000",
        ]
        options.merge(try parsedURL()) { _, given in given }
        options["application_name"] = applicationName
        options["client_encoding"] = "UTF8"
        return options
    }

    private func parsedURL() throws -> [String: String] {
        // The message of PQconninfoParse quotes the string, and with it the password: it is not repeated.
        guard let parsed = PQconninfoParse(url, nil) else {
            throw PostgresError(.invalidConfiguration, "The database's connection string cannot be read")
        }
        defer { PQconninfoFree(parsed) }
        var options: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { options[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        // Whoever reads `p@ss@host` takes the password's end for a part of the host, and would show it.
        guard options["host"]?.contains("@") != true else {
            throw PostgresError(.invalidConfiguration, "In the database's URL, an @ in the password is written %40")
        }
        return options
    }

    /// What the server is told once connected. Told by a statement and not at start-up, because poolers between refuse
    /// start-up options that they do not know.
    var settings: [(name: String, value: String)] {
        [
            ("statement_timeout", "\(statementTimeout.milliseconds)"),
            // A gateway that hangs, or whose machine lost power, must not hold row locks for hours.
            ("idle_in_transaction_session_timeout", "60000"),
            ("client_connection_check_interval", "10000"),
            ("tcp_keepalives_idle", "30"), ("tcp_keepalives_interval", "10"), ("tcp_keepalives_count", "3"),
        ]
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Where the database is and who connects, without the password.
    public var description: String {
        guard let options = try? options() else { return "postgres (unreadable connection string)" }
        let place = options["host"] ?? options["hostaddr"] ?? "local"
        return "postgres://\(options["user"] ?? "")@\(place):\(options["port"] ?? "5432")/\(options["dbname"] ?? "")"
    }

    /// As `description`: the password is for the server only.
    public var debugDescription: String { description }

    /// As `description`, so that `dump` does not tell more.
    public var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

extension Duration {
    var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}

/// An SQL statement whose values travel beside its text, never inside it.
///
///     "SELECT title FROM analyses WHERE id = \(id) AND user_id = \(user)"
///
/// Each interpolated value becomes a parameter (`$1`, `$2`, …), so no input can change what the statement does.
/// Statements are composed from pieces by interpolating one into another, with `append(_:)`, or with `joined(separator:)`;
/// the parameters are numbered when the statement is sent. Write no `$n` by hand.
///
/// `String` is sent as `text` and `Int` as `bigint`: cast where PostgreSQL wants another type (`\(json)::jsonb`).
public struct Statement: ExpressibleByStringInterpolation, Sendable {
    /// The text around the parameters: always one more than there are parameters.
    private var segments: [String]
    private(set) var parameters: [PostgresParameter]
    /// Whether the server is to keep it.
    private(set) var isOften = false

    /// A statement without parameters.
    public init(stringLiteral text: String) {
        self.init(unescaped: text)
    }

    /// A statement from text that is trusted as it is.
    /// - Important: `text` must not contain input from outside.
    public init(unescaped text: String) {
        segments = [text]
        parameters = []
    }

    /// A statement from a string interpolation.
    public init(stringInterpolation: Interpolation) {
        self = stringInterpolation.statement
    }

    /// A statement that runs with each photo or request and finds its rows by keys. The server prepares it once for a connection, and
    /// plans it for any values after a few times: both are up to half of what such a statement costs. Not for one whose best plan depends
    /// on its values, or on how many rows there are by now.
    public static func often(_ statement: Statement) -> Statement {
        var statement = statement
        statement.isOften = true
        return statement
    }

    /// The text that the server receives, with `$1`, `$2`, … for the parameters.
    public var sql: String {
        var text = segments[0]
        for (index, segment) in segments.dropFirst().enumerated() {
            text += "$\(index + 1)"
            text += segment
        }
        return text
    }

    /// Appends another statement, text and parameters.
    public mutating func append(_ other: Statement) {
        segments[segments.count - 1] += other.segments[0]
        segments += other.segments.dropFirst()
        parameters += other.parameters
    }

    fileprivate mutating func append(unescaped text: String) {
        segments[segments.count - 1] += text
    }

    fileprivate mutating func append(_ parameter: PostgresParameter) {
        segments.append("")
        parameters.append(parameter)
    }
}

extension Statement {
    /// Collects text and values of a string interpolation.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var statement = Statement(unescaped: "")

        /// Called by the compiler.
        public init(literalCapacity: Int, interpolationCount: Int) {}

        /// Called by the compiler for the text between the values.
        public mutating func appendLiteral(_ literal: String) {
            statement.append(unescaped: literal)
        }

        /// Makes a value a parameter.
        public mutating func appendInterpolation(_ value: some PostgresEncodable) {
            statement.append(value.postgresParameter)
        }

        /// Makes a value that may be missing a parameter; `nil` becomes NULL.
        public mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            statement.append(value.postgresParameter)
        }

        /// Inserts another statement with its parameters.
        public mutating func appendInterpolation(_ fragment: Statement) {
            statement.append(fragment)
        }

        /// Inserts text as it is, for names that no parameter can stand for.
        /// - Important: `text` must not contain input from outside.
        public mutating func appendInterpolation(unescaped text: String) {
            statement.append(unescaped: text)
        }
    }
}

extension Sequence<Statement> {
    /// The statements one after the other with a separator between them: `filters.joined(separator: " AND ")`.
    public func joined(separator: Statement) -> Statement {
        var result = Statement(unescaped: "")
        for (index, statement) in enumerated() {
            if index > 0 { result.append(separator) }
            result.append(statement)
        }
        return result
    }
}

/// A PostgreSQL type, by its object id; the built-in ones never change (`pg_type.dat` of the server's source).
public struct PostgresType: RawRepresentable, Hashable, Sendable {
    /// The object id in `pg_type`.
    public let rawValue: UInt32

    /// A type by its object id in `pg_type`.
    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }
}

extension PostgresType {
    /// `boolean`
    public static let bool = PostgresType(rawValue: 16)
    /// `bytea`
    public static let bytea = PostgresType(rawValue: 17)
    /// `name`, the type of identifiers in the catalogue
    public static let name = PostgresType(rawValue: 19)
    /// `bigint`
    public static let int8 = PostgresType(rawValue: 20)
    /// `smallint`
    public static let int2 = PostgresType(rawValue: 21)
    /// `integer`
    public static let int4 = PostgresType(rawValue: 23)
    /// `text`
    public static let text = PostgresType(rawValue: 25)
    /// `json`
    public static let json = PostgresType(rawValue: 114)
    /// `real`
    public static let float4 = PostgresType(rawValue: 700)
    /// `double precision`
    public static let float8 = PostgresType(rawValue: 701)
    /// A literal whose type was left open, as in `SELECT 'a'` inside a union
    public static let unknown = PostgresType(rawValue: 705)
    /// `char(n)`
    public static let bpchar = PostgresType(rawValue: 1042)
    /// `varchar(n)`
    public static let varchar = PostgresType(rawValue: 1043)
    /// `timestamp with time zone`
    public static let timestamptz = PostgresType(rawValue: 1184)
    /// `numeric`, the type of a sum over `bigint`, among others
    public static let numeric = PostgresType(rawValue: 1700)
    /// `uuid`
    public static let uuid = PostgresType(rawValue: 2950)
    /// `jsonb`
    public static let jsonb = PostgresType(rawValue: 3802)

    static let boolArray = PostgresType(rawValue: 1000)
    static let int4Array = PostgresType(rawValue: 1007)
    static let textArray = PostgresType(rawValue: 1009)
    static let int8Array = PostgresType(rawValue: 1016)
    static let float8Array = PostgresType(rawValue: 1022)
    static let timestamptzArray = PostgresType(rawValue: 1185)
    static let uuidArray = PostgresType(rawValue: 2951)

    /// Types made by `CREATE TYPE` have ids from here on (`FirstNormalObjectId`). Enumerations are the only ones that
    /// Mien would make, and they travel as text.
    var isUserDefined: Bool { rawValue >= 16384 }
}

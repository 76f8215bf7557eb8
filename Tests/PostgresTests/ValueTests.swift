import Foundation
import Postgres
import Testing

@Suite
struct ValueTests {
    @Test func everyTypeComesBackAsItWent() async throws {
        let pool = try await makePool()
        let id = UUID()
        let moment = Date(timeIntervalSince1970: 1_780_000_000.123456)
        let row = try await pool.first(
            """
            SELECT \(true), \(Int.min), \(Int64.max), \(Int32.min), \(0.1), \("grüße"), \(id), \(moment),
                   \([0, 255, 39, 92] as [UInt8])
            """)
        let values = try #require(row).decode(
            (Bool, Int, Int64, Int32, Double, String, UUID, Date, [UInt8]).self)
        #expect(values.0)
        #expect(values.1 == .min)
        #expect(values.2 == .max)
        #expect(values.3 == .min)
        #expect(values.4 == 0.1)
        #expect(values.5 == "grüße")
        #expect(values.6 == id)
        #expect(abs(values.7.timeIntervalSince(moment)) < 0.000_000_5)
        #expect(values.8 == [0, 255, 39, 92])
    }

    @Test func nilIsNullForEveryType() async throws {
        let pool = try await makePool()
        let row = try await pool.first(
            """
            SELECT \(Bool?.none), \(Int?.none), \(Int64?.none), \(Int32?.none), \(Double?.none), \(String?.none),
                   \(UUID?.none), \(Date?.none), \([UInt8]?.none), pg_typeof(\(Date?.none))::text
            """)
        let values = try #require(row).decode(
            (Bool?, Int?, Int64?, Int32?, Double?, String?, UUID?, Date?, [UInt8]?, String).self)
        #expect(values.0 == nil && values.1 == nil && values.2 == nil && values.3 == nil && values.4 == nil)
        #expect(values.5 == nil && values.6 == nil && values.7 == nil && values.8 == nil)
        #expect(values.9 == "timestamp with time zone")
    }

    @Test func emptyValuesAreNotNull() async throws {
        let row = try await makePool().first("SELECT \(""), \([UInt8]())")
        let (text, bytes) = try #require(row).decode((String?, [UInt8]?).self)
        #expect(text == "")
        #expect(bytes == [])
    }

    @Test(arguments: [
        "ελληνικά, русский, العربية, 日本語, 한국어, हिन्दी", "👩‍👩‍👧‍👦 and e\u{301}", "line\nbreak\ttab \u{1}", "\u{10FFFF}",
    ])
    func textInAnyScriptComesBack(text: String) async throws {
        let row = try await makePool().first("SELECT \(text), char_length(\(text))")
        let (back, length) = try #require(row).decode((String, Int).self)
        #expect(Array(back.utf8) == Array(text.utf8))
        #expect(length == text.unicodeScalars.count)
    }

    @Test func tenMebibytesComeBack() async throws {
        let pool = try await makePool()
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<(10 << 17)).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
        try await pool.execute("CREATE TABLE photos (bytes bytea)")
        try await pool.execute("INSERT INTO photos VALUES (\(bytes))")
        let row = try await pool.first("SELECT bytes, octet_length(bytes) FROM photos")
        let (back, length) = try #require(row).decode(([UInt8], Int).self)
        #expect(length == 10 << 20)
        #expect(back == bytes)
    }

    @Test func momentsKeepTheirMicroseconds() async throws {
        let pool = try await makePool()
        for text in ["2026-11-24 06:36:09.654321+00", "1969-12-31 23:59:59.999999+00", "0001-01-01 00:00:00+00"] {
            let row = try await pool.first("SELECT \(text)::timestamptz")
            let moment = try #require(row).decode(Date.self)
            let same = try await pool.first("SELECT \(moment) = \(text)::timestamptz")
            #expect(try #require(same).decode(Bool.self), "\(text)")
        }
    }

    @Test func infiniteMomentsAreTheEndsOfTime() async throws {
        let row = try await makePool().first(
            "SELECT 'infinity'::timestamptz, '-infinity'::timestamptz, \(Date(timeIntervalSinceReferenceDate: .infinity))::text"
        )
        let (future, past, text) = try #require(row).decode((Date, Date, String).self)
        #expect(future == .distantFuture)
        #expect(past == .distantPast)
        #expect(text == "infinity")
    }

    @Test func aMomentThatIsNotANumberIsRefused() async throws {
        let pool = try await makePool(size: 1)
        let error = await postgresError {
            try await pool.execute("SELECT \(Date(timeIntervalSinceReferenceDate: .nan))")
        }
        #expect(error?.sqlState == "08P01")
        try await pool.ping()
    }

    @Test func arraysArriveAsArrays() async throws {
        let pool = try await makePool()
        let ids = [UUID(), UUID()]
        let row = try await pool.first(
            """
            SELECT \(ids[1]) = ANY(\(ids)), cardinality(\([String]())), \(["a", "b,\"c\"", ""])::text,
                   \([1, -2, 3])::text, \(["x", nil])::text, array_length(\([Int32(7)]), 1), \([1.5])::text, \([true])::text
            """)
        let values = try #require(row).decode((Bool, Int, String, String, String, Int, String, String).self)
        #expect(values.0)
        #expect(values.1 == 0)
        #expect(values.2 == #"{a,"b,\"c\"",""}"#)
        #expect(values.3 == "{1,-2,3}")
        #expect(values.4 == "{x,NULL}")
        #expect(values.5 == 1)
        #expect(values.6 == "{1.5}")
        #expect(values.7 == "{t}")
    }

    @Test(arguments: [
        "0", "1", "-1", "10000", "123456789012345678901234567890.0123456789", "-0.00010", "0.00000001", "12.3400",
        "99999999", "100000000.5", "NaN", "Infinity", "-Infinity", "0.00",
    ])
    func numericsReadAsTheServerPrintsThem(text: String) async throws {
        let row = try await makePool().first(
            "SELECT \(unescaped: "'\(text)'")::numeric, \(unescaped: "'\(text)'")::numeric::text")
        let (back, printed) = try #require(row).decode((String, String).self)
        #expect(back == printed)
    }

    @Test func sumsAndAveragesReadAsNumbers() async throws {
        let row = try await makePool().first(
            "SELECT sum(n::bigint), avg(n), count(*), sum(n), 3::smallint, 1.5::real FROM generate_series(1, 4) AS n")
        let values = try #require(row).decode((Int, Double, Int, Int32, Int, Double).self)
        #expect(values == (10, 2.5, 4, 10, 3, 1.5))
    }

    @Test func numbersThatDoNotFitAreRefused() async throws {
        let pool = try await makePool()
        for sql in ["SELECT 2147483648::bigint", "SELECT 1.5::numeric", "SELECT 99999999999999999999::numeric"] {
            let row = try #require(try await pool.first(Statement(unescaped: sql)))
            let error = #expect(throws: PostgresError.self) { try row.decode(Int32.self) }
            #expect(error?.code == .decodingFailed)
        }
    }

    @Test func jsonTravelsAsText() async throws {
        let json = #"{"a": [1, "ü"]}"#
        let row = try await makePool().first("SELECT \(json)::jsonb, \(json)::json, \(json)::jsonb->'a'->>1")
        let (binary, text, inner) = try #require(row).decode((String, String, String).self)
        #expect(binary == json)
        #expect(text == json)
        #expect(inner == "ü")
    }

    private enum Lane: String, PostgresEncodable, PostgresDecodable, CaseIterable { case interactive, bulk }

    @Test func enumerationsTravelAsTheirRawValues() async throws {
        let pool = try await makePool()
        try await pool.execute("CREATE TYPE lane AS ENUM ('interactive', 'bulk', 'new')")
        let row = try await pool.first(
            "SELECT \(Lane.bulk) AS text, \(Lane.interactive.rawValue)::lane AS lane, 'new'::lane AS newer")
        let found = try #require(row)
        #expect(try found["text", as: Lane.self] == .bulk)
        #expect(try found["lane", as: Lane.self] == .interactive)
        let error = #expect(throws: PostgresError.self) { try found["newer", as: Lane.self] }
        #expect(error?.code == .decodingFailed)
    }

    @Test func rowsSayWhatDoesNotFit() async throws {
        let pool = try await makePool()
        let row = try #require(
            try await pool.first("SELECT 1 AS number, NULL::text AS nothing, 'secret'::text AS word"))
        func message(_ read: () throws -> Void) -> String {
            #expect(throws: PostgresError.self) { try read() }.map(\.description) ?? ""
        }
        let absent = message { _ = try row["absent", as: Int.self] }
        #expect(absent.contains("no column absent"))
        let null = message { _ = try row["nothing", as: String.self] }
        #expect(null.contains("nothing is NULL"))
        let wrong = message { _ = try row["word", as: Int.self] }
        #expect(wrong.contains("word") && !wrong.contains("secret"))
        let few = message { _ = try row.decode((Int, String?).self) }
        #expect(few.contains("3 columns where 2"))
        let one = message { _ = try row.decode(Int.self) }
        #expect(one.contains("3 columns where 1"))
        #expect(row.columns == ["number", "nothing", "word"])
    }

    @Test func typesThatCannotBeReadAreRefused() async throws {
        let row = try #require(try await makePool().first("SELECT '1 day'::interval"))
        let error = #expect(throws: PostgresError.self) { try row.decode(String.self) }
        #expect(error?.code == .decodingFailed)
    }
}

import Foundation

/// `timestamptz` on the wire: microseconds since 2000-01-01 00:00 UTC, with the two ends standing for infinity.
enum PostgresTime {
    /// From PostgreSQL's epoch to Foundation's (2001-01-01): 366 days, for 2000 was a leap year.
    private static let microsecondsToReferenceDate: Double = 366 * 86_400 * 1_000_000

    static func bytes(of date: Date) -> [UInt8] {
        let seconds = date.timeIntervalSinceReferenceDate
        // A date that is not a number has no place on the time line: the server refuses the empty value (08P01).
        if seconds.isNaN { return [] }
        let microseconds = (seconds * 1_000_000).rounded() + microsecondsToReferenceDate
        let value = Int64(exactly: microseconds) ?? (microseconds < 0 ? .min : .max)
        return value.networkBytes
    }

    static func date(microseconds: Int64) -> Date {
        switch microseconds {
        case .max: .distantFuture
        case .min: .distantPast
        default:
            Date(timeIntervalSinceReferenceDate: (Double(microseconds) - microsecondsToReferenceDate) / 1_000_000)
        }
    }
}

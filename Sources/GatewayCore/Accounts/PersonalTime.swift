import Foundation

/// The time zone in which the pages of one request show times: the signed-in person's.
///
/// A task-local value, because it belongs to a request as a language would, and every page shows times.
enum PersonalTime {
    static let utc = "UTC"

    /// Set by ``SessionMiddleware``; UTC for visitors.
    @TaskLocal static var current: TimeZone = .gmt

    /// A zone that can be chosen, or nil.
    static func zone(_ identifier: String) -> TimeZone? {
        known.contains(identifier) ? TimeZone(identifier: identifier) : nil
    }

    /// What can be chosen, in the order of the list: UTC first.
    static let choices: [String] = [utc] + known.subtracting([utc]).sorted()

    /// Places, as IANA names them; not the abbreviations and offsets, which know no summer time.
    private static let known: Set<String> = Set(
        TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") && !$0.hasPrefix("Etc/") } + [utc])
}

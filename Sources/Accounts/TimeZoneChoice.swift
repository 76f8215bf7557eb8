package import Foundation

/// The time zones that a person can choose.
package enum TimeZoneChoice {
    static let utc = "UTC"

    /// A zone that can be chosen, or nil.
    package static func zone(_ identifier: String) -> TimeZone? {
        known.contains(identifier) ? TimeZone(identifier: identifier) : nil
    }

    /// In the order of the list: UTC first.
    package static let all: [String] = [utc] + known.subtracting([utc]).sorted()

    /// Places, as IANA names them; not the abbreviations and offsets, which know no summer time.
    private static let known: Set<String> = Set(
        TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") && !$0.hasPrefix("Etc/") } + [utc])
}

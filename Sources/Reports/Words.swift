package import Foundation

/// Numbers, times and names as people read them. English only, and so independent of the machine's locale.
package enum Words {
    package static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(grouped(number)) \(number == 1 ? singular : plural ?? singular + "s")"
    }

    /// Digits in groups of three.
    package static func grouped(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: position)
            position -= 3
        }
        return (number < 0 ? "−" : "") + String(digits)
    }

    /// Without decimals; the space is one that does not break.
    package static func percent(_ fraction: Double) -> String {
        "\(Int((fraction * 100).rounded()))\u{A0}%"
    }

    package static func megabytes(_ bytes: Int) -> String {
        bytes < 1_000_000
            ? "\(max(1, Int((Double(bytes) / 1000).rounded())))\u{A0}KB" : decimal(Double(bytes) / 1e6) + "\u{A0}MB"
    }

    /// A limit, which operators set in powers of two: 10485760 is "10 MB" to everybody.
    package static func mebibytes(_ bytes: Int) -> String {
        bytes < 1 << 20 ? "\(bytes >> 10)\u{A0}KB" : decimal(Double(bytes) / Double(1 << 20)) + "\u{A0}MB"
    }

    /// How long photos and results are kept, such as "30 days"; nil for ever, which operators set as 0.
    package static func retention(days: Int) -> String? {
        days > 0 ? count(days, "day") : nil
    }

    package static func milliseconds(_ value: Double) -> String {
        value < 1000 ? "\(Int(value.rounded()))\u{A0}ms" : decimal(value / 1000) + "\u{A0}s"
    }

    package static func duration(seconds: Int) -> String {
        seconds < 90 ? count(seconds, "second") : count(Int((Double(seconds) / 60).rounded(.up)), "minute")
    }

    package static func ordinal(_ number: Int) -> String {
        let suffix =
            switch (number % 10, number % 100) {
            case (_, 11...13): "th"
            case (1, _): "st"
            case (2, _): "nd"
            case (3, _): "rd"
            default: "th"
            }
        return grouped(number) + suffix
    }

    /// Where something is kept: "1.2 GB".
    package static func bytes(_ bytes: Int) -> String {
        switch bytes {
        case ..<1_000_000: "\(grouped(Int((Double(bytes) / 1000).rounded(.up))))\u{A0}KB"
        case ..<1_000_000_000: decimal(Double(bytes) / 1e6) + "\u{A0}MB"
        case ..<1_000_000_000_000: decimal(Double(bytes) / 1e9) + "\u{A0}GB"
        default: decimal(Double(bytes) / 1e12) + "\u{A0}TB"
        }
    }

    package static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// One decimal, none when it would be zero.
    package static func decimal(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? grouped(tenths / 10) : "\(grouped(tenths / 10)).\(abs(tenths % 10))"
    }
}

/// A point in time for a page: machine-readable, exact for the hover, and relative.
package struct Moment: Sendable {
    /// For `<time datetime>`.
    let iso: String
    /// "24 November 2026, 06:36 UTC", in the zone of the person who asks.
    package let exact: String
    /// "24 November 2026"
    package let day: String
    /// "2 minutes ago"; a script keeps it right.
    let relative: String

    package init(_ date: Date, now: Date = Date(), zone: TimeZone = PersonalTime.current) {
        iso = date.formatted(.iso8601)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
        day = "\(parts.day ?? 0) \(Words.months[(parts.month ?? 1) - 1]) \(parts.year ?? 0)"
        exact = "\(day), \(Self.two(parts.hour)):\(Self.two(parts.minute)) \(Self.name(of: zone, at: date))"
        // What is yet to come is a date; clocks may differ by a little.
        relative = Self.relative(Int(now.timeIntervalSince(date)), day: day)
    }

    private static func relative(_ seconds: Int, day: String) -> String {
        switch seconds {
        case ..<(-60): day
        case ..<10: "just now"
        case ..<60: "\(seconds) seconds ago"
        case ..<3600: "\(Words.count(seconds / 60, "minute")) ago"
        case ..<86_400: "\(Words.count(seconds / 3600, "hour")) ago"
        case ..<(86_400 * 7): "\(Words.count(seconds / 86_400, "day")) ago"
        default: day
        }
    }

    private static func two(_ number: Int?) -> String {
        let number = number ?? 0
        return number < 10 ? "0\(number)" : "\(number)"
    }

    /// "UTC", "GMT+1": short, and the same whatever the machine's language.
    private static func name(of zone: TimeZone, at date: Date) -> String {
        let minutes = zone.secondsFromGMT(for: date) / 60
        guard minutes != 0 else { return "UTC" }
        let rest = abs(minutes) % 60
        return "GMT\(minutes < 0 ? "−" : "+")\(abs(minutes) / 60)" + (rest == 0 ? "" : ":\(two(rest))")
    }
}

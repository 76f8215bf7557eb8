import Foundation
import ServiceSupport

/// What a person says about a photo; may be changed at any time.
package struct AnalysisInformation: Sendable, Equatable {
    package var title = ""
    /// Who or what is shown.
    package var subject = ""
    package var notes = ""
    /// In lower case, in the order given, none twice.
    package var tags: [String] = []
    /// The clock where the photo was taken, `2026-11-24T09:30`, in no time zone.
    package var takenAt: String?

    /// The names of all fields.
    package static let fields: Set<String> = ["title", "subject", "notes", "tags", "taken_at"]
    /// Longest values of the text fields, in characters.
    package static let limits = ["title": 200, "subject": 200, "notes": 5_000]
    package static let maxTags = 20
    static let maxTagLength = 40

    /// Each field as a form shows it, of which ``check(_:)`` makes the same again.
    package var texts: [String: String] {
        [
            "title": title, "subject": subject, "notes": notes, "tags": tags.joined(separator: ", "),
            "taken_at": takenAt ?? "",
        ]
    }

    /// Reads the fields of a form.
    ///
    /// - Parameter text: the trimmed value of a field, empty when there is none.
    /// - Returns: what was read, and by field what is wrong with it and what is accepted.
    package static func check(_ text: (String) -> String) -> (
        information: AnalysisInformation, problems: [String: String]
    ) {
        var problems: [String: String] = [:]
        for (field, limit) in limits where text(field).length > limit {
            problems[field] = "At most \(limit) characters are kept here; this has \(text(field).length)."
        }
        let tags = tags(text("tags"))
        if tags.count > maxTags {
            problems["tags"] = "At most \(maxTags) tags; these are \(tags.count)."
        } else if let long = tags.first(where: { $0.length > maxTagLength }) {
            problems["tags"] =
                "A tag has at most \(maxTagLength) characters; “\(long.beginning(20))…” has \(long.length)."
        }
        let takenAt = text("taken_at").isEmpty ? nil : clock(text("taken_at"))
        if takenAt == nil, !text("taken_at").isEmpty {
            problems["taken_at"] = "Write the day and, if you like, the time: 2026-11-24 or 2026-11-24T09:30."
        }
        let information = AnalysisInformation(
            title: text("title"), subject: text("subject"), notes: text("notes"), tags: tags, takenAt: takenAt)
        return (information, problems)
    }

    /// Tags stand between commas or on lines of their own.
    package static func tags(_ text: String) -> [String] {
        var seen: Set<String> = []
        return text.split(whereSeparator: { $0 == "," || $0.isNewline })
            .map(tag).filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    /// A tag as it is kept. Composed at last: a small letter may have a form that its capital lacks.
    static func tag(_ text: some StringProtocol) -> String {
        text.split(whereSeparator: \.isWhitespace).joined(separator: " ").lowercased().composed
    }

    /// `2026-11-24T09:30` from what a date or date-and-time field sends; nil for what is no moment since 1800.
    package static func clock(_ text: String) -> String? {
        // Of ASCII: `\d` takes any script's digits, of which `Int` makes no number and PostgreSQL no time.
        let form = /(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::\d\d(?:\.\d+)?)?)?/.asciiOnlyDigits()
        guard let match = text.wholeMatch(of: form) else { return nil }
        let parts = DateComponents(
            year: Int(match.1), month: Int(match.2), day: Int(match.3), hour: match.4.flatMap { Int($0) } ?? 0,
            minute: match.5.flatMap { Int($0) } ?? 0)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        guard parts.isValidDate(in: calendar), (1800...2200).contains(parts.year ?? 0) else { return nil }
        return "\(match.1)-\(match.2)-\(match.3)T\(match.4 ?? "00"):\(match.5 ?? "00")"
    }
}

/// What most faces of a photo show. The database computes the same in `dominant_emotion`, for filters.
package enum DominantEmotion: Sendable, Equatable {
    case noFace
    /// The model is sure of no face.
    case unsure
    /// A class, and how many faces show it.
    case emotion(String, count: Int)

    /// - Parameter looks: as ``Analysis/looks``. Among equals the largest face's class counts.
    package init(_ looks: [String]) {
        guard !looks.isEmpty else {
            self = .noFace
            return
        }
        var counts: [String: Int] = [:]
        for look in looks where look != FaceResult.unsure { counts[look, default: 0] += 1 }
        let most = counts.values.max() ?? 0
        let first = looks.first { counts[$0] == most }
        self = first.map { .emotion($0, count: most) } ?? .unsure
    }

    /// As in the database and in filters.
    package var word: String {
        switch self {
        case .noFace: "none"
        case .unsure: FaceResult.unsure
        case .emotion(let word, _): word
        }
    }
}

package import Foundation
import ServiceSupport

/// What is asked about looks over time.
package struct TrendQuery: Sendable, Equatable {
    package var topic = TrendTopic.everything
    /// What is shown beside it.
    package var compared: TrendTopic?
    package var period = Period.days90
    /// How long a bar is; nil for one that fits.
    package var step: Step?
    /// The one look that is shown; nil for all of them.
    package var look: String?
    package var measure = Measure.share

    /// The time that is looked at; its last day is today.
    package enum Period: String, Sendable, CaseIterable {
        case days30 = "30d"
        case days90 = "90d"
        /// This month and the eleven before it.
        case months12 = "12m"
        case all
    }

    package enum Step: String, Sendable, CaseIterable {
        case day, week, month, year
    }

    /// What the height of a bar says.
    package enum Measure: String, Sendable, CaseIterable {
        case share, count
    }

    /// What may stand for `look`.
    package static let looks = HistoryFilter.emotions.filter { $0 != "none" }

    /// All photos of the last 90 days.
    package init() {}

    /// Reads the fields of the page's form, which are those of the API as well; an empty one is as none.
    ///
    /// - Throws: ``HistoryFilterRefusal``.
    package init(_ field: (String) -> String?) throws {
        func value(_ name: String) -> String? {
            let text = (field(name) ?? "").asField
            return text.isEmpty ? nil : text
        }
        func word<Word: RawRepresentable & CaseIterable>(_ name: String) throws -> Word?
        where Word.RawValue == String {
            try value(name).map { text in
                guard let word = Word(rawValue: text) else {
                    throw HistoryFilterRefusal(
                        field: name, value: text, accepted: Word.allCases.map(\.rawValue).joined(separator: ", "))
                }
                return word
            }
        }
        func topic(_ name: String) throws -> TrendTopic? {
            try value(name).map { text in
                guard text.length <= 220, let topic = TrendTopic(text) else {
                    throw HistoryFilterRefusal(
                        field: name, value: text,
                        accepted:
                            "all, tag: with a tag such as tag:lake, or subject: with a subject such as subject:Ada")
                }
                return topic
            }
        }
        self.topic = try topic("of") ?? .everything
        compared = try topic("with")
        if let compared, compared == self.topic {
            throw HistoryFilterRefusal(
                field: "with", value: compared.word, accepted: "something else than “of”, to compare with it")
        }
        period = try word("period") ?? .days90
        step = try word("step")
        measure = try word("show") ?? .share
        look = try value("look").map { text in
            guard Self.looks.contains(text) else {
                throw HistoryFilterRefusal(
                    field: "look", value: text, accepted: Self.looks.joined(separator: ", "))
            }
            return text
        }
    }

    /// The same as fields, for links; what goes without saying is left out.
    package var fields: [(name: String, value: String)] {
        [
            ("of", topic == .everything ? "" : topic.word), ("with", compared?.word ?? ""),
            ("period", period == .days90 ? "" : period.rawValue), ("step", step?.rawValue ?? ""),
            ("look", look ?? ""), ("show", measure == .share ? "" : measure.rawValue),
        ].filter { !$0.1.isEmpty }
    }
}

/// Days of a calendar, in no time zone: each is its midnight as if it were in UTC.
package enum TrendCalendar {
    /// Weeks begin on Monday (ISO 8601).
    static let calendar = {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = .gmt
        return calendar
    }()

    /// The day that it is at a moment in a zone.
    static func day(_ moment: Date, in zone: TimeZone) -> Date {
        var local = Calendar(identifier: .gregorian)
        local.timeZone = zone
        let parts = local.dateComponents([.year, .month, .day], from: moment)
        return calendar.date(from: parts) ?? moment
    }

    /// `2026-11-24`
    package static func text(_ day: Date) -> String {
        let parts = calendar.dateComponents([.year, .month, .day], from: day)
        func two(_ number: Int?) -> String { (number ?? 0) < 10 ? "0\(number ?? 0)" : "\(number ?? 0)" }
        let year = "\(parts.year ?? 0)"
        return String(repeating: "0", count: max(0, 4 - year.count)) + "\(year)-\(two(parts.month))-\(two(parts.day))"
    }

    /// A day from its text.
    static func day(_ text: String) -> Date? { try? Date("\(text)T00:00:00Z", strategy: .iso8601) }

    static func adding(_ days: Int, to day: Date) -> Date {
        calendar.date(byAdding: .day, value: days, to: day) ?? day
    }

    static func adding(months: Int, to day: Date) -> Date {
        calendar.date(byAdding: .month, value: months, to: day) ?? day
    }

    static func start(of step: TrendQuery.Step, around day: Date) -> Date {
        calendar.dateInterval(of: component(step), for: day)?.start ?? day
    }

    static func end(of step: TrendQuery.Step, from start: Date) -> Date {
        calendar.date(byAdding: component(step), value: 1, to: start) ?? start
    }

    private static func component(_ step: TrendQuery.Step) -> Calendar.Component {
        switch step {
        case .day: .day
        case .week: .weekOfYear
        case .month: .month
        case .year: .year
        }
    }
}

/// Days from one to another.
package struct TrendSpan: Sendable, Equatable {
    package let first: Date
    /// The first day behind it.
    package let end: Date

    package init(first: Date, end: Date) {
        self.first = first
        self.end = end
    }

    package var last: Date { TrendCalendar.adding(-1, to: end) }
}

/// The bars of a trend: which days each of them stands for.
package struct TrendPlan: Sendable, Equatable {
    package let step: TrendQuery.Step
    /// Whether another step was asked for, of which there would be too many bars.
    package let isCoarser: Bool
    /// Without a gap, to today; the first and the last may be shorter than the step.
    package let bars: [TrendSpan]
    /// The time of the same length before them; nil for one without a beginning.
    package let before: TrendSpan?

    /// A bar for each week of a year; beside another chart, for each day of a month. More are neither read nor loaded quickly.
    package static let mostBars = 53
    package static let mostBarsOfTwo = 31

    /// - Parameters:
    ///   - earliest: the first day of which there is something, for a period without a beginning.
    init(_ query: TrendQuery, today: Date, earliest: Date?) {
        let first: Date
        switch query.period {
        case .days30: first = TrendCalendar.adding(-29, to: today)
        case .days90: first = TrendCalendar.adding(-89, to: today)
        case .months12:
            first = TrendCalendar.adding(months: -11, to: TrendCalendar.start(of: .month, around: today))
        case .all: first = min(earliest ?? today, today)
        }
        before =
            switch query.period {
            case .days30: TrendSpan(first: TrendCalendar.adding(-30, to: first), end: first)
            case .days90: TrendSpan(first: TrendCalendar.adding(-90, to: first), end: first)
            case .months12: TrendSpan(first: TrendCalendar.adding(months: -12, to: first), end: first)
            case .all: nil
            }
        let end = TrendCalendar.adding(1, to: today)
        let most = query.compared == nil ? Self.mostBars : Self.mostBarsOfTwo
        var step = query.step ?? Self.fitting(query.period, first: first, end: end)
        // A span of years always fits better than it did; the last step is taken as it is.
        while Self.bars(from: first, to: end, step, limit: most + 1).count > most, let longer = step.longer {
            step = longer
        }
        self.step = step
        isCoarser = query.step.map { $0 != step } ?? false
        bars = Self.bars(from: first, to: end, step, limit: .max)
    }

    private static func fitting(_ period: TrendQuery.Period, first: Date, end: Date) -> TrendQuery.Step {
        switch period {
        case .days30: .day
        case .days90: .week
        case .months12: .month
        case .all:
            switch end.timeIntervalSince(first) / 86_400 {
            case ...31: .day
            case ...182: .week
            default: .month
            }
        }
    }

    private static func bars(
        from first: Date, to end: Date, _ step: TrendQuery.Step, limit: Int
    ) -> [TrendSpan] {
        var bars: [TrendSpan] = []
        var start = first
        while start < end, bars.count < limit {
            let next = TrendCalendar.end(of: step, from: TrendCalendar.start(of: step, around: start))
            bars.append(TrendSpan(first: start, end: min(next, end)))
            start = next
        }
        return bars
    }
}

extension TrendQuery.Step {
    var longer: Self? {
        switch self {
        case .day: .week
        case .week: .month
        case .month: .year
        case .year: nil
        }
    }
}

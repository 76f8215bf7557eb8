import Analyses
import Foundation
import Reports

/// Trends in plain words.
enum TrendWords {
    /// "all photos", "lake"
    static func topic(_ topic: TrendTopic) -> String { topic.name ?? "all photos" }

    static func period(_ period: TrendQuery.Period) -> String {
        switch period {
        case .days30: "30 days"
        case .days90: "90 days"
        case .months12: "12 months"
        case .all: "All"
        }
    }

    private static func before(_ period: TrendQuery.Period) -> String { "the \(Self.period(period)) before" }

    /// The look that the sentences are about: the one that was chosen, or else what most faces appear as; nil without faces.
    static func look(_ trend: Trend) -> String? {
        if let look = trend.query.look { return look }
        let total = trend.series.lazy.map(\.total).first { $0.faces > 0 }
        return total.map { $0.commonest ?? LookCounts.unsure }
    }

    /// "Happy in 43 % of 118 faces, 8 points more than in the 90 days before.", or that there are too few to say so.
    static func summary(_ series: TrendSeries, _ trend: Trend) -> String {
        let total = series.total
        guard let look = look(trend), total.faces > 0 else { return "No faces in this time." }
        let known = ShareInterval(total[look], of: total.faces)
        guard !known.isTooWide else { return few(total, look, known) }
        let start = "\(name(look)) in \(share(total, look))"
        guard let before = series.before else { return start + "." }
        let earlier = ShareInterval(before[look], of: before.faces)
        let span = Self.before(trend.query.period)
        guard before.faces > 0 else { return start + ". There is nothing to compare with: no faces in \(span)." }
        guard !earlier.isTooWide else {
            let few = "only \(Words.count(before.faces, "face")) in \(span)"
            return start + ". There is too little to compare with: \(few)."
        }
        return start + ", \(difference(known, earlier)) in \(span)\(chance(known, earlier))."
    }

    /// "Lake: happy in 30 % of 60 faces, 13 points less than in all photos."; nil unless both have faces enough.
    static func comparison(_ trend: Trend) -> String? {
        guard trend.series.count == 2, let look = look(trend) else { return nil }
        let (one, other) = (trend.series[0], trend.series[1])
        let (first, second) = (one.total, other.total)
        let (a, b) = (ShareInterval(first[look], of: first.faces), ShareInterval(second[look], of: second.faces))
        guard first.faces > 0, second.faces > 0 else { return nil }
        let names = (topic(one.topic), topic(other.topic))
        guard !a.isTooWide, !b.isTooWide else {
            return "There are too few faces to compare \(names.0) with \(names.1)."
        }
        return "\(name(look)) in \(share(first, look)) of \(names.0), \(difference(a, b)) in \(names.1)\(chance(a, b))."
    }

    private static func share(_ counts: TrendCounts, _ look: String) -> String {
        "\(Words.percent(Double(counts[look]) / Double(counts.faces))) of \(Words.count(counts.faces, "face"))"
    }

    private static func few(_ counts: TrendCounts, _ look: String, _ known: ShareInterval) -> String {
        let (low, high) = (Words.percent(known.low), Words.percent(known.high))
        return
            "\(name(look)) in \(Words.grouped(counts[look])) of \(Words.count(counts.faces, "face")): too few to say more. "
            + "By chance alone it could have been anything from \(low) to \(high)."
    }

    private static func difference(_ one: ShareInterval, _ other: ShareInterval) -> String {
        let points = Int(((one.share - other.share) * 100).rounded())
        return points == 0
            ? "as" : "\(Words.count(abs(points), "point")) \(points > 0 ? "more" : "less") than"
    }

    private static func chance(_ one: ShareInterval, _ other: ShareInterval) -> String {
        let points = ((one.share - other.share) * 100).rounded()
        return points != 0 && one.mayEqual(other) ? ", which may be chance" : ""
    }

    /// "Happy", "Not sure"
    static func name(_ look: String) -> String {
        let word = LookCounts.word(look)
        return word.prefix(1).uppercased() + word.dropFirst()
    }

    /// By which day photos count.
    static func dates(_ series: TrendSeries) -> String? {
        let total = series.total
        guard total.photos > 0 else { return nil }
        let sent = total.photos - total.photosByDateTaken
        var words =
            switch (total.photosByDateTaken, sent) {
            case (let taken, 0): "\(photos(taken, "counts", "count")) by the day on which they were taken."
            case (0, let sent):
                "\(photos(sent, "counts", "count")) by the day of sending: nobody said when they were taken."
            case (let taken, let sent):
                "\(photos(taken, "counts", "count")) by the day on which they were taken, \(Words.grouped(sent)) by the day of sending."
            }
        if series.photosLater > 0 {
            words +=
                " \(photos(series.photosLater, "has", "have")) a date after today and \(series.photosLater == 1 ? "is" : "are") left out."
        }
        return words
    }

    private static func photos(_ count: Int, _ one: String, _ many: String) -> String {
        "\(Words.count(count, "photo")) \(count == 1 ? one : many)"
    }

    /// "24 November 2026", "23 to 29 November 2026", "November 2026", "2026"
    static func span(_ span: TrendSpan, _ step: TrendQuery.Step) -> String {
        let (first, last) = (parts(span.first), parts(span.last))
        let months = Words.months
        switch step {
        case .day: return "\(first.day) \(months[first.month - 1]) \(first.year)"
        case .month where first.day == 1: return "\(months[first.month - 1]) \(first.year)"
        case .year where first.day == 1 && first.month == 1: return "\(first.year)"
        default: break
        }
        let end = "\(last.day) \(months[last.month - 1]) \(last.year)"
        if span.first == span.last { return end }
        if first.year != last.year { return "\(first.day) \(months[first.month - 1]) \(first.year) to \(end)" }
        return first.month == last.month
            ? "\(first.day) to \(end)" : "\(first.day) \(months[first.month - 1]) to \(end)"
    }

    /// Below a bar: "24 Nov", "Nov", "2026".
    static func label(_ span: TrendSpan, _ step: TrendQuery.Step) -> String {
        let first = parts(span.first)
        let month = String(Words.months[first.month - 1].prefix(3))
        switch step {
        case .day, .week: return "\(first.day) \(month)"
        case .month: return month
        case .year: return "\(first.year)"
        }
    }

    private static func parts(_ day: Date) -> (year: Int, month: Int, day: Int) {
        let numbers = TrendCalendar.text(day).split(separator: "-").compactMap { Int($0) }
        return numbers.count == 3 ? (numbers[0], numbers[1], numbers[2]) : (0, 1, 1)
    }
}

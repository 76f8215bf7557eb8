import Analyses
import Foundation
import Reports

/// How long something stays in the bin.
struct BinTerms: Sendable {
    let binDays: Int
    let retentionDays: Int

    /// "Gone in 27 days": whatever ends first, the bin's days or the time for which it would have been kept.
    func words(_ analysis: Analysis, now: Date) -> String {
        var ends: [Date] = []
        func end(_ start: Date?, _ days: Int) {
            if let start { ends.append(start.addingTimeInterval(Double(days) * 86_400)) }
        }
        end(analysis.binnedAt, binDays)
        if retentionDays > 0 { end(analysis.finishedAt, retentionDays) }
        if let days = analysis.deleteAfterDays { end(analysis.finishedAt, days) }
        let days = Int(((ends.min() ?? now).timeIntervalSince(now) / 86_400).rounded(.up))
        return days <= 1 ? "Gone within a day" : "Gone in \(Words.count(days, "day"))"
    }
}

/// What a person has deleted and can put back, a page at a time.
struct BinModel: Sendable {
    struct Item: Sendable {
        let id: String
        let title: String
        /// Nil where there was no result.
        let thumbnail: String?
        /// As ``CardModel/focus``.
        let focus: String?
        let state: String
        let deleted: Moment
        /// "Gone in 27 days"
        let left: String
    }

    let site: Site
    let items: [Item]
    let hasItems: Bool
    /// "12 photos, 34 MB"
    let figures: String
    /// "30 days"; nil where nothing is kept.
    let binTime: String?
    let next: String?
    let isLater: Bool
    let here: String
    let notice: String?

    init(
        site: Site, page: HistorySlice, cursor: ListCursor? = nil, figures: BinFigures, terms: BinTerms,
        notice: String? = nil, now: Date = Date()
    ) {
        self.site = site
        items = page.items.map { analysis in
            let card = CardModel(analysis, now: now)
            return Item(
                id: card.id, title: card.title,
                thumbnail: card.thumbnail.map { _ in "/history/bin/\(card.id)/thumbnail.jpg" }, focus: card.focus,
                state: card.state, deleted: Moment(analysis.binnedAt ?? now, now: now),
                left: terms.words(analysis, now: now))
        }
        hasItems = !items.isEmpty
        self.figures = "\(Words.count(figures.photos, "photo")), \(Words.bytes(figures.bytes))"
        binTime = Words.retention(days: terms.binDays)
        func address(_ cursor: ListCursor?) -> String { "/history/bin" + (cursor.map { "?before=\($0.text)" } ?? "") }
        next = page.next.map(address)
        isLater = cursor != nil
        here = address(cursor)
        self.notice = notice
    }
}

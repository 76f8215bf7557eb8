import Analyses
import Foundation
import Reports

/// All analyses of a person that the filter finds, in its order, a page at a time.
struct HistoryModel: Sendable {
    /// A look that the list can be narrowed to, or everything.
    struct Chip: Sendable {
        /// Its class, for the colour; nil where it is none.
        let look: String?
        /// "Happy 9"
        let label: String
        let address: String
        let isChosen: Bool
    }

    /// A search that the person has kept.
    struct Search: Sendable {
        let id: String
        let name: String
        let address: String
        let isChosen: Bool
    }

    let site: Site
    let items: [CardModel]
    let hasItems: Bool
    /// "oldest" where the first card is the one that was sent first: the page's script waits for that one.
    let listOrder: String
    /// The next page's address; nil on the last one.
    let next: String?
    /// "37 found", or "37 analyses" where nothing is filtered; nil where there is nothing.
    let found: String?
    /// Tags of the newest analyses, to choose from while one is written.
    let suggestions: [String]
    /// Whether no day lies between the two that were asked for.
    let isBackwards: Bool
    /// Whether this is not the first page.
    let isLater: Bool
    /// What the next page has, and what the first: "Older", "Newest".
    let nextWord: String
    let firstWord: String
    let isFiltered: Bool
    /// Whether something beside the text and the look, which are always seen, narrows it, so that its fields are to be seen.
    let isNarrowed: Bool
    let text: String
    let tag: String
    let subject: String
    let from: String
    let until: String
    /// The look that is asked for, which the form's other fields keep.
    let chosenLook: String?
    let chips: [Chip]
    let hasChips: Bool
    let searches: [Search]
    let hasSearches: Bool
    /// The kept search that this is, if it is one.
    let chosenSearch: Search?
    /// Whether this is a search that can be kept.
    let canKeep: Bool
    let longestName: Int
    let states: [Choice]
    let dates: [Choice]
    let orders: [Choice]
    /// The filter, for what is to be done to all that it finds.
    let query: String
    /// How many those are, where they are more than this page and no more than are taken at once.
    let allFound: String?
    /// The first page with the same filter.
    let first: String
    /// Everything that the filter finds as a table.
    let table: String
    /// How the photos with the chosen tag or subject appear over time; nil without one.
    let trend: String?
    /// To come back to after something was done to the chosen ones.
    let here: String
    /// "3 photos deleted."
    let notice: String?
    /// By which that is undone; nil where it cannot be.
    let undo: String?
    /// "30 days", for which what is deleted can be put back; nil where it is gone at once.
    let binTime: String?

    init(
        site: Site, page: HistorySlice, filter: HistoryFilter = HistoryFilter(), cursor: ListCursor? = nil,
        count: HistoryCount = HistoryCount(found: 0, byLook: [:]), suggestions: [String] = [],
        searches: [SavedSearch] = [], notice: String? = nil, undo: BinAct? = nil, binDays: Int = 30, now: Date = Date()
    ) {
        self.site = site
        items = page.items.map {
            CardModel($0, isSelectable: true, byTaken: filter.order == .taken, now: now)
        }
        hasItems = !page.items.isEmpty
        listOrder = filter.order.rawValue
        next = page.next.map { Self.address("/analyses", filter, before: $0) }
        isLater = cursor != nil
        isFiltered = !filter.isEmpty
        found = Self.found(count.found, isFiltered: !filter.isEmpty)
        self.suggestions = suggestions
        isBackwards = if let from = filter.from, let until = filter.until { until < from } else { false }
        var others = filter
        others.text = ""
        others.emotion = nil
        isNarrowed = !others.fields.isEmpty
        (nextWord, firstWord) =
            switch filter.order {
            case .newest: ("Older", "Newest")
            case .oldest: ("Newer", "Oldest")
            case .taken: ("Earlier", "Latest")
            }
        text = filter.text
        tag = filter.tag ?? ""
        subject = filter.subject ?? ""
        from = filter.from ?? ""
        until = filter.until ?? ""
        chosenLook = filter.emotion
        chips = Self.chips(filter, count.byLook)
        hasChips = chips.count > 1
        let query = Self.query(filter)
        self.searches = searches.map {
            Search(
                id: $0.id.lower, name: $0.name, address: "/analyses?\($0.query)", isChosen: $0.query == query)
        }
        hasSearches = !searches.isEmpty
        chosenSearch = self.searches.first(where: \.isChosen)
        canKeep = !filter.isEmpty && chosenSearch == nil
        longestName = SavedSearch.longestName
        self.query = query
        states = HistoryFilter.State.allCases.map {
            Choice(value: $0.rawValue, label: $0.rawValue.capitalized, isChosen: filter.state == $0)
        }
        dates = HistoryFilter.Dates.allCases.map {
            Choice(
                value: $0 == .sent ? "" : $0.rawValue, label: $0 == .sent ? "of sending" : "of taking, where known",
                isChosen: filter.dates == $0)
        }
        trend = Self.trend(filter)
        orders = HistoryFilter.Order.allCases.map {
            Choice(value: $0.rawValue, label: Self.label(order: $0), isChosen: filter.order == $0)
        }
        let isMore = count.found > page.items.count && count.found <= ReportRoutes.maxSelected
        allFound = isMore ? "\(count.found)" : nil
        first = Self.address("/analyses", filter)
        table = Self.address("/analyses.csv", filter)
        here = Self.address("/analyses", filter, before: cursor)
        self.notice = notice
        self.undo = undo?.text
        binTime = Words.retention(days: binDays)
    }

    private static func trend(_ filter: HistoryFilter) -> String? {
        let topic = filter.tag.map(TrendTopic.tag) ?? filter.subject.map(TrendTopic.subject)
        guard let topic else { return nil }
        var query = TrendQuery()
        query.topic = topic
        return TrendsModel.address("/trends", query)
    }

    private static func label(order: HistoryFilter.Order) -> String {
        switch order {
        case .newest: "Newest first"
        case .oldest: "Oldest first"
        case .taken: "By date taken"
        }
    }

    /// Those that there are; all of them, without their numbers, where there are too many to count.
    private static func chips(_ filter: HistoryFilter, _ counts: [String: Int]?) -> [Chip] {
        func chip(_ emotion: String?, _ label: String) -> Chip {
            var narrowed = filter
            narrowed.emotion = emotion
            return Chip(
                look: emotion == "none" ? nil : emotion, label: label, address: address("/analyses", narrowed),
                isChosen: filter.emotion == emotion)
        }
        let looks = HistoryFilter.emotions.filter { counts == nil || (counts?[$0] ?? 0) > 0 || filter.emotion == $0 }
        return [chip(nil, "Any look")]
            + looks.map { look in
                let count = counts.map { " \(Words.grouped($0[look] ?? 0))" } ?? ""
                return chip(look, label(emotion: look) + count)
            }
    }

    private static func found(_ count: Int, isFiltered: Bool) -> String? {
        guard count > 0 else { return nil }
        let isMore = count > HistoryCount.largest
        let many = "\(isMore ? "More than " : "")\(Words.grouped(min(count, HistoryCount.largest)))"
        return isFiltered ? "\(many) found" : "\(many) \(count == 1 ? "analysis" : "analyses")"
    }

    private static func label(emotion: String) -> String {
        switch emotion {
        case "none": "No face"
        case "unsure": "Not sure"
        default: EmotionWords.label(emotion)
        }
    }

    /// An address with the filter, and behind the cursor.
    static func address(_ path: String, _ filter: HistoryFilter, before cursor: ListCursor? = nil) -> String {
        let query = query(filter, before: cursor)
        return query.isEmpty ? path : "\(path)?\(query)"
    }

    /// The filter as an address's query, always in the same order.
    static func query(_ filter: HistoryFilter, before cursor: ListCursor? = nil) -> String {
        (filter.fields + (cursor.map { [("before", $0.text)] } ?? []))
            .map { "\($0.0)=\($0.1.addingPercentEncoding())" }.joined(separator: "&")
    }
}

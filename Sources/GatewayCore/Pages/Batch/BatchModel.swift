import Analyses
import Contracts
import Foundation
import Reports
import Sharing

/// Photos that were sent together, a page at a time: each with its state, and what all of them show.
struct BatchModel: Sendable {
    /// The photos of one state, or all, as a choice.
    struct Chip: Sendable {
        /// "Could not be analysed 3"
        let label: String
        let address: String
        let isChosen: Bool
    }

    let site: Site
    let address: String
    let title: String
    let created: Moment
    let items: [CardModel]
    let hasItems: Bool
    /// Whether nothing is left of the batch.
    let isEmpty: Bool
    /// "3 of 5 done, 1 could not be analysed, 1 cancelled"
    let progress: String
    let isOpen: Bool
    /// For the progress line's length.
    let done: String
    let chart: EmotionChart?
    /// By state; none where all photos stand alike.
    let chips: [Chip]
    let hasChips: Bool
    /// Nil where one page shows all.
    let pages: BatchPages?
    /// "Try the failed ones again"; nil when every one that ended has a result.
    let retry: String?
    let hasFinished: Bool
    /// "3 analyses cancelled."
    let notice: String?
    /// "Delete 17 photos?"
    let question: String
    /// "30 days", for which they can be put back; nil where they are gone at once.
    let binTime: String?

    /// The page with the part in which they are shared; nil where the site shares nothing.
    let shareAddress: String?
    /// "Shared by 2 links"; nil while none works.
    let shared: String?
    /// The part in which they are shared, where it was asked for.
    let sharing: SharingModel?
    /// Where a page that answers the form of that part is loaded from.
    let again: String?

    /// - Parameter page: from 1, of the part that is asked for.
    init(
        site: Site, slice: BatchSlice, part: BatchPart? = nil, page: Int = 1, notice: String? = nil,
        canShare: Bool = false, links: Int = 0, sharing: SharingModel? = nil, binDays: Int = 30, now: Date = Date()
    ) {
        let batch = slice.batch
        let address = "/batches/\(batch.id.lower)"
        self.site = site
        self.address = address
        title = batch.title.isEmpty ? Words.count(batch.count, "photo") : batch.title
        created = Moment(batch.createdAt, now: now)
        // They share their title: the file tells them apart.
        items = slice.items.map { CardModel($0, title: $0.fileName, now: now) }
        hasItems = !items.isEmpty
        isEmpty = batch.count == 0
        isOpen = batch.open > 0
        let state = BatchProgress(batch)
        (progress, done) = (state.words, state.done)
        let looks = LookCounts(slice.looks)
        chart = looks.total == 0 ? nil : EmotionChart(looks)
        chips = Self.chips(batch, part: part, address)
        hasChips = !chips.isEmpty
        let found = part.map(batch.count(of:)) ?? batch.count
        pages = BatchPages(page, shown: items.count, of: found) { Self.address(address, part, page: $0) }
        let kinds = [(batch.failed - batch.failedForGood, "failed"), (batch.cancelled, "cancelled")].filter { $0.0 > 0 }
            .map(\.1)
        retry = kinds.isEmpty ? nil : "Try the \(kinds.joined(separator: " and ")) ones again"
        hasFinished = batch.finished > 0
        self.notice = notice
        question = batch.count == 0 ? "Delete this batch?" : "Delete \(Words.count(batch.count, "photo"))?"
        binTime = Words.retention(days: binDays)
        shareAddress = canShare ? SharingModel.page(of: .batch(batch.id)) : nil
        shared = SharingModel.words(links: links)
        self.sharing = sharing
        again = sharing == nil ? nil : address
    }

    private static func chips(_ batch: BatchSummary, part: BatchPart?, _ address: String) -> [Chip] {
        let parts = BatchPart.allCases.filter { batch.count(of: $0) > 0 || $0 == part }
        guard parts.count > 1 || part != nil else { return [] }
        return [Chip(label: "All \(Words.grouped(batch.count))", address: address, isChosen: part == nil)]
            + parts.map {
                Chip(
                    label: "\(word($0)) \(Words.grouped(batch.count(of: $0)))",
                    address: Self.address(address, $0, page: 1),
                    isChosen: $0 == part)
            }
    }

    private static func word(_ part: BatchPart) -> String {
        switch part {
        case .open: "Waiting"
        case .finished: "Analysed"
        case .failed: "Could not be analysed"
        case .cancelled: "Cancelled"
        }
    }

    private static func address(_ batch: String, _ part: BatchPart?, page: Int) -> String {
        let fields = [part.map { "show=\($0.rawValue)" }, page > 1 ? "page=\(page)" : nil].compactMap(\.self)
        return fields.isEmpty ? batch : batch + "?" + fields.joined(separator: "&")
    }
}

/// Where a page stands among those of a batch.
struct BatchPages: Sendable {
    /// "49 to 96 of 200"
    let range: String
    /// The pages before and after this one; nil where there is none.
    let previous: String?
    let next: String?

    /// Photos on one page: rows of two, three and four are full.
    static let length = 48

    /// - Parameters:
    ///   - page: from 1.
    ///   - shown: how many photos it shows.
    ///   - address: of the page with a number.
    init?(_ page: Int, shown: Int, of count: Int, address: (Int) -> String) {
        guard count > Self.length, shown > 0 else { return nil }
        let first = Self.skipped(before: page)
        range = "\(Words.grouped(first + 1)) to \(Words.grouped(first + shown)) of \(Words.grouped(count))"
        previous = page > 1 ? address(page - 1) : nil
        next = first + Self.length < count ? address(page + 1) : nil
    }

    /// How many photos stand on the pages before.
    static func skipped(before page: Int) -> Int { (page - 1) * length }

    /// The page on which the photo with a place, from 0, stands.
    static func page(ofPlace place: Int) -> Int { place / length + 1 }

    /// The page that an address names, the first where it names none; nil for one that cannot be.
    static func asked(by text: String?) -> Int? {
        guard let text else { return 1 }
        return Int(text).flatMap { (1...Batch.limit).contains($0) ? $0 : nil }
    }
}

/// How far photos are that were sent together.
struct BatchProgress: Sendable {
    /// "3 of 5 done, 1 could not be analysed, 1 cancelled"
    let words: String
    /// "40%", for the progress line's length.
    let done: String

    init(_ batch: BatchSummary) {
        let count = batch.finished + batch.failed
        words =
            (count < batch.count
                ? "\(Words.grouped(count)) of \(Words.grouped(batch.count)) done"
                : "All \(Words.count(batch.count, "photo")) done")
            + (batch.failed == 0 ? "" : ", \(batch.failed) could not be analysed")
            + (batch.cancelled == 0 ? "" : ", \(batch.cancelled) cancelled")
        done = "\(batch.count == 0 ? 0 : 100 * (batch.count - batch.open) / batch.count)%"
    }
}

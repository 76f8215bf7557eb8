import Analyses
import Contracts
import Foundation
import Reports
import Sharing

/// Photos that were sent together: each with its state, and what they show together.
struct BatchModel: Sendable {
    let site: Site
    let address: String
    let title: String
    let created: Moment
    let items: [CardModel]
    let hasItems: Bool
    /// "3 of 5 done, 1 could not be analysed, 1 cancelled"
    let progress: String
    let isOpen: Bool
    /// For the progress line's length.
    let done: String
    let chart: EmotionChart?
    /// "Try the failed ones again"; nil when every one that ended has a result.
    let retry: String?
    let hasFinished: Bool
    /// "3 analyses cancelled."
    let notice: String?
    /// The page with the part in which they are shared; nil where the site shares nothing.
    let shareAddress: String?
    /// "Shared by 2 links"; nil while none works.
    let shared: String?
    /// The part in which they are shared, where it was asked for.
    let sharing: SharingModel?

    init(
        site: Site, batch: Batch, notice: String? = nil, canShare: Bool = false, links: Int = 0,
        sharing: SharingModel? = nil, now: Date = Date()
    ) {
        self.site = site
        address = "/batches/\(batch.id.lower)"
        title = batch.title.isEmpty ? Words.count(batch.analyses.count, "photo") : batch.title
        created = Moment(batch.createdAt, now: now)
        // They share their title: the file tells them apart.
        items = batch.analyses.map { CardModel($0, title: $0.fileName, now: now) }
        hasItems = !items.isEmpty
        let state = BatchProgress(batch.analyses)
        (isOpen, progress, done) = (state.isOpen, state.words, state.done)
        let looks = batch.analyses.flatMap(\.looks)
        chart = looks.isEmpty ? nil : EmotionChart(looks)
        let kinds = [(state.failed, "failed"), (state.cancelled, "cancelled")].filter { $0.0 > 0 }.map(\.1)
        retry = kinds.isEmpty ? nil : "Try the \(kinds.joined(separator: " and ")) ones again"
        self.notice = notice
        hasFinished = batch.analyses.contains { $0.status == .finished }
        shareAddress = canShare ? SharingModel.page(of: .batch(batch.id)) : nil
        shared = SharingModel.words(links: links)
        self.sharing = sharing
    }
}

/// How far photos are that were sent together.
struct BatchProgress: Sendable {
    let failed: Int
    let cancelled: Int
    let isOpen: Bool
    /// "3 of 5 done, 1 could not be analysed, 1 cancelled"
    let words: String
    /// "40%", for the progress line's length.
    let done: String

    init(_ analyses: [Analysis]) {
        let ended = analyses.count { $0.status.isTerminal }
        failed = analyses.count { $0.status == .failed }
        cancelled = analyses.count { $0.status == .cancelled }
        isOpen = ended < analyses.count
        let count = ended - cancelled
        words =
            (count < analyses.count
                ? "\(count) of \(analyses.count) done" : "All \(Words.count(analyses.count, "photo")) done")
            + (failed == 0 ? "" : ", \(failed) could not be analysed")
            + (cancelled == 0 ? "" : ", \(cancelled) cancelled")
        done = "\(analyses.isEmpty ? 0 : 100 * ended / analyses.count)%"
    }
}

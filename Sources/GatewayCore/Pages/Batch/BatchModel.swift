import Analyses
import Contracts
import Foundation
import Reports

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
    /// "Delete 17 photos?"
    let question: String
    /// "30 days", for which they can be put back; nil where they are gone at once.
    let binTime: String?

    init(site: Site, batch: Batch, notice: String? = nil, binDays: Int = 30, now: Date = Date()) {
        self.site = site
        address = "/batches/\(batch.id.lower)"
        title = batch.title.isEmpty ? Words.count(batch.analyses.count, "photo") : batch.title
        created = Moment(batch.createdAt, now: now)
        // They share their title: the file tells them apart.
        items = batch.analyses.map { CardModel($0, byFile: true, now: now) }
        hasItems = !items.isEmpty
        let ended = batch.analyses.count { $0.status.isTerminal }
        let failed = batch.analyses.count { $0.status == .failed }
        let cancelled = batch.analyses.count { $0.status == .cancelled }
        isOpen = ended < items.count
        let done = ended - cancelled
        progress =
            (done < items.count ? "\(done) of \(items.count) done" : "All \(Words.count(items.count, "photo")) done")
            + (failed == 0 ? "" : ", \(failed) could not be analysed")
            + (cancelled == 0 ? "" : ", \(cancelled) cancelled")
        self.done = "\(items.isEmpty ? 0 : 100 * ended / items.count)%"
        let looks = batch.analyses.flatMap(\.looks)
        chart = looks.isEmpty ? nil : EmotionChart(looks)
        let kinds = [(failed, "failed"), (cancelled, "cancelled")].filter { $0.0 > 0 }.map(\.1)
        retry = kinds.isEmpty ? nil : "Try the \(kinds.joined(separator: " and ")) ones again"
        self.notice = notice
        question = items.isEmpty ? "Delete this batch?" : "Delete \(Words.count(items.count, "photo"))?"
        binTime = Words.retention(days: binDays)
        hasFinished = batch.analyses.contains { $0.status == .finished }
    }
}

import Analyses
import Foundation
import Reports
import Sharing

/// One analysis: while it waits, when it is done, and when it failed. Exactly one of the three parts is there.
struct ResultModel: Sendable {
    let site: Site
    let address: String
    let jsonAddress: String
    let status: String
    let title: String
    let submitted: Moment
    let waiting: Waiting?
    let finished: FinishedModel?
    let failure: Failure?
    let details: [AnalysisWords.Detail]
    let notes: String?
    let tags: [TagModel]
    let hasTags: Bool
    /// The batch's page, for a photo that was not sent alone.
    let batch: String?
    let editing: EditModel
    /// The way to the photos before and after it; nil where there is no other.
    let steps: Steps?
    /// What a button did not do, such as cancelling what had ended.
    let notice: String?
    /// "30 days", for which it can be put back when it is deleted; nil where it is gone at once.
    let binTime: String?
    /// The page with the part in which it is shared; nil where there is nothing to share, or the site shares nothing.
    let shareAddress: String?
    /// "Shared by 2 links"; nil while none works.
    let shared: String?
    /// The part in which it is shared, where it was asked for.
    let sharing: SharingModel?

    /// ‹ 3 of 17 ›
    struct Steps: Sendable {
        /// Addresses; nil at the ends.
        let newer: String?
        let older: String?
        /// "3 of 17", or less where counting would take long.
        let place: String

        init?(_ place: HistoryPlace) {
            guard place.newer != nil || place.older != nil else { return nil }
            newer = place.newer.map { "/analyses/\($0.lower)" }
            older = place.older.map { "/analyses/\($0.lower)" }
            let position = Words.grouped(place.newerCount + 1)
            switch (place.newerCount < HistoryPlace.limit, place.olderCount < HistoryPlace.limit) {
            case (true, true): self.place = "\(position) of \(Words.grouped(place.newerCount + 1 + place.olderCount))"
            case (true, false): self.place = position
            case (false, _): self.place = "\(Words.grouped(HistoryPlace.limit))+"
            }
        }
    }

    /// Queued or in work.
    struct Waiting: Sendable {
        let heading: String
        /// "3rd in the queue, about 4 seconds"; nil once a worker has it.
        let place: String?
        /// Seconds from one place to the next, and how many photos go first besides; for the script, which learns of later
        /// places. Empty where it cannot be told.
        let secondsEach: String
        let ahead: Int
        let isProcessing: Bool
        /// The photo as it was sent: there is no other picture of it yet.
        let photo: String
        /// "usually done in 2 seconds"; nil where nothing is known of it, or a queue makes it untrue.
        let usual: String?
        /// Whether nobody works on it, or will soon.
        let isUnattended: Bool
        /// Since when this try waits.
        let since: Moment
    }

    /// Ended without a result.
    struct Failure: Sendable {
        let heading: String
        let message: String
        let code: String
        /// What to do about it.
        let advice: String
        /// Whether trying the same file again may help; otherwise it is offered, but not first.
        let canHelp: Bool
        /// The try that failed: "try again" begins the one after it, however often it is pressed.
        let generation: Int
        let attempts: Int
    }

    init(
        site: Site, analysis: Analysis, place: Int?, neighbours: HistoryPlace? = nil, editing: EditModel? = nil,
        form: FaceForm? = nil, queue: QueueFigures? = nil, notice: String? = nil,
        canShare: Bool = false, links: Int = 0, sharing: SharingModel? = nil, binDays: Int = 30, now: Date = Date()
    ) {
        self.site = site
        address = "/analyses/\(analysis.id.uuidString.lowercased())"
        jsonAddress = address + ".json"
        status = analysis.status.rawValue
        title = AnalysisWords.title(of: analysis)
        submitted = Moment(analysis.submittedAt, now: now)
        waiting =
            analysis.status.isTerminal
            ? nil : Self.waiting(analysis, address, place, queue ?? QueueFigures(), now)
        finished =
            analysis.status == .finished
            ? FinishedModel(
                analysis, address: address, form: form,
                isElsewhere: form?.problem != nil || editing?.hasProblems == true || sharing?.isElsewhere == true)
            : nil
        failure = Self.failure(analysis)
        details = AnalysisWords.details(analysis)
        notes = analysis.notes.isEmpty ? nil : analysis.notes
        tags = analysis.tags.map(TagModel.init)
        hasTags = !analysis.tags.isEmpty
        batch = analysis.batchID.map { "/batches/\($0.lower)" }
        self.editing = editing ?? EditModel(analysis.information)
        steps = neighbours.flatMap(Steps.init)
        self.notice = notice
        binTime = Words.retention(days: binDays)
        // Links that work can be ended, whatever became of the photo.
        let hasResult = ![.failed, .cancelled].contains(analysis.status)
        shareAddress = canShare && hasResult || links > 0 ? SharingModel.page(of: .analysis(analysis.id)) : nil
        shared = SharingModel.words(links: links)
        self.sharing = sharing
    }

    private static func waiting(
        _ analysis: Analysis, _ address: String, _ place: Int?, _ queue: QueueFigures, _ now: Date
    ) -> Waiting {
        let isProcessing = analysis.status == .processing
        let isUnattended = queue.isUnattended && !isProcessing
        let isNext = (place ?? 1) + queue.ahead <= 1
        return Waiting(
            heading: isProcessing
                ? "Looking at the photo" : isUnattended ? "No worker is running" : "Waiting for a free worker",
            place: isProcessing ? nil : place.map { Self.words(place: $0, isNext ? nil : queue.estimate(place: $0)) },
            secondsEach: queue.secondsEach.map { String(format: "%.3f", $0) } ?? "", ahead: queue.ahead,
            isProcessing: isProcessing, photo: address + "/photo",
            usual: isUnattended || !isNext ? nil : queue.usual, isUnattended: isUnattended,
            since: Moment(analysis.queuedAt ?? analysis.submittedAt, now: now))
    }

    /// "3rd in the queue"; the page's script says the same of later answers.
    private static func words(place: Int, _ estimate: String?) -> String {
        // Further back nobody counts, so nothing can be told of the time either.
        if place > AnalysisStore.maxPlace { return "Behind \(Words.grouped(AnalysisStore.maxPlace)) others or more" }
        let words = place <= 1 ? "Next in the queue" : "\(Words.ordinal(place)) in the queue"
        return words + (estimate.map { ", \($0)" } ?? "")
    }

    private static func failure(_ analysis: Analysis) -> Failure? {
        switch analysis.status {
        case .cancelled:
            Failure(
                heading: "This analysis was cancelled", message: "You stopped it; the photo is kept.",
                code: "cancelled", advice: "Try again to have it analysed.", canHelp: true,
                generation: analysis.generation,
                attempts: analysis.attempts)
        case .failed:
            Failure(
                heading: "This photo could not be analysed",
                message: analysis.errorMessage ?? "The reason was not recorded.",
                code: analysis.errorCode ?? "unknown", advice: FailureWords.advice(analysis.errorCode ?? ""),
                canHelp: analysis.canRetry, generation: analysis.generation,
                attempts: analysis.attempts)
        default: nil
        }
    }
}

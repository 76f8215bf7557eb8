import Analyses
import Foundation
import Reports
import Sharing

/// A result as others see it who were given a link. The analysis is what is shared of it, and no more.
struct SharedModel: Sendable {
    let site: Site
    /// Where the page's script loads it from again.
    let address: String
    let jsonAddress: String
    let status: String
    let title: String
    let until: Moment
    /// The way to the owner's page, for the owner.
    let manage: String?
    /// The way to the photos before and after it; nil for one that was shared by itself.
    let steps: Steps?
    let isWaiting: Bool
    /// Whether it ended without a result.
    let isFailed: Bool
    let finished: FinishedModel?
    /// The photo as it was sent; nil where it is not offered.
    let original: String?
    let details: [AnalysisWords.Detail]
    let tags: [String]
    let hasTags: Bool
    let notes: String?

    /// Where the page stands.
    struct Place: Sendable {
        /// From which it is loaded again.
        let address: String
        var steps: Steps?
    }

    /// ‹ 3 of 17 ›
    struct Steps: Sendable {
        let before: String?
        let after: String?
        /// "3 of 17"
        let place: String
        /// The page of all, and what the link to it says.
        let all: String
        let allWords: String

        init(to id: UUID, among members: [UUID], overview: String, address: (UUID) -> String) {
            let index = members.firstIndex(of: id) ?? 0
            before = index > 0 ? address(members[index - 1]) : nil
            after = index + 1 < members.count ? address(members[index + 1]) : nil
            place = "\(index + 1) of \(max(1, members.count))"
            let page = BatchPages.page(ofPlace: index)
            all = overview + "?again" + (page > 1 ? "&page=\(page)" : "")
            allWords = members.count == 1 ? "The overview" : "All \(Words.count(members.count, "photo"))"
        }
    }

    init(
        site: Site, analysis: Analysis, of opened: SharedPage.Opened, at place: Place, form: FaceForm? = nil,
        now: Date = Date()
    ) {
        self.site = site
        address = place.address
        let files = opened.address(of: analysis.id)
        jsonAddress = files + ".json"
        status = analysis.status.rawValue
        title = Self.title(of: analysis)
        until = Moment(opened.share.expiresAt, now: now)
        manage = opened.isOwner ? SharingModel.page(of: opened.share.subject) : nil
        steps = place.steps
        isWaiting = !analysis.status.isTerminal
        isFailed = analysis.status == .failed || analysis.status == .cancelled
        finished =
            analysis.status == .finished
            ? FinishedModel(analysis, address: files, form: form, isShared: true) : nil
        original = opened.share.givesOriginal && analysis.keepsPhoto ? files + "/photo" : nil
        details = AnalysisWords.details(analysis)
        tags = analysis.tags
        hasTags = !tags.isEmpty
        notes = analysis.notes.isEmpty ? nil : analysis.notes
    }

    static func title(of analysis: Analysis) -> String {
        analysis.title.isEmpty ? "Shared photo" : analysis.title
    }
}

/// Photos that were sent together, as others see them who were given a link; a page at a time.
struct SharedBatchModel: Sendable {
    let site: Site
    let address: String
    let title: String
    let until: Moment
    let manage: String?
    let items: [CardModel]
    let hasItems: Bool
    let progress: String
    let isOpen: Bool
    let done: String
    let chart: EmotionChart?
    /// Nil where one page shows all.
    let pages: BatchPages?
    let json: String

    /// - Parameters:
    ///   - site: the frame, of the title and whether anything is still to come.
    ///   - page: from 1.
    init(
        site: (_ title: String, _ isOpen: Bool) -> Site, slice: BatchSlice, page: Int = 1,
        of opened: SharedPage.Opened, now: Date = Date()
    ) {
        let slice = slice.shared(opened.share.information)
        let batch = slice.batch
        title = batch.title.isEmpty ? "Shared photos" : batch.title
        address = opened.overview(page: page)
        until = Moment(opened.share.expiresAt, now: now)
        manage = opened.isOwner ? SharingModel.page(of: opened.share.subject) : nil
        let first = BatchPages.skipped(before: page) + 1
        items = slice.items.enumerated().map { index, analysis in
            // Most share the batch's title: their number tells them apart.
            let isNamed = !analysis.title.isEmpty && analysis.title != batch.title
            let own = isNamed ? analysis.title : "Photo \(first + index)"
            // A card's tags lead to the history.
            return CardModel(analysis.shared(.title), title: own, in: opened.address, now: now)
        }
        hasItems = !items.isEmpty
        let state = BatchProgress(batch)
        (isOpen, progress, done) = (batch.open > 0, state.words, state.done)
        let looks = LookCounts(slice.looks)
        chart = looks.total == 0 ? nil : EmotionChart(looks)
        pages = BatchPages(page, shown: items.count, of: batch.count, address: opened.overview)
        json = opened.address + SharedPage.allFile
        self.site = site(title, isOpen)
    }
}

/// The page on which a link's password is entered.
struct SharedPasswordModel: Sendable {
    let site: Site
    let address: String
    let problem: String?
}

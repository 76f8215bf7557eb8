import Foundation
import HTTPTypes

/// One analysis in a list: home and history.
struct CardModel: Sendable {
    let address: String
    let title: String
    let submitted: Moment
    /// The re-encoded thumbnail's address; nil until there is one.
    let thumbnail: String?
    let isOpen: Bool
    let isFailed: Bool
    /// "Waiting", "Being analysed", "2 faces, mostly happy", "No face found", "Failed"
    let state: String
    /// The class of the largest face, for its colour; nil without one.
    let emotion: String?
    let jsonAddress: String

    init(_ analysis: Analysis, now: Date = Date()) {
        address = "/analyses/\(analysis.id.uuidString.lowercased())"
        jsonAddress = address + ".json"
        title = Self.title(of: analysis)
        submitted = Moment(analysis.submittedAt, now: now)
        thumbnail = analysis.status == .finished ? address + "/thumbnail.jpg" : nil
        isOpen = !analysis.status.isTerminal
        isFailed = analysis.status == .failed
        state = Self.state(of: analysis)
        emotion = analysis.faces.first.flatMap { $0.notSure ? nil : $0.emotion }
    }

    static func title(of analysis: Analysis) -> String {
        analysis.title.isEmpty ? analysis.fileName : analysis.title
    }

    private static func state(of analysis: Analysis) -> String {
        switch analysis.status {
        case .queued: return "Waiting"
        case .processing: return "Being analysed"
        case .failed: return "Could not be analysed"
        case .cancelled: return "Cancelled"
        case .finished: break
        }
        guard let first = analysis.faces.first else { return "No face found" }
        let look = first.notSure ? "not sure" : EmotionWords.adjective(first.emotion)
        guard analysis.faces.count > 1 else { return first.notSure ? "One face, not sure" : "Appears \(look)" }
        let alike = analysis.faces.filter { !$0.notSure && $0.emotion == first.emotion }.count
        let many = Words.count(analysis.faces.count, "face")
        return alike == analysis.faces.count ? "\(many), all appear \(look)" : "\(many), the largest: \(look)"
    }
}

/// The first page after logging in.
struct HomeModel: Sendable {
    let site: Site
    let name: String
    let finishedCount: String
    let finishedWord: String
    let recent: [CardModel]
    let hasRecent: Bool

    init(site: Site, user: User, recent: [Analysis], now: Date = Date()) {
        self.site = site
        name = user.name
        finishedCount = Words.grouped(user.finishedCount)
        finishedWord = user.finishedCount == 1 ? "finished analysis" : "finished analyses"
        self.recent = recent.map { CardModel($0, now: now) }
        hasRecent = !recent.isEmpty
    }
}

/// All analyses of a person, newest first, a page at a time.
struct HistoryModel: Sendable {
    let site: Site
    let items: [CardModel]
    let hasItems: Bool
    /// The next page's address; nil on the last one.
    let next: String?
    /// Whether this is not the first page.
    let isLater: Bool

    init(site: Site, page: HistoryPage, isLater: Bool, now: Date = Date()) {
        self.site = site
        items = page.items.map { CardModel($0, now: now) }
        hasItems = !page.items.isEmpty
        next = page.next.map { "/analyses?before=\($0.text)" }
        self.isLater = isLater
    }
}

/// The page for visitors.
struct LandingModel: Sendable {
    let site: Site
}

/// What happened, what to do, and the id by which the operator finds it in the log.
struct ErrorModel: Sendable {
    let site: Site
    let status: Int
    let title: String
    let message: String
    let requestID: String
    let isNotFound: Bool

    init(site: Site, failure: RequestFailure, requestID: String) {
        self.site = site
        status = failure.status.code
        title = failure.title
        message = failure.message
        self.requestID = requestID
        isNotFound = failure.status == .notFound
    }
}

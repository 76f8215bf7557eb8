import Accounts
import Analyses
import Foundation
import Reports

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

import Accounts
import Foundation
import Reports

/// The account's page about what the site keeps of a person, and how it is taken along or deleted.
struct DataModel: Sendable {
    let site: Site
    var tabs: AccountTabs
    let memberSince: Moment
    let finishedCount: String
    let failedCount: String
    /// Nil as long as there is nothing to compare: no analysis, or all of one month.
    let chart: BarChart?
    /// "30 days"; nil when everything is kept.
    let retention: String?
    /// "2 links"; nil while none works.
    let links: String?

    init(
        site: Site, user: User, months: [MonthlyCount], retentionDays: Int, links: Int = 0, now: Date = Date()
    ) {
        self.site = site
        tabs = AccountTabs(.data)
        memberSince = Moment(user.createdAt, now: now)
        finishedCount = Words.grouped(user.finishedCount)
        failedCount = Words.grouped(user.failedCount)
        chart = months.count { $0.finished + $0.failed > 0 } > 1 ? BarChart(months: months) : nil
        retention = Words.retention(days: retentionDays)
        self.links = links > 0 ? Words.count(links, "link") : nil
    }
}

extension BarChart {
    /// A year of analyses.
    init(months: [MonthlyCount]) {
        let tips = months.map { month in
            let name = "\(Words.months[month.month - 1]) \(month.year)"
            return "\(name): \(Words.grouped(month.finished)) finished, \(Words.grouped(month.failed)) failed"
        }
        self.init(
            id: "months", title: "Analyses by month",
            description: tips.isEmpty ? "No figures." : tips.joined(separator: "; ") + ".",
            kinds: ["good", "bad"],
            columns: zip(months, tips).map { month, tip in
                Column(
                    label: String(Words.months[month.month - 1].prefix(3)), tip: tip,
                    values: [Double(month.finished), Double(month.failed)])
            })
    }
}

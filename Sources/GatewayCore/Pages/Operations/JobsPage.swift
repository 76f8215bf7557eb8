import Accounts
import Foundation
import Hummingbird
import Operations

/// Analyses one by one, for administrators: lists, and a search by any number that a person was shown.
struct JobsPage: Page {
    let frame: PageFrame
    let operations: OperationsStore

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/operations/jobs") { request, context in
            _ = try frame.administrator(context)
            let search = AccountStore.text(request.query["q"] ?? "", limit: 100).trimmingCharacters(in: .whitespaces)
            let list =
                search.isEmpty ? request.query["list"].flatMap(JobList.init(rawValue:)) ?? JobList.waiting : nil
            let jobs =
                if let list { try await operations.jobs(list) } else { try await operations.jobs(withID: search) }
            let site = frame.site("Photos one by one", .operations, context)
            return frame.page(.jobs, JobsModel(site: site, list: list, search: search, jobs: jobs), context)
        }
    }
}

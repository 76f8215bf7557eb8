import HTTPTypes

/// What happened, what to do, and the id by which the operator finds it in the log.
struct ErrorModel: Sendable {
    let site: Site
    let status: Int
    let title: String
    let message: String
    let requestID: String
    let isNotFound: Bool
    let step: RequestFailure.Step?

    init(site: Site, failure: RequestFailure, requestID: String) {
        self.site = site
        status = failure.status.code
        title = failure.title
        message = failure.message
        self.requestID = requestID
        step = failure.step
        isNotFound = failure.status == .notFound
    }
}

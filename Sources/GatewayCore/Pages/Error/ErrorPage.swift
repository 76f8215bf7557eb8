import Hummingbird

/// What a person sees of what went wrong.
struct ErrorPage: Sendable {
    let frame: PageFrame

    func show(_ failure: RequestFailure, _ context: GatewayContext) -> Response {
        let site = frame.site(failure.title, .elsewhere, context)
        let model = ErrorModel(site: site, failure: failure, requestID: context.requestID)
        return frame.page(.error, model, context, status: failure.status)
    }
}

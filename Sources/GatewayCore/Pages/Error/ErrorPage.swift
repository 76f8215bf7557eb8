import Hummingbird

/// What a person sees of what went wrong.
struct ErrorPage: Sendable {
    let frame: PageFrame

    func show(_ failure: RequestFailure, _ request: Request, _ context: GatewayContext) -> Response {
        let site =
            SharedLink.isOne(request.uri.path)
            ? frame.sharedSite(failure.title, context) : frame.site(failure.title, .elsewhere, context)
        var failure = failure
        // What passes by itself: the same page once more is what a person wants, and not the first one.
        if failure.isRetriable, failure.step == nil, request.method == .get {
            failure.step = RequestFailure.Step(address: LocalPath.asked(by: request), words: "Try again")
        }
        let model = ErrorModel(site: site, failure: failure, requestID: context.requestID)
        return frame.page(.error, model, context, status: failure.status)
    }
}

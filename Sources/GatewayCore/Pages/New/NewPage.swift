import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Operations

/// The form for new photos. What it sends, `SubmissionRoutes` takes in.
struct NewPage: Page {
    let frame: PageFrame
    let configuration: GatewayConfiguration
    let analyses: AnalysisStore
    let switches: SiteSwitches

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/analyses/new") { request, context in
            _ = try frame.person(request, context)
            return try await show(context)
        }
    }

    /// The form for new photos; also the answer to one whose photos were all refused, with what was written and why.
    func show(
        _ context: GatewayContext, form: UploadForm = UploadForm(), problems: [UploadProblem] = [],
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let limits = UploadLimits(
            photoBytes: configuration.maxPhotoBytes, photos: configuration.maxBatchPhotos,
            acceptsHEIF: configuration.acceptsHEIF, retentionDays: configuration.retentionDays)
        var asks = false
        if let user = context.user { asks = try await !analyses.hasAcknowledged(user.id) }
        let site = frame.site("New analysis", .new, context, script: "new.js")
        let isPaused = switches.current.intakePausedAt != nil
        let model = NewAnalysisModel(
            site: site, limits: limits, form: form, problems: problems, asksForAcknowledgement: asks,
            isPaused: isPaused, user: context.user, ways: frame.ways)
        return frame.page(.new, model, context, status: status)
    }
}

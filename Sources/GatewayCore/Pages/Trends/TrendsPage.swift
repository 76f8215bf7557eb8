import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reports

/// How a person's photos appear over time: all of them, a subject or a tag, and another beside it.
struct TrendsPage: Page {
    let frame: PageFrame
    let analyses: AnalysisStore

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/trends") { request, context in
            let user = try frame.person(request, context)
            let trend = try await trend(request, of: user)
            let tags = try await analyses.recentTags(owner: user.id)
            let subjects = try await analyses.recentSubjects(owner: user.id)
            let isNew = try await analyses.recent(owner: user.id, limit: 1).isEmpty
            let model = TrendsModel(
                site: frame.site("Trends", .trends, context), trend: trend, tags: tags, subjects: subjects, isNew: isNew
            )
            return frame.page(.trends, model, context)
        }
        router.get("/trends.csv") { request, context in
            let user = try frame.person(request, context)
            let table = TrendTable.csv(try await trend(request, of: user))
            return Response(
                status: .ok,
                headers: [
                    .contentType: "text/csv; charset=utf-8; header=present",
                    .contentDisposition: "attachment; filename=\"mien-trends.csv\"",
                ], body: ResponseBody(byteBuffer: ByteBuffer(string: table)))
        }
    }

    private func trend(_ request: Request, of user: User) async throws -> Trend {
        let fields = request.query
        return try await analyses.trend(try TrendQuery { fields[$0] }, owner: user.id, zone: PersonalTime.current)
    }
}

import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Operations

/// How the site runs, for administrators. To everybody else it is not there.
struct OperationsPage: Page {
    let frame: PageFrame
    let configuration: GatewayConfiguration
    let operations: OperationsStore
    let analyses: AnalysisStore
    let switches: SiteSwitches
    let audit: AuditLog
    let limits: IntakeLimits
    /// Nil where there is no broker to ask, as in tests.
    let broker: BrokerWatch?
    let startedAt = Date()

    struct SwitchForm: CSRFForm {
        let csrf_token: String?
        let value: String?
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/operations") { request, context in
            try await operationsPage(request, context)
        }
        router.post("/operations/registration") { request, context in
            try await switchRegistration(request, context)
        }
        router.post("/operations/intake") { request, context in
            try await switchIntake(request, context)
        }
        addFailures(to: router)
    }

    private static let notices = [
        "opened": "Registration is open.", "closed": "Registration is closed.",
        "resumed": "Photos are taken in again.",
        "retried": "The failures are in the queue again.", "dismissed": "The failures are dismissed.",
        "full": "There is no room in the queue: nothing was tried again yet.",
        "owner": "Whoever sent them has as many photos waiting as one may have: nothing was tried again yet.",
        "none": "There was nothing left to do.",
    ]

    private func operationsPage(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try frame.administrator(context)
        let period = request.query["period"].flatMap(ThroughputPeriod.init(rawValue:)) ?? .hour
        let site = frame.site("Operations", .operations, context, script: "operations.js", refresh: 10)
        let notice = Self.partly(request) ?? request.query["done"].flatMap { Self.notices[$0] }
        return frame.page(
            .operations, OperationsModel(site: site, try await figures(period), ways: frame.ways, notice: notice),
            context)
    }

    private func figures(_ period: ThroughputPeriod) async throws -> OperationsFigures {
        let disk = DiskSpace(
            path: configuration.diskPath, minFreeMB: configuration.minFreeDiskMB)
        return OperationsFigures(
            switches: switches.current, lanes: try await operations.lanes(),
            outbox: try await operations.outboxCount(), broker: broker?.current, period: period,
            slices: try await operations.throughput(period), pace: try await operations.pace(),
            workers: try await operations.workers(),
            groups: try await operations.failureGroups(),
            failures: try await operations.newestFailures(limit: 20, without: Analysis.failuresOfTheFile),
            storage: try await operations.storage(disk: disk), minFreeDiskMB: configuration.minFreeDiskMB,
            retentionDays: configuration.retentionDays, startedAt: startedAt)
    }

    private func switchRegistration(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.administrator(context)
        let form = try await frame.form(SwitchForm.self, request, context)
        guard let value = form.value.flatMap(SiteSwitches.Registration.init(rawValue:)) else {
            throw RequestFailure.badForm
        }
        try await switches.setRegistration(value)
        await audit.record(
            value == .open ? .registrationOpened : .registrationClosed, by: user.id, context)
        return Response.redirect(to: "/operations?done=\(value == .open ? "opened" : "closed")", type: .normal)
    }

    private func switchIntake(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.administrator(context)
        let form = try await frame.form(SwitchForm.self, request, context)
        guard let value = form.value, ["pause", "resume"].contains(value) else { throw RequestFailure.badForm }
        let isPaused = value == "pause"
        try await switches.setIntakePaused(isPaused)
        await audit.record(isPaused ? .intakePaused : .intakeResumed, by: user.id, context)
        return Response.redirect(to: "/operations?done=\(isPaused ? "paused" : "resumed")", type: .normal)
    }
}

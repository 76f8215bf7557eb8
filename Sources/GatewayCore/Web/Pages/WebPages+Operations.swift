import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Operations

/// Pages for administrators. To everybody else they are not there.
extension WebPages {
    func addOperationsRoutes(to router: Router<GatewayContext>) {
        router.get("/operations") { request, context in
            try await operationsPage(request, context)
        }
        router.post("/operations/registration") { request, context in
            try await switchRegistration(request, context)
        }
        router.post("/operations/intake") { request, context in
            try await switchIntake(request, context)
        }
        router.post("/operations/failures") { request, context in
            try await actOnFailures(request, context)
        }
        router.get("/operations/audit") { request, context in
            _ = try administrator(context)
            let before = request.query["before"].flatMap { Int($0) }
            let entries = try await operations.audit(before: before)
            return page(.audit, AuditModel(site: site("Audit log", .operations, context), entries: entries), context)
        }
        addPeopleRoutes(to: router)
    }

    var operations: OperationsStore { OperationsStore(database: services.database) }

    /// The signed-in administrator. A page or an API token alike: whoever is none learns nothing.
    func administrator(_ context: GatewayContext) throws -> User {
        guard let user = context.user, user.isAdmin else { throw RequestFailure.hidden }
        return user
    }

    private static let notices = [
        "opened": "Registration is open.", "closed": "Registration is closed.",
        "paused": "No photos are taken in. Those in the queue are analysed.", "resumed": "Photos are taken in again.",
        "retried": "The failures are in the queue again.", "dismissed": "The failures are dismissed.",
        "none": "There was nothing left to do.",
    ]

    private func operationsPage(_ request: Request, _ context: GatewayContext) async throws -> Response {
        _ = try administrator(context)
        let period = request.query["period"].flatMap(ThroughputPeriod.init(rawValue:)) ?? .hour
        let frame = site("Operations", .operations, context, script: "operations.js", refresh: 10)
        let notice = request.query["done"].flatMap { Self.notices[$0] }
        return page(
            .operations, OperationsModel(site: frame, try await figures(period), notice: notice), context)
    }

    private func figures(_ period: ThroughputPeriod) async throws -> OperationsFigures {
        let disk = DiskSpace(
            path: services.configuration.diskPath, minFreeMB: services.configuration.minFreeDiskMB)
        return OperationsFigures(
            switches: services.switches.current, lanes: try await operations.lanes(),
            outbox: try await operations.outboxCount(), broker: broker?.current, period: period,
            slices: try await operations.throughput(period), workers: try await operations.workers(),
            groups: try await operations.failureGroups(), failures: try await operations.newestFailures(limit: 20),
            storage: try await operations.storage(disk: disk), retentionDays: services.configuration.retentionDays)
    }
}

/// What administrators do.
extension WebPages {
    struct SwitchForm: CSRFForm {
        let csrf_token: String?
        let value: String?
    }

    struct FailureForm: CSRFForm {
        let csrf_token: String?
        let act: String?
        let code: String?
        let id: String?
    }

    private func switchRegistration(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try administrator(context)
        let form = try await form(SwitchForm.self, request, context)
        guard let value = form.value.flatMap(SiteSwitches.Registration.init(rawValue:)) else {
            throw RequestFailure.badForm
        }
        try await services.switches.setRegistration(value)
        try await services.audit.record(
            value == .open ? .registrationOpened : .registrationClosed, by: user.id, context)
        return Response.redirect(to: "/operations?done=\(value == .open ? "opened" : "closed")", type: .normal)
    }

    private func switchIntake(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try administrator(context)
        let form = try await form(SwitchForm.self, request, context)
        guard let value = form.value, ["pause", "resume"].contains(value) else { throw RequestFailure.badForm }
        let isPaused = value == "pause"
        try await services.switches.setIntakePaused(isPaused)
        try await services.audit.record(isPaused ? .intakePaused : .intakeResumed, by: user.id, context)
        return Response.redirect(to: "/operations?done=\(isPaused ? "paused" : "resumed")", type: .normal)
    }

    private func actOnFailures(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try administrator(context)
        let form = try await form(FailureForm.self, request, context)
        let choice: FailureChoice
        if let id = form.id.flatMap(UUID.init(uuidString:)) {
            choice = .one(id)
        } else if let code = form.code, !code.isEmpty, code.utf8.count <= 100 {
            choice = .code(AccountStore.text(code, limit: 100))
        } else {
            throw RequestFailure.badForm
        }
        let isRetry = form.act == "retry"
        guard isRetry || form.act == "dismiss" else { throw RequestFailure.badForm }
        let count = try await isRetry ? retry(choice) : operations.dismiss(choice)
        if count > 0 {
            try await services.audit.record(
                isRetry ? .failuresRetried : .failuresDismissed, by: user.id, detail: "\(count)", context)
        }
        let word = count == 0 ? "none" : isRetry ? "retried" : "dismissed"
        return Response.redirect(to: "/operations?done=\(word)#failures", type: .normal)
    }

    /// Puts failures into the queue again, each owner's by the same way as the owner's own button.
    private func retry(_ choice: FailureChoice) async throws -> Int {
        let configuration = services.configuration
        let limits = IntakeLimits(maxOpenPerUser: configuration.maxOpenPerUser, maxOpen: configuration.maxOpen)
        var count = 0
        for (owner, ids) in try await operations.failures(choice) {
            do {
                count += try await services.analyses.retry(ids, owner: owner, limits: limits)
            } catch is IntakeRefusal {
                // This owner's queue is full, or everybody's: what is left stays a failure and can be retried later.
                continue
            }
        }
        return count
    }
}

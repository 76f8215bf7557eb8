import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Operations
import Reports

extension OperationsPage {
    struct FailureForm: CSRFForm {
        let csrf_token: String?
        let act: String?
        let code: String?
        let id: String?
    }

    func addFailures(to router: Router<GatewayContext>) {
        router.post("/operations/failures") { request, context in
            try await actOnFailures(request, context)
        }
    }

    private func actOnFailures(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.administrator(context)
        let form = try await frame.form(FailureForm.self, request, context)
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
        let outcome = try await isRetry ? retry(choice) : Outcome(count: operations.dismiss(choice))
        let count = outcome.count
        if count > 0 {
            await audit.record(
                isRetry ? .failuresRetried : .failuresDismissed, by: user.id, detail: "\(count)", context)
        }
        let left = isRetry ? try await operations.countFailures(choice) : 0
        let word =
            switch (isRetry, count, left) {
            case (false, 1..., _): "dismissed"
            case (true, 1..., 0): "retried"
            case (true, 1..., _): "retried-\(count)-\(left)-\(outcome.reason)"
            case (_, _, 1...): outcome.reason
            default: "none"
            }
        return Response.redirect(to: "/operations?done=\(word)#failures", type: .normal)
    }

    /// What was tried again, where not all were, and what to do about the others.
    static func partly(_ request: Request) -> String? {
        let parts = (request.query["done"] ?? "").split(separator: "-")
        guard parts.count == 4, parts[0] == "retried", let count = Int(parts[1]), let left = Int(parts[2]) else {
            return nil
        }
        let advice =
            switch parts[3] {
            case "full": "Try again once there is room."
            case "owner":
                "Whoever sent \(left == 1 ? "it" : "them") has as many waiting as one may have: try again later."
            default: "Try \(left == 1 ? "it" : "these") again too."
            }
        return "\(Words.count(count, "photo is", "photos are")) in the queue again, \(Words.grouped(left)) "
            + "\(left == 1 ? "is" : "are") left. \(advice)"
    }

    /// What became of failures.
    private struct Outcome {
        var count = 0
        /// Why some had no room.
        var refusal: IntakeRefusal?

        /// Why some are left; where all had room, there were more than one click takes.
        var reason: String {
            switch refusal {
            case nil: "none"
            case .tooManyOpen?: "owner"
            default: "full"
            }
        }
    }

    /// Puts failures into the queue again, each owner's by the same way as the owner's own button.
    private func retry(_ choice: FailureChoice) async throws -> Outcome {
        var outcome = Outcome()
        for (owner, ids) in try await operations.failures(choice) {
            do {
                let queued = try await analyses.retry(ids, owner: owner, limits: limits)
                outcome.count += queued
                // Where some had no room, asking once more says why.
                if queued < ids.count { outcome.count += try await analyses.retry(ids, owner: owner, limits: limits) }
            } catch let refusal as IntakeRefusal {
                // This owner's queue is full, or everybody's: what is left stays a failure and can be retried later.
                if outcome.refusal != .queueFull { outcome.refusal = refusal }
            }
        }
        return outcome
    }
}

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
        let count = try await isRetry ? retry(choice) : operations.dismiss(choice)
        if count > 0 {
            await audit.record(
                isRetry ? .failuresRetried : .failuresDismissed, by: user.id, detail: "\(count)", context)
        }
        let left = isRetry ? try await operations.countFailures(choice) : 0
        let word =
            switch (isRetry, count, left) {
            case (false, 1..., _): "dismissed"
            case (true, 1..., 0): "retried"
            case (true, 1..., _): "retried&count=\(count)&left=\(left)"
            case (_, _, 1...): "full"
            default: "none"
            }
        return Response.redirect(to: "/operations?done=\(word)#failures", type: .normal)
    }

    /// What was tried again, where not all were.
    static func partly(_ request: Request) -> String? {
        func number(_ name: String) -> Int? { request.query[name].flatMap { Int($0) } }
        guard request.query["done"] == "retried", let count = number("count"), let left = number("left") else {
            return nil
        }
        return "\(Words.count(count, "photo is", "photos are")) in the queue again, \(Words.grouped(left)) "
            + "\(left == 1 ? "is" : "are") left. Try again once there is room."
    }

    /// Puts failures into the queue again, each owner's by the same way as the owner's own button.
    private func retry(_ choice: FailureChoice) async throws -> Int {
        var count = 0
        for (owner, ids) in try await operations.failures(choice) {
            do {
                count += try await analyses.retry(ids, owner: owner, limits: limits)
            } catch is IntakeRefusal {
                // This owner's queue is full, or everybody's: what is left stays a failure and can be retried later.
                continue
            }
        }
        return count
    }
}

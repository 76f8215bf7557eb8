package import Analyses

/// Checks what somebody asks of an endpoint, by field.
package struct WebhookCheck: Sendable {
    package let allowed: WebhookTarget.AllowedHosts
    private let lookup = HostLookup()

    package init(allowed: WebhookTarget.AllowedHosts) {
        self.allowed = allowed
    }

    /// What is wrong, by field: `url` or `events`.
    package struct Problems: Error, Sendable, Equatable {
        package let errors: [String: String]
    }

    /// Reads what is given; nil stays nil.
    /// - Throws: ``Problems``.
    package func check(
        url: String?, events: [String]?
    ) async throws(Problems) -> (target: WebhookTarget?, events: [WebhookEvent]?) {
        var errors: [String: String] = [:]
        var target: WebhookTarget?
        if let url {
            do throws(WebhookTarget.Refusal) {
                let read = try WebhookTarget(url, allowed: allowed)
                target = read
                if !read.isAllowed { errors["url"] = await lookup.problem(withHost: read.host) }
            } catch {
                errors["url"] = error.message
            }
        }
        let known = events?.compactMap(WebhookEvent.init)
        if let wrong = events?.first(where: { WebhookEvent(rawValue: $0) == nil }) {
            let all = WebhookEvent.allCases.map(\.rawValue).joined(separator: ", ")
            errors["events"] = "“\(wrong.prefix(40))” is not known; there are: \(all)."
        } else if known?.isEmpty == true {
            errors["events"] = "Choose at least one."
        }
        guard errors.isEmpty else { throw Problems(errors: errors) }
        return (target, known.map { known in WebhookEvent.allCases.filter(known.contains) })
    }
}

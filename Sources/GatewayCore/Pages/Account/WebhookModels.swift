import Analyses
import Foundation
import Reports
import Webhooks

/// A webhook in the list of the account page.
struct WebhookRow: Sendable {
    let id: String
    let url: String
    let events: String
    let isOff: Bool
    /// Why it is off or does not work; nil when all is well.
    let trouble: String?
    /// What became of the last message; nil before the first.
    let last: String?
    let lastAt: Moment?

    init(_ endpoint: WebhookEndpoint, last delivery: WebhookDelivery?, now: Date) {
        id = endpoint.id.lower
        url = endpoint.url
        events = endpoint.events.map(\.rawValue).joined(separator: ", ")
        isOff = endpoint.disabled != nil
        trouble = endpoint.trouble(now: now)
        last = delivery.map { $0.result }
        lastAt = delivery?.triedAt.map { Moment($0, now: now) }
    }
}

extension WebhookEndpoint {
    /// Why it is off or does not work, and what to do.
    fileprivate func trouble(now: Date) -> String? {
        switch disabled?.reason {
        case .owner: return "You switched it off. Nothing is sent."
        case .gone: return "It answered that it is gone (410), and was switched off."
        case .failing:
            return
                "It took no message for \(Words.count(RetrySchedule.failingDays, "day")), and was switched off. Once it works again, switch it on."
        case nil: return failingSince.map { "It has taken no message since \(Moment($0, now: now).exact)." }
        }
    }
}

extension WebhookDelivery {
    /// What came of the last attempt.
    fileprivate var result: String {
        if let status { return "answered \(status)" }
        return error.isEmpty ? "not tried yet" : error
    }
}

/// The form in which a webhook is asked for.
struct WebhookFields: Sendable {
    struct Choice: Sendable {
        let name: String
        /// The name of a box's field.
        let box: String
        let label: String
        let isChosen: Bool
    }

    let url: String
    let events: [Choice]
    let urlError: String?
    let eventsError: String?

    init(
        url: String = "", chosen: Set<String> = Set(WebhookEvent.allCases.map(\.rawValue)),
        errors: [String: String] = [:]
    ) {
        self.url = url
        events = WebhookEvent.allCases.map {
            Choice(
                name: $0.rawValue, box: $0.rawValue.replacing(".", with: "_"), label: $0.words,
                isChosen: chosen.contains($0.rawValue))
        }
        urlError = errors["url"]
        eventsError = errors["events"]
    }
}

/// The page of a webhook: its state, and the log of its messages.
struct WebhookModel: Sendable {
    let site: Site
    let id: String
    let url: String
    let events: String
    let isOff: Bool
    let trouble: String?
    let created: Moment
    /// Until when the secret before signs as well; nil when there is none.
    let previousUntil: String?
    /// Shown once.
    let secret: String?
    let notice: String?
    let deliveries: [DeliveryRow]
    let isEmpty: Bool
    let next: String?

    init(
        site: Site, endpoint: WebhookEndpoint, deliveries: [WebhookDelivery], next: ListCursor?,
        isFirst: Bool = true,
        secret: String? = nil, notice: String? = nil, now: Date = Date()
    ) {
        self.site = site
        id = endpoint.id.lower
        url = endpoint.url
        events = endpoint.events.map(\.rawValue).joined(separator: ", ")
        isOff = endpoint.disabled != nil
        trouble = endpoint.trouble(now: now)
        created = Moment(endpoint.createdAt, now: now)
        previousUntil = endpoint.previousUntil.map { Moment($0, now: now).exact }
        self.secret = secret
        self.notice = notice
        self.deliveries = deliveries.map { DeliveryRow($0, of: endpoint, now: now) }
        isEmpty = deliveries.isEmpty && isFirst
        self.next = next.map { "/account/webhooks/\(endpoint.id.lower)?before=\($0.text)" }
    }
}

/// A message in the log.
struct DeliveryRow: Sendable {
    /// The webhook's.
    let webhook: String
    let id: String
    let event: String
    let state: String
    let isBad: Bool
    let created: Moment
    let attempts: String
    let tried: Moment?
    /// When it is tried next; nil when it is not.
    let nextTry: String?
    let request: String
    let result: String
    /// How the answer's body begins; nil when it is empty.
    let answer: String?
    /// Whether it can be sent again now.
    let canSend: Bool

    init(_ delivery: WebhookDelivery, of endpoint: WebhookEndpoint, now: Date) {
        webhook = endpoint.id.lower
        id = delivery.messageID
        event = delivery.event
        state =
            switch delivery.state {
            case .waiting: "Waiting"
            case .delivered: "Delivered"
            case .failed: "Given up"
            }
        isBad = delivery.state == .failed
        created = Moment(delivery.createdAt, now: now)
        attempts = Words.count(delivery.attempts, "attempt")
        tried = delivery.triedAt.map { Moment($0, now: now) }
        nextTry = delivery.nextAt.map { $0 > now ? "next on \(Moment($0, now: now).exact)" : "next at once" }
        request = delivery.body
        result = delivery.result
        answer = delivery.answer.isEmpty ? nil : delivery.answer
        canSend = endpoint.disabled == nil
    }
}

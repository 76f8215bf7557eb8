import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Operations

/// Accounts, for administrators.
struct PeoplePage: Page {
    let frame: PageFrame
    let configuration: GatewayConfiguration
    let operations: OperationsStore
    let accounts: AccountStore
    let audit: AuditLog

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/operations/users") { request, context in
            try await peoplePage(request, context)
        }
        router.post("/operations/users/:id/:act") { request, context in
            let user = try frame.administrator(context)
            _ = try await frame.form(EmptyForm.self, request, context)
            guard let id = context.parameters.get("id", as: UUID.self),
                let act = context.parameters.get("act").flatMap(PersonAct.init(rawValue:)),
                let person = try await accounts.anyUser(id)
            else { throw RequestFailure.notFound }
            return try await act == .reset
                ? resetLink(for: person, by: user, request, context) : perform(act, person, user, context)
        }
    }

    private enum PersonAct: String {
        case disable, enable, promote, demote, reset
    }

    private static let notices = [
        "disable": "The account is disabled; its sessions are ended.", "enable": "The account is enabled again.",
        "promote": "The person is an administrator now.", "demote": "The person is no administrator any more.",
    ]

    private func peoplePage(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.administrator(context)
        let query = request.query
        let search = AccountStore.text(query["q"] ?? "", limit: 100)
            .trimmingCharacters(in: .whitespaces)
        let cursor = query["before"].flatMap(HistoryCursor.init(text:))
        let (people, next) = try await operations.people(matching: search, before: cursor)
        let model = PeopleModel(
            site: frame.site("Users", .operations, context), search: search, people: people, next: next,
            asking: user.id,
            notice: query["done"].flatMap { Self.notices[$0] })
        return frame.page(.people, model, context)
    }

    private func perform(
        _ act: PersonAct, _ person: User, _ administrator: User, _ context: GatewayContext
    ) async throws -> Response {
        // Nobody locks themselves out; another administrator can.
        guard person.id != administrator.id else { throw RequestFailure.notYourself }
        let event: AuditLog.Event
        switch act {
        case .disable, .enable:
            try await accounts.setDisabled(act == .disable, of: person.id)
            event = act == .disable ? .userDisabled : .userEnabled
        case .promote, .demote, .reset:
            try await accounts.setAdmin(act == .promote, of: person.id)
            event = act == .promote ? .administratorMade : .administratorUnmade
        }
        try await audit.record(event, by: administrator.id, to: person.id, context)
        return Response.redirect(to: "/operations/users?done=\(act.rawValue)", type: .normal)
    }

    /// Shows the link once, for the administrator to hand over.
    private func resetLink(
        for person: User, by administrator: User, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        let token = try await accounts.makeResetToken(for: person.id)
        try await audit.record(.resetLinkMade, by: administrator.id, to: person.id, context)
        let model = MessageModel(
            site: frame.site("A link for \(person.name)", .operations, context, script: "enter.js"), title: "A link for \(person.name)",
            message:
                "Copy it now: it is not shown again. Whoever opens it sets a new password for \(person.email), once, within a day. Give it to nobody else.",
            link: "/operations/users", linkText: "Back to the users",
            secret: "\(configuration.address(request, context))/reset?token=\(token)")
        return frame.page(.message, model, context)
    }
}

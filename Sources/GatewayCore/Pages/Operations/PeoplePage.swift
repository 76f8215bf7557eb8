import Accounts
import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import Operations
import Passwords

/// Accounts, for administrators.
struct PeoplePage: Page {
    let frame: PageFrame
    let configuration: GatewayConfiguration
    let operations: OperationsStore
    let accounts: AccountStore
    let switches: SiteSwitches
    let audit: AuditLog

    struct InviteForm: CSRFForm {
        let csrf_token: String?
        let name: String?
        let email: String?
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/operations/users") { request, context in
            try await peoplePage(request, context)
        }
        router.post("/operations/users") { request, context in
            let user = try frame.administrator(context)
            return try await invite(frame.form(InviteForm.self, request, context), by: user, request, context)
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
        case disable, enable, promote, demote, reset, leave, delete, unlock
    }

    private static let notices = [
        "disable": "The account is disabled; its sessions are ended.", "enable": "The account is enabled again.",
        "leave": "All sessions and API tokens of the account are ended.",
        "unlock": "The second factor of the account is switched off. The log-in alone opens it now.",
        "delete": "The account is deleted, with all its photos and results.",
        "promote": "The person is an administrator now.", "demote": "The person is no administrator any more.",
    ]

    private func peoplePage(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.administrator(context)
        let query = request.query
        let search = AccountStore.text(query["q"] ?? "", limit: 100)
            .trimmingCharacters(in: .whitespaces)
        return try await show(
            matching: search, before: query["before"].flatMap(ListCursor.init(text:)), to: user, context,
            notice: query["done"].flatMap { Self.notices[$0] })
    }

    private func show(
        matching search: String = "", before cursor: ListCursor? = nil, to user: User, _ context: GatewayContext,
        notice: String? = nil, invitation: PeopleModel.Invitation = .init(), status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let (people, next) = try await operations.people(matching: search, before: cursor)
        let model = PeopleModel(
            site: frame.site("Users", .operations, context), search: search, people: people, next: next,
            asking: user.id, isOpen: switches.current.registration == .open,
            takesPasswords: frame.ways.takesPasswords,
            provider: frame.ways.providerRegisters ? frame.ways.provider : nil, notice: notice, invitation: invitation)
        return frame.page(.people, model, context, status: status)
    }

    /// Makes an account and shows the link with which its owner gets in.
    private func invite(
        _ form: InviteForm, by administrator: User, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        guard frame.ways.takesPasswords else { throw RequestFailure.passwordsOff }
        let (name, email) = (form.name ?? "", form.email ?? "")
        do {
            let person = try await accounts.invite(name: name, email: email)
            try await audit.record(.userMade, by: administrator.id, to: person.id, context)
            return try await resetLink(for: person, by: administrator, request, context)
        } catch let errors as AccountErrors {
            let invitation = PeopleModel.Invitation(
                name: name, email: email, nameError: errors.errors.message("name"),
                emailError: errors.errors.message("email"))
            return try await show(to: administrator, context, invitation: invitation, status: .unprocessableContent)
        } catch let error as PasswordError where error.isRetriable {
            throw RequestFailure.unavailable()
        }
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
        case .leave:
            try await accounts.signOut(person.id)
            event = .userSignedOut
        case .unlock:
            guard try await accounts.switchSecondFactorOff(of: person.id) else { throw RequestFailure.notFound }
            event = .secondFactorOff
        case .delete:
            // The entry cannot name the account any more: nothing of a deleted person stays.
            try await accounts.delete(person.id)
            event = .userDeleted
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
        guard frame.ways.takesPasswords else { throw RequestFailure.passwordsOff }
        let token = try await accounts.makeResetToken(for: person.id)
        try await audit.record(.resetLinkMade, by: administrator.id, to: person.id, context)
        let model = MessageModel(
            site: frame.site("A link for \(person.name)", .operations, context, script: "enter.js"),
            title: "A link for \(person.name)",
            message:
                "Copy it now: it is not shown again. Whoever opens it sets a new password for \(person.email), once, within a day. Give it to nobody else.",
            link: "/operations/users", linkText: "Back to the users",
            secret: "\(configuration.address(request, context))/reset?token=\(token)")
        return frame.page(.message, model, context)
    }
}

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
    let switches: SiteSwitches
    let audit: AuditLog
    let signIn: SignIn

    struct InviteForm: AskingForm {
        let csrf_token: String?
        let name: String?
        let email: String?
        let current: String?
        let code: String?
    }

    struct ActForm: AskingForm {
        let csrf_token: String?
        let current: String?
        let code: String?
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
            let form = try await frame.form(ActForm.self, request, context)
            guard let id = context.parameters.get("id", as: UUID.self),
                let act = context.parameters.get("act").flatMap(PersonAct.init(rawValue:)),
                let person = try await accounts.anyUser(id)
            else { throw RequestFailure.notFound }
            // Nobody locks themselves out, or gives their own account away; another administrator can.
            guard person.id != user.id else { throw RequestFailure.notYourself }
            if let question = act.question(about: person.name) {
                do {
                    try await signIn.askAgain(form, of: user, context)
                } catch let errors as AccountErrors {
                    let model = PersonActModel(
                        site: frame.site(question.title, .operations, context, script: "enter.js"), act, question,
                        about: person, asked: try await signIn.asked(of: user, context), errors: errors.errors)
                    return frame.page(.personAct, model, context, status: .unprocessableContent)
                }
            }
            return try await act == .reset
                ? resetLink(for: person, by: user, request, context) : perform(act, person, user, context)
        }
    }

    private func peoplePage(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let user = try frame.administrator(context)
        let query = request.query
        let search = AccountStore.text(query["q"] ?? "", limit: 100)
            .trimmingCharacters(in: .whitespaces)
        return try await show(
            matching: search, before: query["before"].flatMap(ListCursor.init(text:)), to: user, context,
            notice: query["done"].flatMap(PersonAct.init(rawValue:))?.notice)
    }

    private func show(
        matching search: String = "", before cursor: ListCursor? = nil, to user: User, _ context: GatewayContext,
        notice: String? = nil, invited form: InviteForm? = nil, errors: [AccountError] = [],
        status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        let invitation = PeopleModel.Invitation(
            name: form?.name ?? "", email: form?.email ?? "", asked: try await signIn.asked(of: user, context),
            errors: errors)
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
            let problems = AccountDetails.problems(withName: name, email: email)
            guard problems.isEmpty else { throw AccountErrors(errors: problems) }
            // The link that is shown opens an account which stays when the log-in of whoever made it has ended.
            try await signIn.askAgain(form, of: administrator, context)
            let person = try await accounts.invite(name: name, email: email)
            await audit.record(.userMade, by: administrator.id, to: person.id, context)
            return try await resetLink(for: person, by: administrator, request, context)
        } catch let errors as AccountErrors {
            return try await show(
                to: administrator, context, invited: form, errors: errors.errors, status: .unprocessableContent)
        }
    }

    private func perform(
        _ act: PersonAct, _ person: User, _ administrator: User, _ context: GatewayContext
    ) async throws -> Response {
        let event: AuditLog.Event
        var subject: UUID? = person.id
        switch act {
        case .disable, .enable:
            do {
                try await change(act == .disable ? .disable : .enable, person, administrator)
            } catch is AccountLeaving {
                throw RequestFailure.accountLeaving
            }
            event = act == .disable ? .userDisabled : .userEnabled
        case .leave:
            try await accounts.signOut(person.id)
            event = .userSignedOut
        case .unlock:
            guard try await accounts.switchSecondFactorOff(of: person.id) else { throw RequestFailure.notFound }
            event = .secondFactorOff
        case .delete:
            try await change(.close, person, administrator)
            // The entry does not name the account: nothing of a deleted person stays.
            subject = nil
            event = .userDeleted
        case .promote, .demote, .reset:
            try await change(act == .promote ? .promote : .demote, person, administrator)
            event = act == .promote ? .administratorMade : .administratorUnmade
        }
        await audit.record(event, by: administrator.id, to: subject, context)
        return Response.redirect(to: "/operations/users?done=\(act.rawValue)", type: .normal)
    }

    /// - Throws: the answer that everybody else gets, when the administrator is none any more.
    private func change(
        _ act: AccountStore.AdministratorAct, _ person: User, _ administrator: User
    ) async throws {
        guard try await accounts.perform(act, on: person.id, by: administrator.id) else { throw RequestFailure.hidden }
    }

    /// Shows the link once, for the administrator to hand over.
    private func resetLink(
        for person: User, by administrator: User, _ request: Request, _ context: GatewayContext
    ) async throws -> Response {
        guard frame.ways.takesPasswords else { throw RequestFailure.passwordsOff }
        let token = try await accounts.makeResetToken(for: person.id)
        await audit.record(.resetLinkMade, by: administrator.id, to: person.id, context)
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

extension RequestFailure {
    static let accountLeaving = RequestFailure(
        status: .conflict, code: "account_leaving", title: "This account is being deleted",
        message: "It cannot be enabled any more. Its owner can make a new one once it is gone.")
}

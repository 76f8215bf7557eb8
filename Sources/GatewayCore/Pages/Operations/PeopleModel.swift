import Accounts
import Analyses
import Foundation
import Operations
import Reports

/// Accounts, for administrators.
struct PeopleModel: Sendable {
    struct Person: Sendable {
        let id: String
        let name: String
        let email: String
        let isAdmin: Bool
        let isDisabled: Bool
        /// Whether it is being deleted: nothing can be done with it any more.
        let isLeaving: Bool
        let hasSecondFactor: Bool
        /// Whether it is the administrator who asks: nobody locks themselves out.
        let isSelf: Bool
        /// Whether there is anything to do with it, for somebody else.
        let isManaged: Bool
        let joined: Moment
        let seen: Moment?
        let counts: String
        let size: String
    }

    /// The form for a new account.
    struct Invitation: Sendable {
        let name: String
        let email: String
        let nameError: String?
        let emailError: String?
        let asks: AskAgainModel
        let isRefused: Bool

        init(name: String = "", email: String = "", asked: AskedAgain, errors: [AccountError] = []) {
            self.name = name
            self.email = email
            nameError = errors.message("name")
            emailError = errors.message("email")
            asks = AskAgainModel("new", asked, errors: errors)
            isRefused = !errors.isEmpty
        }
    }

    let site: Site
    /// Whether visitors may make an account by themselves.
    let isOpen: Bool
    /// Whether people log in by a password, and so get in by a link that sets one.
    let takesPasswords: Bool
    /// What people call the provider that makes accounts; nil for none.
    let provider: String?
    let invitation: Invitation
    /// Whether its form is shown at once.
    let isRefused: Bool
    let notice: String?
    let search: String
    let people: [Person]
    let isEmpty: Bool
    let next: String?

    init(
        site: Site, search: String, people: [PersonFigures], next cursor: ListCursor?, asking: UUID,
        isOpen: Bool = true, takesPasswords: Bool = true, provider: String? = nil, notice: String?,
        invitation: Invitation, now: Date = Date()
    ) {
        self.site = site
        self.isOpen = isOpen && takesPasswords
        self.takesPasswords = takesPasswords
        self.provider = provider
        self.invitation = invitation
        isRefused = invitation.isRefused
        self.notice = notice
        self.search = search
        self.people = people.map { person in
            Person(
                id: person.id.uuidString.lowercased(), name: person.name, email: person.email, isAdmin: person.isAdmin,
                isDisabled: person.isDisabled && !person.isLeaving, isLeaving: person.isLeaving,
                hasSecondFactor: person.hasSecondFactor, isSelf: person.id == asking,
                isManaged: person.id != asking && !person.isLeaving, joined: Moment(person.createdAt, now: now),
                seen: person.seenAt.map { Moment($0, now: now) },
                counts: "\(Words.grouped(person.finished)) finished, \(Words.grouped(person.failed)) failed",
                size: Words.bytes(person.photoBytes))
        }
        isEmpty = people.isEmpty
        next = cursor.map {
            "/operations/users?before=\($0.text)" + (search.isEmpty ? "" : "&q=\(search.addingPercentEncoding())")
        }
    }
}

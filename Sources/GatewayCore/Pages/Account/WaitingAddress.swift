import Accounts

/// An address that a link is to confirm, as the account's pages tell of it.
struct WaitingAddress: Sendable {
    let email: String
    /// Whether the account has another one until then.
    let isChange: Bool

    /// Nil when there is none.
    init?(_ user: User) {
        guard let email = user.unconfirmedEmail else { return nil }
        self.email = email
        isChange = user.pendingEmail != nil
    }
}

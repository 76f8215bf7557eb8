import Accounts

/// The page behind a link that confirms an address.
struct ConfirmModel: Sendable {
    let site: Site
    let token: String
    let email: String
    /// The address that the account has until then, where it is to have another; else nil.
    let former: String?

    init(site: Site, token: String, _ confirmation: AddressConfirmation) {
        self.site = site
        self.token = token
        email = confirmation.email
        former = confirmation.isChange ? confirmation.user.email : nil
    }
}

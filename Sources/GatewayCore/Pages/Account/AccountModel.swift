import Accounts

/// The account's first page: who the person is to the site.
struct AccountModel: Sendable {
    let site: Site
    var tabs: AccountTabs
    let profile: ProfileFields

    init(site: Site, user: User, asked: AskedAgain, notice: String? = nil) {
        self.site = site
        tabs = AccountTabs(.profile, notice: notice)
        profile = ProfileFields(user, asked: asked)
    }

    /// After a form that was refused.
    init(site: Site, change: ProfileChange, asked: AskedAgain, errors: [AccountError]) {
        self.site = site
        tabs = AccountTabs(
            .profile,
            problems: errors.problems([
                "current": "profile-current", "code": "profile-code", "provider": "profile-provider",
            ]))
        profile = ProfileFields(change, asked: asked, errors: errors)
    }
}

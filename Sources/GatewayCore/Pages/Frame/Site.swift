import Foundation

/// What the frame around every page shows.
struct Site: Sendable {
    struct Person: Sendable {
        let name: String
        /// The first letter, in the circle beside the account's link.
        let initial: String
        /// Whether the menu leads to the operations pages.
        let isAdmin: Bool
    }

    /// Which entry of the menu is the page itself.
    enum Place: Sendable { case home, new, history, trends, account, operations, elsewhere }

    let pageTitle: String
    let person: Person?
    let csrf: String
    let atHome: Bool
    let atNew: Bool
    let atHistory: Bool
    let atTrends: Bool
    let atAccount: Bool
    let atOperations: Bool
    /// Whether links for new passwords are sent by e-mail.
    let canAskForLink: Bool
    let canRegister: Bool
    let style: String
    let icon: String
    /// For the start page of a phone.
    let touchIcon: String
    let sample: String
    /// The page's scripts, those that others build on first; none for pages that need none.
    let scripts: [String]
    /// Seconds after which a browser without JavaScript loads the page again; nil for pages that do not change.
    let refresh: Int?
    /// Whether it is a page of a shared link: without the account's menu, and for no index.
    var isShared = false
    /// The address that it is loaded from again; nil for its own.
    var again: String?
    /// "light" or "dark"; nil where it is as the browser's system is set.
    var theme: String?
    /// For forms that do the same for whoever is logged in, or nobody.
    var visitorCSRF = ""
}

/// The page behind a link that sets a new password.
struct ResetModel: Sendable {
    let site: Site
    let token: String
    let email: String
    let passwordError: String?
    /// What has to be connected again afterwards; nil where nothing is.
    var provider: String?
}

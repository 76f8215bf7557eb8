/// The page on which a link by e-mail is asked for.
struct ForgotModel: Sendable {
    let site: Site
    let email: String
    let emailError: String?
}

/// The page on which a person logs in.
struct LoginModel: Sendable {
    let site: Site
    var email = ""
    /// The local path to go on to.
    var next = ""
    var problem: String?
}

/// Something that was done, in a page of its own.
struct MessageModel: Sendable {
    let site: Site
    let title: String
    let message: String
    let link: String
    let linkText: String
    /// What is shown once, to be copied.
    var secret: String?
    /// Whether it has a button for logging out.
    var canLogOut = false
}

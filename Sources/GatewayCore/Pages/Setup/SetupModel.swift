/// The page on which the first administrator's account is made.
struct SetupModel: Sendable {
    let site: Site
    let token: String
    let form: RegisterModel
}

/// The page that shows recovery codes, once.
struct RecoveryCodesModel: Sendable {
    let site: Site
    let notice: String
    let codes: [String]
    /// All of it as a text file, in the address itself: so the codes are sent once and kept nowhere.
    let file: String

    /// - Parameter place: what the site is called.
    init(site: Site, notice: String, codes: [String], email: String, place: String) {
        self.site = site
        self.notice = notice
        self.codes = codes
        let text =
            "Recovery codes of \(email) at \(place). Each works once.\r\n\r\n\(codes.joined(separator: "\r\n"))\r\n"
        file = "data:text/plain;charset=utf-8,\(text.addingPercentEncoding())"
    }
}

import QRCodes

/// The page on which an app is given the secret.
struct SecondFactorModel: Sendable {
    /// The QR code, in modules.
    struct Picture: Sendable {
        /// With the quiet zone.
        let side: Int
        let path: String
    }

    let site: Site
    /// Nil where the address is too long for one.
    let picture: Picture?
    /// For who types it.
    let key: String
    let address: String
    let problem: String?

    init(site: Site, key: String, address: String, problem: String? = nil) {
        self.site = site
        picture = QRCode(address).map { Picture(side: $0.size + 2 * QRCode.quietZone, path: $0.path) }
        self.key = key
        self.address = address
        self.problem = problem
    }
}

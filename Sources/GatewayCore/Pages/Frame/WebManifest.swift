import Foundation

/// What a browser needs to put the site among a phone's apps (W3C Web Application Manifest).
///
/// There is no service worker: browsers install without one, and what it could keep for the time without a network are
/// people's pages, which nothing keeps.
struct WebManifest: Encodable {
    struct Icon: Encodable {
        let src: String
        let sizes: String
        var type = "image/png"
        /// `maskable`: whatever shape is cut out of it, nothing of its mark is lost.
        let purpose: String
    }

    struct Shortcut: Encodable {
        let name: String
        let url: String
    }

    let id = "/"
    let name = "Mien"
    let short_name = "Mien"
    let description = "How the faces in photos appear."
    let lang = "en"
    let start_url = "/home"
    let scope = "/"
    let display = "standalone"
    // As --surface in style.css, light: a manifest knows no second scheme. The pages' own `theme-color` does.
    let background_color = "#fafaf8"
    let theme_color = "#fafaf8"
    let icons: [Icon]
    let shortcuts = [
        Shortcut(name: "New analysis", url: "/analyses/new"), Shortcut(name: "History", url: "/analyses"),
    ]

    static let mediaType = "application/manifest+json"

    /// - Parameter address: of a file of the site.
    init(address: (String) -> String) {
        icons = [
            Icon(src: address("icon-192.png"), sizes: "192x192", purpose: "any"),
            Icon(src: address("icon-512.png"), sizes: "512x512", purpose: "any"),
            Icon(src: address("icon-maskable.png"), sizes: "512x512", purpose: "maskable"),
        ]
    }

    /// The manifest's text.
    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

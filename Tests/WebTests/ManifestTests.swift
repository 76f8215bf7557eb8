import Foundation
import Testing

@testable import GatewayCore

/// What phones need to put the site among their apps.
@Suite struct ManifestTests {
    @Test func theManifestNamesPicturesOfTheSizesThatItSays() throws {
        let files = try Fixtures.files()
        let json = try WebManifest { files.address($0) }.json()
        let manifest = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        #expect(manifest["display"] as? String == "standalone" && manifest["start_url"] as? String == "/home")
        let icons = try #require(manifest["icons"] as? [[String: String]])
        #expect(Set(icons.compactMap { $0["purpose"] }) == ["any", "maskable"])
        for icon in icons {
            let file = try #require(files.addresses.first { $0.value == icon["src"] }?.key)
            let size = try Self.size(ofPNG: file)
            #expect(icon["sizes"] == "\(size)x\(size)", "\(file)")
        }
        #expect(try Self.size(ofPNG: "apple-touch-icon.png") == 180)
    }

    @Test func everyPageLeadsToIt() throws {
        let html = try Fixtures.templates().render(.login, LoginModel(site: try Fixtures.site("Log in")))
        #expect(html.contains("<link rel=\"manifest\" href=\"/manifest.webmanifest\">"))
        #expect(html.contains("<link rel=\"apple-touch-icon\" href=\"/static/apple-touch-icon."))
        #expect(html.matches(of: /<meta name="theme-color"/).count == 2)
    }

    /// Width and height of a square PNG: its header's first eight bytes (PNG, 11.2.1).
    private static func size(ofPNG file: String) throws -> Int {
        let bytes = Array(try Data(contentsOf: Fixtures.web.appendingPathComponent("Static/\(file)")))
        try #require(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) && bytes.count > 24)
        let (width, height) = (bytes[16..<20], bytes[20..<24])
        try #require(Array(width) == Array(height))
        return width.reduce(0) { $0 << 8 | Int($1) }
    }
}

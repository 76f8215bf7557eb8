import Archives
import Crypto
import Foundation
import HTTPTypes
import Hummingbird

/// The site's own files, read once. Each has its content's hash in its address, so browsers keep it for a year and still
/// never show an old one. A hash of another version's file gets this one's, and nobody keeps it.
struct StaticFiles: Sendable {
    struct File: Sendable {
        let bytes: ByteBuffer
        /// The same by gzip; nil where that saves nothing.
        let packed: ByteBuffer?
        let contentType: String

        init(_ bytes: some Collection<UInt8>, contentType: String, isText: Bool) throws {
            self.bytes = ByteBuffer(bytes: bytes)
            self.contentType = contentType
            let packed = isText ? try Gzip.compress(Array(bytes)) : nil
            self.packed = packed.flatMap { $0.count < bytes.count ? ByteBuffer(bytes: $0) : nil }
        }
    }

    /// What the addresses begin with.
    static let folder = "/static"
    private static let hashBytes = 6

    /// Address by file name: `style.css` → `/static/style.0f3c5a1b.css`.
    let addresses: [String: String]
    private let files: [String: File]
    private let manifest: File

    init(directory: URL) throws {
        var addresses: [String: String] = [:]
        var files: [String: File] = [:]
        for url in try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil) {
            guard let contentType = Self.contentTypes[url.pathExtension] else { continue }
            let data = try Data(contentsOf: url)
            let hash = SHA256.hash(data: data).prefix(Self.hashBytes)
                .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            let name = "\(url.deletingPathExtension().lastPathComponent).\(hash).\(url.pathExtension)"
            addresses[url.lastPathComponent] = "\(Self.folder)/\(name)"
            files[name] = try File(
                data, contentType: contentType, isText: !Self.packedAlready.contains(url.pathExtension))
        }
        self.addresses = addresses
        self.files = files
        for name in Self.needed where addresses[name] == nil {
            throw WebSetupError(description: "The file Static/\(name) of the site is missing in \(directory.path).")
        }
        let description = WebManifest { addresses[$0] ?? "" }
        manifest = try File(try description.json(), contentType: WebManifest.mediaType, isText: true)
    }

    func addRoutes(to router: Router<GatewayContext>) {
        router.get(RouterPath("\(Self.folder)/:name")) { request, context in
            guard let name = context.parameters.get("name") else { throw RequestFailure.notFound }
            if let file = files[name] {
                return Self.response(file, to: request, lifetime: "public, max-age=31536000, immutable")
            }
            // Of another version, while gateways are exchanged one after the other: better than a page without.
            guard let file = Self.name(withoutHash: name).flatMap({ addresses[$0] != nil ? self.file($0) : nil }) else {
                throw RequestFailure.notFound
            }
            return Self.response(file, to: request, lifetime: "no-cache")
        }
        // Browsers, feed readers and phones ask for these by name, whatever the page says.
        for (path, name) in [("/favicon.ico", "icon.svg"), ("/apple-touch-icon.png", "apple-touch-icon.png")] {
            router.get(RouterPath(path)) { request, _ in
                Self.response(file(name), to: request, lifetime: "public, max-age=86400")
            }
        }
        router.get("/manifest.webmanifest") { request, _ in
            Self.response(manifest, to: request, lifetime: "public, max-age=86400")
        }
    }

    /// `style.0f3c5a1b2d4e.css` → `style.css`
    private static func name(withoutHash address: String) -> String? {
        var parts = address.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count > 2 else { return nil }
        let hash = parts.remove(at: parts.count - 2)
        return hash.count == 2 * hashBytes && hash.allSatisfy(\.isHexDigit) ? parts.joined(separator: ".") : nil
    }

    func address(_ name: String) -> String {
        guard let address = addresses[name] else {
            preconditionFailure("Static/\(name) is not among StaticFiles.needed")
        }
        return address
    }

    /// A page's script with those that it builds on, in the order in which they are to run.
    func scripts(_ name: String) -> [String] {
        ((Self.scriptParts[name] ?? []) + [name]).map(address)
    }

    /// The bytes of a file that has an address of its own as well.
    func bytes(_ name: String) -> ByteBuffer { file(name).bytes }

    private func file(_ name: String) -> File {
        guard let file = files[String(address(name).dropFirst(Self.folder.count + 1))] else {
            preconditionFailure("every address has its file")
        }
        return file
    }

    private static func response(_ file: File, to request: Request, lifetime: String) -> Response {
        var headers: HTTPFields = [.contentType: file.contentType, .cacheControl: lifetime]
        var bytes = file.bytes
        if let packed = file.packed {
            // What lies between must not give one browser what another one asked for.
            headers[.vary] = "Accept-Encoding"
            if takesGzip(request.headers[.acceptEncoding] ?? "") {
                headers[.contentEncoding] = "gzip"
                bytes = packed
            }
        }
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: bytes))
    }

    /// Whether a list of encodings (RFC 9110, 12.5.3) has gzip in it, and not with the weight of what is not wanted.
    static func takesGzip(_ encodings: String) -> Bool {
        encodings.split(separator: ",").contains { encoding in
            let parts = encoding.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
            guard parts.first == "gzip" else { return false }
            return !parts.dropFirst().contains { $0.hasPrefix("q=") && Double($0.dropFirst(2)) == 0 }
        }
    }

    /// What pages name; one missing is found at start and not by a visitor.
    static let needed = [
        "style.css", "icon.svg", "sample.jpg", "live.js", "camera.js", "sending.js", "new.js", "result.js", "list.js",
        "enter.js", "operations.js", "icon-192.png", "icon-512.png", "icon-maskable.png", "apple-touch-icon.png",
        "analysis-1.schema.json",
        "openapi.json",
    ]

    /// What several pages do is in a file of its own.
    private static let scriptParts = [
        "result.js": ["live.js"], "list.js": ["live.js"], "operations.js": ["live.js"],
        "new.js": ["camera.js", "sending.js"],
    ]

    /// By their format.
    private static let packedAlready = ["jpg", "png"]

    private static let contentTypes = [
        "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml",
        "json": "application/json; charset=utf-8",
        "jpg": "image/jpeg", "png": "image/png", "txt": "text/plain; charset=utf-8",
    ]
}

/// The site's files are missing or wrong; found at start.
struct WebSetupError: Error, CustomStringConvertible {
    let description: String
}

// mien-bare: the least that a server of Hummingbird's does, for "Deploy/bench api" to measure the gateway against in the same
// run. It is no part of the product.

import HTTPTypes
import Hummingbird
import Logging
import NIOCore

@main
struct MienBare {
    static func main() async throws {
        guard let port = CommandLine.arguments.dropFirst().first.flatMap({ Int($0) }) else {
            print("mien-bare PORT")
            return
        }
        let router = Router(context: BasicRequestContext.self)
        // A form with a photo is read whole and thrown away.
        router.post("/photos") { request, _ in
            let body = try await request.body.collect(upTo: 16 << 20)
            return Self.json(.accepted, "{\"bytes\":\(body.readableBytes)}")
        }
        router.get("/nothing") { _, _ in Self.json(.ok, "{}") }
        var logger = Logger(label: "mien.bare")
        logger.logLevel = .error
        try await Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: port)), logger: logger
        ).runService()
    }

    private static func json(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

import Foundation
import Hummingbird
import Operations

/// The page about the API; everybody may read it.
struct APIPage: Page {
    let frame: PageFrame
    let configuration: GatewayConfiguration

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/api") { request, context in
            let model = try APIPageModel(
                site: frame.site("For programs", .elsewhere, context),
                document: Data(frame.files.bytes("openapi.json").readableBytesView),
                address: configuration.address(request, context))
            return frame.page(.api, model, context)
        }
    }
}

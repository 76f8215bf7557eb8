import Foundation
import Hummingbird
import Operations

/// The page about the API; everybody may read it.
extension WebPages {
    func addAPIPage(to router: Router<GatewayContext>) {
        router.get("/api") { request, context in
            let known = services.configuration.publicAddress
            let model = try APIPageModel(
                site: site("For programs", .elsewhere, context),
                document: Data(files.bytes("openapi.json").readableBytesView),
                address: known.isEmpty ? context.address(asked: request) : known)
            return page(.api, model, context)
        }
    }
}

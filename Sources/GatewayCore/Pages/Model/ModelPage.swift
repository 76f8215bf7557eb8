import Analyses
import Foundation
import Hummingbird
import Logging
import Operations
import ServiceSupport

/// The page about the model; everybody may read it.
struct ModelPage: Page {
    let frame: PageFrame
    let operations: OperationsStore
    let cards: ModelCards
    let analyses: AnalysisStore
    /// They are counted over all accounts' results, and the page is open to everybody.
    let said = Kept<ModelReference, [CorrectionFigures]>(for: .seconds(600))

    func addRoutes(to router: Router<GatewayContext>) {
        router.get("/model") { _, context in
            guard let entry = try await operations.shownModel(of: cards) else { throw RequestFailure.noModel }
            return try await modelPage(entry, context)
        }
        router.get("/model/:name/:version") { _, context in
            try await modelPage(entry(context), context)
        }
    }

    private func entry(_ context: GatewayContext) throws -> ModelCards.Entry {
        guard let name = context.parameters.get("name")?.removingPercentEncoding,
            let version = context.parameters.get("version")?.removingPercentEncoding,
            let entry = cards.find(name, version)
        else { throw RequestFailure.notFound }
        return entry
    }

    private func modelPage(_ entry: ModelCards.Entry, _ context: GatewayContext) async throws -> Response {
        let others = cards.entries.filter { $0.card.name != entry.card.name || $0.card.version != entry.card.version }
        let site = frame.site("About the model", .elsewhere, context)
        let model = ModelReference(name: entry.card.name, version: entry.card.version)
        let logger = context.logger
        // Without the figures where they cannot be counted: the page is about more.
        let said = try? await self.said.value(of: model) {
            do {
                return try await analyses.correctionFigures(of: model)
            } catch {
                logger.error(
                    "What people said of a model could not be counted",
                    metadata: ["error": "\(String(reflecting: error))"])
                throw error
            }
        }
        return frame.page(.model, ModelPageModel(site: site, entry: entry, others: others, said: said ?? []), context)
    }
}

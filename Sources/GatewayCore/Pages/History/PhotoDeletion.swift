import Accounts
import Analyses
import Foundation
import Hummingbird
import Logging

/// Deletes photos for their owner, into the bin where there is one, and says so with a way back.
struct PhotoDeletion: Sendable {
    let analyses: AnalysisStore
    let audit: AuditLog
    let binDays: Int

    /// Deletes one or several.
    func delete(_ choice: AnalysisChoice, of user: User, _ context: GatewayContext) async throws -> Removal {
        let removal = try await analyses.remove(choice, owner: user.id, binDays: binDays)
        await note(removal, choice, user, context)
        return removal
    }

    /// Deletes a batch with its photos; nil when there is none.
    func deleteBatch(_ id: UUID, of user: User, _ context: GatewayContext) async throws -> Removal? {
        guard let removal = try await analyses.removeBatch(id, owner: user.id, binDays: binDays) else { return nil }
        await note(removal, .batch(id), user, context)
        return removal
    }

    private func note(
        _ removal: Removal, _ choice: AnalysisChoice, _ user: User, _ context: GatewayContext
    ) async {
        guard removal.count > 0 else { return }
        context.logger.info(
            "Analyses deleted by their owner",
            metadata: ["analyses": "\(removal.count)", "bin": "\(removal.act != nil)"])
        var detail = "\(removal.count) at once"
        if case .some(let ids) = choice, ids.count == 1 { detail = ids[0].lower }
        await audit.record(
            removal.act == nil ? .analysisDeleted : .analysisBinned, by: user.id, detail: detail, context)
    }

    /// To the history, or the page of it that was left, which says what was done and offers to undo it.
    static func answer(_ removal: Removal, backTo here: String? = nil) -> Response {
        let undo = removal.act.map { [("undo", $0.text)] } ?? []
        return HistoryPage.back(to: here, SelectionNotice(.delete, count: removal.count), undo)
    }
}

import Foundation
import Synchronization

/// Lets each person make one export at a time: it reads every photo.
final class ExportGate: Sendable {
    private let busy = Mutex<Set<UUID>>([])

    /// Held while an export is written; letting go of it ends it, also when nobody ever fetched the answer.
    final class Lease: Sendable {
        private let gate: ExportGate
        private let user: UUID

        fileprivate init(_ gate: ExportGate, _ user: UUID) {
            self.gate = gate
            self.user = user
        }

        deinit {
            gate.busy.withLock { _ = $0.remove(user) }
        }
    }

    /// The right to make one; nil while another is made.
    func enter(_ user: UUID) -> Lease? {
        busy.withLock { $0.insert(user).inserted } ? Lease(self, user) : nil
    }
}

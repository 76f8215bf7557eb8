import Foundation
import Synchronization

/// Lets so much work be done at a time for each person, or for each link.
final class PlaceGate: Sendable {
    private let places: Int
    private let taken = Mutex<[UUID: Int]>([:])

    init(places: Int) {
        self.places = places
    }

    /// Held while the work is done; letting go of it ends it, also when nobody ever fetched the answer.
    final class Lease: Sendable {
        private let gate: PlaceGate
        private let id: UUID

        fileprivate init(_ gate: PlaceGate, _ id: UUID) {
            self.gate = gate
            self.id = id
        }

        deinit {
            gate.taken.withLock { taken in
                let left = (taken[id] ?? 1) - 1
                taken[id] = left > 0 ? left : nil
            }
        }
    }

    /// The right to do some; nil while all places are taken.
    func enter(_ id: UUID) -> Lease? {
        let isIn = taken.withLock { taken in
            guard taken[id, default: 0] < places else { return false }
            taken[id, default: 0] += 1
            return true
        }
        return isIn ? Lease(self, id) : nil
    }
}

import Foundation
import Synchronization

/// Bounds what uploads under way hold in memory: all together, and those of one person.
final class UploadMemory: Sendable {
    private struct State {
        var free: Int
        var held: [UUID: Int] = [:]
    }

    /// What one person's uploads may hold at most.
    let share: Int
    private let state: Mutex<State>

    /// One person has at most a quarter of what all uploads may hold.
    static let shares = 4

    /// - Parameter bytes: What all uploads may hold together.
    init(bytes: Int) {
        share = bytes / Self.shares
        state = Mutex(State(free: bytes))
    }

    /// Lets an upload of a person hold memory, until its lease ends.
    func lease(for person: UUID) -> Lease { Lease(memory: self, person: person) }

    /// A person may hold their share, but never more than what is then left for others: the more people hold already,
    /// the less a further one may, so that none of them takes the last.
    private func take(_ count: Int, for person: UUID) -> Bool {
        state.withLock { state in
            let held = state.held[person, default: 0] + count
            guard held <= share, held <= state.free - count else { return false }
            state.free -= count
            state.held[person] = held
            return true
        }
    }

    private func giveBack(_ count: Int, of person: UUID) {
        state.withLock { state in
            state.free += count
            let held = state.held[person, default: 0] - count
            state.held[person] = held > 0 ? held : nil
        }
    }

    /// What one upload holds.
    final class Lease: Sendable {
        private let memory: UploadMemory
        private let person: UUID
        private let held = Mutex(0)

        fileprivate init(memory: UploadMemory, person: UUID) {
            self.memory = memory
            self.person = person
        }

        /// The most that it may hold: its person's whole share.
        var limit: Int { memory.share }

        /// What this upload holds.
        var bytes: Int { held.withLock { $0 } }

        /// False when the person's uploads, or all together, would hold too much.
        func take(_ count: Int) -> Bool {
            guard memory.take(count, for: person) else { return false }
            held.withLock { $0 += count }
            return true
        }

        func giveBack(_ count: Int) {
            held.withLock { $0 -= count }
            memory.giveBack(count, of: person)
        }

        func end() { giveBack(bytes) }
    }
}

import Foundation
import Mustache
import Synchronization

@testable import GatewayCore

/// What templates asked of their view models.
final class Ledger: Sendable {
    struct Entries: Sendable {
        var found: Set<String> = []
        var missing: Set<String> = []
    }

    private let entries = Mutex(Entries())

    func record(_ name: String, isFound: Bool) {
        entries.withLock { entries in
            if isFound {
                entries.found.formUnion([name])
            } else {
                entries.missing.formUnion([name])
            }
        }
    }

    var all: Entries { entries.withLock { $0 } }
}

/// A view model that notes which names a template finds in it, and which nothing answers to: Mustache itself renders a
/// mistyped name as nothing.
struct StrictModel: MustacheParent, @unchecked Sendable {
    // Sendable: view models are immutable values; the ledger guards itself.
    let value: Any
    let isOutermost: Bool
    let ledger: Ledger

    init(_ value: Any, isOutermost: Bool = true, ledger: Ledger) {
        self.value = value
        self.isOutermost = isOutermost
        self.ledger = ledger
    }

    func child(named name: String) -> Any? {
        guard let child = Mirror(reflecting: value).children.first(where: { $0.label == name }) else {
            // An inner model may leave a name to an outer one; the outermost, and the frame, have nobody behind them.
            if isOutermost || value is Site { ledger.record(name, isFound: false) }
            return nil
        }
        ledger.record(name, isFound: true)
        return wrap(child.value)
    }

    private func wrap(_ value: Any) -> Any {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            // A false section rather than nothing, or the name would be looked for in the outer model.
            return mirror.children.first.map { wrap($0.value) } ?? false
        }
        if let array = value as? [any Sendable] { return array.map(wrap) }
        return mirror.displayStyle == .struct && !(value is String || value is Int || value is Bool)
            ? StrictModel(value, isOutermost: false, ledger: ledger) : value
    }
}

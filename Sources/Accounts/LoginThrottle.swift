package import Foundation
import Synchronization

/// Slows guessing down without locking anybody out.
///
/// - An address that fails often is refused for a growing while (429 with Retry-After): that stops one machine.
/// - A browser from which the person has logged in before is counted for itself (see ``KnownBrowser``), so neither of the
///   other two touches it.
/// - An account that fails often is only delayed, by at most ``Limits/longestDelay``: that slows many machines, and the
///   owner still gets in, whatever strangers do.
///
/// Both are remembered in memory only, in tables of bounded size: a restart forgives, and a flood cannot fill it.
package final class LoginThrottle: Sendable {
    package struct Limits: Sendable {
        /// Failures that cost nothing.
        package var freeForAddress = 10
        var freeForAccount = 5
        /// The first refusal of an address, in seconds; each further failure doubles it.
        var firstRefusal = 1.0
        /// The longest refusal of an address, in seconds.
        var longestRefusal = 60.0
        /// The longest delay of an account, in seconds.
        package var longestDelay = 4.0
        /// Failures older than this are forgotten, in seconds.
        package var memory = 900.0
        /// Entries in each table.
        package var capacity = 20_000

        package init(
            freeForAddress: Int = 10, freeForAccount: Int = 5, firstRefusal: Double = 1.0,
            longestRefusal: Double = 60.0, longestDelay: Double = 4.0, memory: Double = 900.0, capacity: Int = 20_000
        ) {
            self.freeForAddress = freeForAddress
            self.freeForAccount = freeForAccount
            self.firstRefusal = firstRefusal
            self.longestRefusal = longestRefusal
            self.longestDelay = longestDelay
            self.memory = memory
            self.capacity = capacity
        }
    }

    package struct Verdict: Sendable, Equatable {
        /// Seconds after which to come back; nil when the attempt may go on.
        package var refusedFor: Int?
        /// Seconds to wait before answering.
        package var delay: Double
    }

    private struct Failures {
        var count: Int
        var last: Date
    }

    private struct Tables {
        var addresses: [String: Failures] = [:]
        var accounts: [String: Failures] = [:]
    }

    private let limits: Limits
    private let tables = Mutex(Tables())

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// What to do with an attempt, before the password is looked at.
    package func verdict(address: String, account: String, now: Date = Date()) -> Verdict {
        tables.withLock { tables in
            let byAddress = current(tables.addresses[Self.network(of: address)], now)
            let byAccount = current(tables.accounts[Self.key(account)], now)
            let delay = growing(byAccount.count - limits.freeForAccount, from: 0.25, upTo: limits.longestDelay)
            return Verdict(refusedFor: refusal(byAddress, now), delay: delay)
        }
    }

    /// Counts an attempt that costs something whether it succeeds or not.
    /// - Returns: Seconds after which to come back, when the attempt is refused; it is not counted then.
    package func attempt(from address: String, now: Date = Date()) -> Int? {
        tables.withLock { tables in
            let network = Self.network(of: address)
            if let seconds = refusal(current(tables.addresses[network], now), now) { return seconds }
            count(&tables.addresses, network, now)
            return nil
        }
    }

    /// Counts a wrong password or an unknown address.
    package func recordFailure(address: String, account: String, now: Date = Date()) {
        tables.withLock { tables in
            count(&tables.addresses, Self.network(of: address), now)
            count(&tables.accounts, Self.key(account), now)
        }
    }

    /// Forgets the account's failures; the address keeps its own, or one good account would free its guessing of others.
    package func recordSuccess(account: String) {
        tables.withLock { _ = $0.accounts.removeValue(forKey: Self.key(account)) }
    }

    /// How many entries the fuller table has.
    package var size: Int { tables.withLock { max($0.addresses.count, $0.accounts.count) } }

    private func current(_ failures: Failures?, _ now: Date) -> Failures {
        guard let failures, now.timeIntervalSince(failures.last) < limits.memory else {
            return Failures(count: 0, last: .distantPast)
        }
        return failures
    }

    /// Seconds for which an address is refused; nil when it is not.
    private func refusal(_ failures: Failures, _ now: Date) -> Int? {
        let whole = growing(
            failures.count - limits.freeForAddress, from: limits.firstRefusal, upTo: limits.longestRefusal)
        let remaining = whole - now.timeIntervalSince(failures.last)
        return remaining > 0 ? Int(remaining.rounded(.up)) : nil
    }

    private func growing(_ excess: Int, from first: Double, upTo longest: Double) -> Double {
        excess < 0 ? 0 : min(longest, first * pow(2, Double(min(excess, 30))))
    }

    private func count(_ table: inout [String: Failures], _ key: String, _ now: Date) {
        let before = current(table[key], now).count
        if table[key] == nil, table.count >= limits.capacity { shrink(&table, now) }
        table[key] = Failures(count: before + 1, last: now)
    }

    /// Drops what is forgotten anyway and then, if that was little, the older half; so it runs rarely.
    private func shrink(_ table: inout [String: Failures], _ now: Date) {
        table = table.filter { now.timeIntervalSince($0.value.last) < limits.memory }
        guard table.count > limits.capacity / 2 else { return }
        let newest = table.sorted { $0.value.last > $1.value.last }.prefix(limits.capacity / 2)
        table = Dictionary(uniqueKeysWithValues: newest.map { ($0.key, $0.value) })
    }

    private static func key(_ account: String) -> String {
        String(account.trimmingCharacters(in: .whitespacesAndNewlines).lowercased().prefix(254))
    }

    /// An IPv6 customer has a whole /64, so its first four groups stand for it.
    package static func network(of address: String) -> String {
        guard address.contains(":"), !address.lowercased().hasPrefix("::ffff:") else { return address }
        let head = address.split(separator: "%")[0].components(separatedBy: "::")
        let first = head[0].split(separator: ":").prefix(4)
        return first.joined(separator: ":") + "::/64"
    }
}

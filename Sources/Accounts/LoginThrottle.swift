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
/// Attempts count from when they are let in until it is known what they were, so those that come at once are bounded like
/// those that come one by one. Those that have to wait for others only because of that are let in once these were right.
///
/// All is remembered in memory only, in tables of bounded size: a restart forgives, and a flood cannot fill it.
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
        /// Whether it has to wait until it is known what others of its address are, which are looked at now.
        package var isCrowded = false
        /// Seconds to wait before answering.
        package var delay: Double
    }

    /// What an attempt was.
    package enum Outcome: Sendable {
        case right, wrong
        /// Nobody has looked at it.
        case none
    }

    private struct Failures {
        var count = 0
        var last = Date.distantPast
        /// Attempts of which it is not known yet what they are.
        var open = 0
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
        tables.withLock { verdict($0, address, account, now) }
    }

    /// The same; when the attempt may go on, it is counted until ``end(address:account:_:now:)``.
    package func admit(address: String, account: String, now: Date = Date()) -> Verdict {
        tables.withLock { tables in
            let verdict = verdict(tables, address, account, now)
            if verdict.refusedFor == nil, !verdict.isCrowded {
                change(&tables.addresses, Self.network(of: address), now) { $0.open += 1 }
                change(&tables.accounts, Self.key(account), now) { $0.open += 1 }
            }
            return verdict
        }
    }

    private func verdict(_ tables: Tables, _ address: String, _ account: String, _ now: Date) -> Verdict {
        let byAddress = current(tables.addresses[Self.network(of: address)], now)
        let byAccount = current(tables.accounts[Self.key(account)], now)
        return Verdict(
            refusedFor: refusal(byAddress, now),
            isCrowded: byAddress.open >= max(1, limits.freeForAddress - byAddress.count),
            delay: growing(
                byAccount.count + byAccount.open - limits.freeForAccount, from: 0.25, upTo: limits.longestDelay))
    }

    /// What an attempt that was let in has been.
    package func end(address: String, account: String, _ outcome: Outcome, now: Date = Date()) {
        if outcome == .wrong { recordFailure(address: address, account: account, now: now) }
        tables.withLock { tables in
            close(&tables.addresses, Self.network(of: address))
            close(&tables.accounts, Self.key(account))
        }
        if outcome == .right { recordSuccess(account: account) }
    }

    private func close(_ table: inout [String: Failures], _ key: String) {
        // A flood may have pushed it out.
        guard var failures = table[key] else { return }
        failures.open = max(0, failures.open - 1)
        table[key] = failures.count == 0 && failures.open == 0 ? nil : failures
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
        tables.withLock { tables in
            let key = Self.key(account)
            tables.accounts[key]?.count = 0
            if tables.accounts[key]?.open == 0 { tables.accounts[key] = nil }
        }
    }

    /// How many entries the fuller table has.
    package var size: Int { tables.withLock { max($0.addresses.count, $0.accounts.count) } }

    /// Without failures that are forgotten.
    private func current(_ failures: Failures?, _ now: Date) -> Failures {
        guard let failures else { return Failures() }
        return now.timeIntervalSince(failures.last) < limits.memory ? failures : Failures(open: failures.open)
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
        change(&table, key, now) { failures in
            failures.count += 1
            failures.last = now
        }
    }

    private func change(
        _ table: inout [String: Failures], _ key: String, _ now: Date, _ body: (inout Failures) -> Void
    ) {
        var failures = current(table[key], now)
        if table[key] == nil, table.count >= limits.capacity { shrink(&table, now) }
        body(&failures)
        table[key] = failures
    }

    /// Drops what is forgotten anyway and then, if that was little, the older half; so it runs rarely.
    private func shrink(_ table: inout [String: Failures], _ now: Date) {
        func age(_ failures: Failures) -> Double { failures.open > 0 ? 0 : now.timeIntervalSince(failures.last) }
        table = table.filter { age($0.value) < limits.memory }
        guard table.count > limits.capacity / 2 else { return }
        let newest = table.sorted { age($0.value) < age($1.value) }.prefix(limits.capacity / 2)
        table = Dictionary(uniqueKeysWithValues: newest.map { ($0.key, $0.value) })
    }

    private static func key(_ account: String) -> String {
        String(account.trimmingCharacters(in: .whitespacesAndNewlines).lowercased().prefix(254))
    }

    /// An IPv6 customer has a whole /64, which stands for each of its addresses. What is no address stands for itself.
    package static func network(of address: String) -> String {
        NetworkAddress.network(of: address) ?? address
    }
}

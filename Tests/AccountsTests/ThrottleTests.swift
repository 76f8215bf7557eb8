import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import Accounts
@testable import GatewayCore

@Suite struct ThrottleTests {
    private static let start = Date(timeIntervalSince1970: 1_000_000)

    private func fail(_ throttle: LoginThrottle, _ times: Int, address: String, account: String, at date: Date = start)
    {
        for _ in 0..<times { throttle.recordFailure(address: address, account: account, now: date) }
    }

    @Test func afterTenFailuresAnAddressIsRefusedForAGrowingWhile() {
        let throttle = LoginThrottle()
        fail(throttle, 9, address: "192.0.2.1", account: "x")
        #expect(throttle.verdict(address: "192.0.2.1", account: "y", now: Self.start).refusedFor == nil)
        var waits: [Int?] = []
        for _ in 0..<8 {
            fail(throttle, 1, address: "192.0.2.1", account: "x")
            waits.append(throttle.verdict(address: "192.0.2.1", account: "y", now: Self.start).refusedFor)
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60])
        let later = Self.start.addingTimeInterval(61)
        #expect(throttle.verdict(address: "192.0.2.1", account: "y", now: later).refusedFor == nil)
        #expect(throttle.verdict(address: "192.0.2.2", account: "y", now: Self.start).refusedFor == nil)
    }

    @Test func strangersOnlyDelayAnAccountAndNeverLockItOut() {
        let throttle = LoginThrottle()
        for number in 0..<500 {
            throttle.recordFailure(address: "198.51.100.\(number)", account: "Ada@Example.org ", now: Self.start)
        }
        let verdict = throttle.verdict(address: "203.0.113.7", account: "ada@example.org", now: Self.start)
        #expect(verdict == LoginThrottle.Verdict(refusedFor: nil, delay: 4))
        throttle.recordSuccess(account: "ada@example.org")
        #expect(throttle.verdict(address: "203.0.113.7", account: "ada@example.org", now: Self.start).delay == 0)
    }

    @Test func failuresAreForgotten() {
        let throttle = LoginThrottle()
        fail(throttle, 50, address: "192.0.2.1", account: "x")
        let later = Self.start.addingTimeInterval(901)
        #expect(
            throttle.verdict(address: "192.0.2.1", account: "x", now: later)
                == LoginThrottle.Verdict(refusedFor: nil, delay: 0))
    }

    @Test func aFloodDoesNotGrowTheTables() {
        var limits = LoginThrottle.Limits()
        limits.capacity = 100
        let throttle = LoginThrottle(limits: limits)
        for number in 0..<1_000 {
            let date = Self.start.addingTimeInterval(Double(number) / 100)
            throttle.recordFailure(address: "a\(number)", account: "b\(number)", now: date)
            #expect(throttle.size <= 100)
        }
        fail(throttle, 11, address: "a999", account: "b", at: Self.start.addingTimeInterval(10))
        #expect(
            throttle.verdict(address: "a999", account: "b", now: Self.start.addingTimeInterval(10)).refusedFor != nil)
    }

    @Test func attemptsOfAnAddressAreCountedWhetherTheySucceedOrNot() {
        let throttle = LoginThrottle(limits: .init(freeForAddress: 3))
        for _ in 0..<3 { #expect(throttle.attempt(from: "192.0.2.1", now: Self.start) == nil) }
        #expect(throttle.attempt(from: "192.0.2.1", now: Self.start) == 1)
        #expect(throttle.attempt(from: "192.0.2.2", now: Self.start) == nil)
        let later = Self.start.addingTimeInterval(1)
        #expect(throttle.attempt(from: "192.0.2.1", now: later) == nil, "a refused attempt is not counted")
        #expect(throttle.attempt(from: "192.0.2.1", now: later) == 2)
    }

    @Test func attemptsAtOnceCountBeforeItIsKnownWhatTheyAre() {
        let throttle = LoginThrottle(limits: .init(freeForAddress: 3, freeForAccount: 2))
        func admit(_ account: String = "x", at date: Date = Self.start) -> LoginThrottle.Verdict {
            throttle.admit(address: "192.0.2.1", account: account, now: date)
        }
        func end(_ outcome: LoginThrottle.Outcome) {
            throttle.end(address: "192.0.2.1", account: "x", outcome, now: Self.start)
        }
        #expect((0..<3).map { _ in admit().delay } == [0, 0, 0.25])
        #expect(admit("y").isCrowded && admit("y").refusedFor == nil)
        #expect(!throttle.admit(address: "192.0.2.2", account: "y", now: Self.start).isCrowded)
        end(.right)
        #expect(!admit().isCrowded, "what was right makes room")
        for _ in 0..<2 { end(.wrong) }
        end(.none)
        #expect(!admit().isCrowded, "and so does what nobody has looked at")
        end(.wrong)
        #expect(admit().refusedFor == 1)
        let later = Self.start.addingTimeInterval(1)
        #expect(!admit(at: later).isCrowded)
        #expect(admit(at: later).isCrowded, "after a refusal one at a time")
        end(.right)
        #expect(throttle.verdict(address: "192.0.2.1", account: "x", now: Self.start).refusedFor == 1)
    }

    /// Sends log-ins at once from one address, each with a browser's own token.
    private func logIns(_ site: Site, _ number: Int, password: String) async throws -> [HTTPResponse.Status] {
        let page = try await site.client.executeRequest(uri: "/login", method: .get, headers: [:], body: nil)
        let token = page.text.firstMatch(of: /name="csrf_token" value="([^"]*)"/).map { String($0.1) } ?? ""
        let cookie = page.headers[.setCookie]?.prefix { $0 != ";" } ?? ""
        let fields = ["email": "ada@example.org", "password": password, "csrf_token": token]
        let body = fields.map { "\($0.key)=\($0.value.addingPercentEncoding())" }.joined(separator: "&")
        return try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
            for _ in 0..<number {
                group.addTask {
                    try await site.client.executeRequest(
                        uri: "/login", method: .post,
                        headers: [
                            .cookie: String(cookie), .contentType: "application/x-www-form-urlencoded",
                        ], body: ByteBuffer(string: body)
                    ).status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func ofManyGuessesAtOnceNoMoreAreLookedAtThanOneByOne() async throws {
        var limits = LoginThrottle.Limits(firstRefusal: 3_600, longestRefusal: 3_600)
        limits.longestDelay = 0
        try await Site.run(throttle: LoginThrottle(limits: limits)) { site in
            _ = try await site.accounts.makeUser()
            let answers = try await logIns(site, 60, password: "not this one")
            #expect(answers.count { $0 == .unprocessableContent } == 10)
            #expect(answers.count { $0 == .tooManyRequests } == 50)
        }
    }

    @Test func aClassThatLogsInAtOnceBehindOneAddressGetsIn() async throws {
        try await Site.run(throttle: LoginThrottle(limits: .init(longestDelay: 0))) { site in
            _ = try await site.accounts.makeUser()
            let answers = try await logIns(site, 30, password: "kumquat marmalade")
            #expect(answers.allSatisfy { $0 == .seeOther })
        }
    }

    @Test func registrationsFromOneAddressAreSlowedDownAndLogInsAreNot() async throws {
        try await Site.run { site in
            _ = try await site.accounts.makeUser()
            let eve = Browser(site)
            let page = try await eve.get("/register").text
            let token = page.firstMatch(of: /name="csrf_token" value="([^"]*)"/).map { String($0.1) } ?? ""
            for number in 0..<32 {
                let fields = ["name": "Eve", "email": "eve\(number)@example.org", "password": "a long secret"]
                let answer = try await eve.post("/register", fields.merging(["csrf_token": token]) { $1 })
                #expect(answer.status == (number < 30 ? .seeOther : .tooManyRequests), "\(number)")
                eve.cookies["mien_session"] = nil
            }
            let wrong = try await Browser(site).submit("/register", from: "/register", ["name": "Eve", "email": "eve"])
            #expect(wrong.status == .unprocessableContent, "what can be corrected is told all the same")
            let logIn = try await Browser(site).submit("/login", from: "/login", SiteTests.ada)
            #expect(logIn.status == .seeOther)
        }
    }

    @Test func anIPv6CustomerIsOneAddress() {
        #expect(LoginThrottle.network(of: "2001:db8:1:2:aaaa::1") == LoginThrottle.network(of: "2001:db8:1:2:bbbb::9"))
        #expect(LoginThrottle.network(of: "2001:db8:1:2::1") != LoginThrottle.network(of: "2001:db8:1:3::1"))
        #expect(LoginThrottle.network(of: "192.0.2.1") == "192.0.2.1")
        #expect(LoginThrottle.network(of: "::ffff:192.0.2.1") == "192.0.2.1")
        #expect(LoginThrottle.network(of: "2001::1:a:b:c:d") == LoginThrottle.network(of: "2001:0:0:1::5"))
        #expect(LoginThrottle.network(of: "2001::1:a:b:c:d") != LoginThrottle.network(of: "2001::2:a:b:c:d"))
        #expect(LoginThrottle.network(of: "2001:DB8:1:2::1%eth0") == "2001:db8:1:2::/64")
        #expect(LoginThrottle.network(of: "unknown") == "unknown")
    }

    @Test func tooManyDelayedLogInsAreRefusedAtOnce() async throws {
        let gate = LoginGate(limit: 1)
        // Whoever comes first takes the one place: the long one tries until it has it.
        let first = Task { while try await !gate.delay(60) { await Task.yield() } }
        while try await gate.delay(0.001) { await Task.yield() }
        #expect(try await gate.delay(0) == true, "one that needs no delay passes")
        first.cancel()
        _ = await first.result
        #expect(try await gate.delay(0.001))
    }
}

import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import Accounts
@testable import GatewayCore

@Suite struct RateLimitTests {
    private let start = ContinuousClock.now

    @Test func aBucketIsEmptiedAndFillsAllTheTime() {
        let allowance = RequestAllowance(perMinute: 60)
        for left in (0..<60).reversed() {
            let verdict = allowance.take("a", now: start)
            #expect(verdict.isAllowed && verdict.left == left)
        }
        let refused = allowance.take("a", now: start)
        #expect(refused == RequestAllowance.Verdict(isAllowed: false, left: 0, seconds: 1))
        #expect(allowance.take("b", now: start).isAllowed, "another one has a bucket of its own")
        #expect(allowance.take("a", now: start + .seconds(1)).isAllowed)
        #expect(!allowance.take("a", now: start + .seconds(1)).isAllowed)
        #expect(allowance.take("a", now: start + .seconds(3_600)).left == 59, "and never holds more than a minute's")
    }

    @Test func aPollThatFindsNothingNewCostsATenth() {
        let allowance = RequestAllowance(perMinute: 2)
        for _ in 0..<9 {
            #expect(allowance.take("a", now: start).isAllowed)
            allowance.giveBack("a", 0.9)
        }
        #expect(allowance.take("a", now: start).isAllowed)
        #expect(!allowance.take("a", now: start).isAllowed)
    }

    @Test func whoAsksMostIsRememberedLongest() {
        let allowance = RequestAllowance(perMinute: 3, capacity: 10)
        for _ in 0..<4 { _ = allowance.take("busy", now: start) }
        for index in 0..<100 { _ = allowance.take("once \(index)", now: start) }
        #expect(!allowance.take("busy", now: start).isAllowed)
    }

    @Test func aProgramIsToldWhatIsLeftAndWhenToComeBack() async throws {
        try await Site.run(["MIEN_API_REQUESTS_PER_MINUTE": "3"]) { site in
            let ada = try await Program(site)
            for left in [2, 1, 0] {
                let answer = try await ada.send(.get, "/me")
                #expect(answer.status == .ok)
                #expect(answer.headers[HTTPField.Name("RateLimit-Policy")!] == "\"minute\";q=3;w=60")
                #expect(answer.headers[HTTPField.Name("RateLimit")!]?.hasPrefix("\"minute\";r=\(left);t=") == true)
            }
            let refused = try await ada.send(.get, "/me")
            #expect(refused.status == .tooManyRequests)
            #expect(try refused.object()["code"] as? String == "rate_limited")
            #expect(refused.headers[.retryAfter].flatMap { Int($0) }.map { (1...20).contains($0) } == true)
            #expect(refused.headers[HTTPField.Name("RateLimit")!]?.hasPrefix("\"minute\";r=0;t=") == true)
            #expect(try await Program(site).send(.get, "/me").status == .ok, "another token has its own")
            // Pages have no such limit.
            let page = try await site.client.executeRequest(
                uri: "/account", method: .get, headers: [.authorization: "Bearer \(ada.token)"], body: nil)
            #expect(page.status != .tooManyRequests)
        }
    }
}

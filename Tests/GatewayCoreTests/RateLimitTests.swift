import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import Accounts
@testable import Analyses
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

    /// The router skips slashes that are too many, and so does whatever decides by a path.
    @Test(arguments: ["//api/v1/me", "/api//v1/me", "/api/v1//me/", "//s/x", "/s//x"])
    func thereIsNoWayAroundTheLimit(_ path: String) async throws {
        try await Site.run(["MIEN_API_REQUESTS_PER_MINUTE": "3"]) { site in
            var answers: [HTTPResponse.Status] = []
            for _ in 0..<4 {
                answers.append(
                    try await site.client.executeRequest(uri: path, method: .get, headers: [:], body: nil).status)
            }
            #expect(answers.dropLast().allSatisfy { $0 != .tooManyRequests } && answers.last == .tooManyRequests)
        }
    }

    @Test func aPathIsReadWithoutSurplusSlashes() async throws {
        #expect(PathParts("//account///security/").isWithin(PathParts("/account/security")))
        #expect(PathParts("/account/security/x").isWithin(PathParts("/account/security")))
        #expect(!PathParts("/account/security2").isWithin(PathParts("/account/security")))
        try await Site.run { site in
            let missing = try await site.client.executeRequest(
                uri: "//api//v1/analyses", method: .get, headers: [.accept: "*/*"], body: nil)
            #expect(missing.status == .unauthorized, "programs get no page, however they write it")
            #expect(missing.headers[.contentType] == "application/problem+json")
        }
    }

    /// A program that paces itself by what is left goes on blindly otherwise, exactly when it errs.
    @Test func anErrorSaysWhatIsLeftToo() async throws {
        try await Site.run { site in
            let ada = try await Program(site)
            let unfit = ["/analyses/\(UUID().lower)", "/analyses?limit=0", "/batches/x", "/nowhere"]
            var answers: [TestResponse] = []
            for path in unfit { answers.append(try await ada.send(.get, path)) }
            let id = try await site.analysis(of: ada.user.id).lower
            answers.append(try await ada.send(.patch, "/analyses/\(id)", ["colour": "red"]))
            answers.append(try await ada.send(.post, "/analyses", ["photos": [["data": "?"]]]))
            answers.append(try await ada.send(.post, "/batches", body: nil))
            #expect(answers.map(\.status.code) == [404, 400, 404, 404, 422, 422, 415])
            for answer in answers {
                #expect(answer.headers[HTTPField.Name("RateLimit")!]?.hasPrefix("\"minute\";r=11") == true)
            }
        }
    }

    @Test func anIPv6NetworkHasOneBucket() async throws {
        try await Site.run(["MIEN_API_REQUESTS_PER_MINUTE": "3", "MIEN_TRUST_PROXY": "yes"]) { site in
            var answers: [HTTPResponse.Status] = []
            for address in [
                "2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:a:b:c:d", "2001:db8:1:2::4", "2001:db8:1:3::1",
            ] {
                answers.append(
                    try await site.client.executeRequest(
                        uri: "/s/x", method: .get, headers: [HTTPField.Name("X-Forwarded-For")!: address], body: nil
                    ).status)
            }
            #expect(answers == [.notFound, .notFound, .notFound, .tooManyRequests, .notFound])
        }
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

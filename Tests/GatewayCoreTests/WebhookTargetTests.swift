import Foundation
import Glibc
import Testing

@testable import Analyses
@testable import Transfers
@testable import Webhooks

/// Where webhooks may lead, as text and as addresses; and what is signed.
@Suite struct WebhookTargetTests {
    @Test(arguments: [
        "https://example.org", "https://example.org/hook?a=b", "HTTPS://Example.org:443/",
        "https://example.org:8443/a@b",
        "https://xn--mnchen-3ya.example/", "https://[2606:4700:4700::1111]/", "https://1.1.1.1/hook",
    ])
    func anAddressOfThePublicInternetIsTaken(_ url: String) throws {
        let target = try WebhookTarget(url, allowed: .init(""))
        #expect(target.url == url)
        #expect(!target.isClearText && !target.isAllowed)
    }

    @Test(arguments: [
        "", "example.org", "//example.org", "https:example.org", "https://", "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd", "gopher://example.org/", "https://ada:secret@example.org/", "https://@example.org/",
        "https://example.org#@127.0.0.1/", "https://example.org/#part", "https://exam ple.org/",
        "https://example.org\\@127.0.0.1/",
        "https://example.org:0/", "https://example.org:22/", "https://example.org:80/", "https://example.org:65536/",
        "https://example.org:/", "https://example.org:+443/", "https://2130706433/", "https://0x7f000001/",
        "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1./", "https://localhost./",
        "https://example..org/", "https://-example.org/", "https://[::1/", "https://[fe80::1%25eth0]/",
        "https://[::1]x/",
        "https://1.2.3.4.5/", "https://１２７.0.0.1/", "https://münchen.example/", "https://example.org/\u{0}",
        "https://example.org/\n", "https://example_.org/", "https://[example.org]/",
    ])
    func whatIsNoPlainHTTPSAddressIsRefused(_ url: String) {
        #expect(throws: WebhookTarget.Refusal.self) { try WebhookTarget(url, allowed: .init("")) }
    }

    @Test func namedHostsMayBeNearAndInClear() throws {
        let allowed = WebhookTarget.AllowedHosts("hooks.lan, 127.0.0.1,[fd00::5]")
        #expect(allowed.wrong == [])
        for url in ["http://hooks.lan:80/", "http://HOOKS.lan/", "http://127.0.0.1:9/", "https://[fd00::5]/"] {
            #expect(try WebhookTarget(url, allowed: allowed).isAllowed, "\(url)")
        }
        #expect(throws: WebhookTarget.Refusal.self) { try WebhookTarget("http://hooks.lan.example/", allowed: allowed) }
        #expect(throws: WebhookTarget.Refusal.self) { try WebhookTarget("http://127.0.0.2/", allowed: allowed) }
        #expect(WebhookTarget.AllowedHosts("hooks.lan:80, http://a.lan, *").wrong.count == 3)
    }

    private static let near = [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.255",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1",
        "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "fc00::1", "fd12:3456::1", "fe80::1", "febf::1", "fec0::1",
        "ff02::1", "2001::1", "2001:20::1", "2001:1ff::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "3fff:fff::1",
        "4000::1", "5f00::1",
    ]
    private static let far = [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
        "128.0.0.1", "169.253.0.1", "172.15.0.1", "172.32.0.1", "192.0.1.1", "192.167.0.1", "192.169.0.1", "198.17.0.1",
        "198.20.0.1", "223.255.255.255", "2606:4700:4700::1111", "2001:4860:4860::8888", "2001:200::1", "2a00::1",
        "3ffe::1", "2003::1",
    ]

    private func address(_ text: String) throws -> SocketAddress {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        var list: UnsafeMutablePointer<addrinfo>?
        #expect(getaddrinfo(text, nil, &hints, &list) == 0, "\(text)")
        defer { freeaddrinfo(list) }
        return SocketAddress(at: UnsafeRawPointer(try #require(list?.pointee.ai_addr)))
    }

    @Test(arguments: near) func whatIsNearIsNotCalled(_ text: String) throws {
        #expect(!AddressRules.isPublic(try address(text)))
    }

    @Test(arguments: far) func whatIsPublicIsCalled(_ text: String) throws {
        #expect(AddressRules.isPublic(try address(text)))
    }

    @Test func otherFamiliesAreNotCalled() {
        #expect(!AddressRules.isPublic(.other))
    }

    @Test(arguments: ["localhost", "127.0.0.1", "::1"]) func aNameThatLeadsInwardIsRefusedAtOnce(_ host: String) async {
        #expect(await HostLookup().problem(withHost: host)?.contains("private") == true)
    }

    @Test func anEndpointIsCheckedByField() async {
        let check = WebhookCheck(allowed: .init("hooks.lan"))
        await #expect(throws: WebhookCheck.Problems.self) {
            _ = try await check.check(url: "https://localhost/", events: nil)
        }
        await #expect(throws: WebhookCheck.Problems.self) { _ = try await check.check(url: nil, events: ["all"]) }
        await #expect(throws: WebhookCheck.Problems.self) { _ = try await check.check(url: nil, events: []) }
        let good = try? await check.check(
            url: "http://hooks.lan/", events: ["batch.finished", "analysis.finished", "batch.finished"])
        #expect(good?.events == [.analysisFinished, .batchFinished])
    }

    /// The example of the specification's reference libraries.
    @Test func theSignatureIsTheSpecifications() throws {
        let secret = try #require(WebhookSecret(text: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signature = secret.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: #"{"test": 2432232314}"#)
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func aSecretIsKeptAsItIs() throws {
        let secret = WebhookSecret.make()
        #expect(secret.text.hasPrefix("whsec_"))
        #expect(Data(base64Encoded: String(secret.text.dropFirst(6)))?.count == 32)
        #expect(WebhookSecret(text: secret.text) == secret)
        #expect(WebhookSecret.make() != secret)
        for wrong in ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_*"] {
            #expect(WebhookSecret(text: wrong) == nil)
        }
    }

    @Test func attemptsGoOnForThreeDays() {
        var (attempts, seconds) = (1, 0)
        while let delay = RetrySchedule.delay(afterAttempts: attempts) {
            seconds += delay
            attempts += 1
        }
        #expect(attempts == 10)
        #expect(seconds > RetrySchedule.failingDays * 86_400)
        #expect(RetrySchedule.delays == RetrySchedule.delays.sorted())
    }
}

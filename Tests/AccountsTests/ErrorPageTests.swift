import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import GatewayCore

@Suite struct ErrorPageTests {
    @Test func anUnknownErrorIsSaidInOurWordsWithTheRequestsId() async throws {
        try await Site.run { site in
            let page = try await Browser(site).get("/fails", [.accept: "text/html"])
            #expect(page.status == .internalServerError)
            #expect(page.text.contains("Something went wrong here"))
            #expect(page.text.contains(/Request <code>[0-9a-f]+<\/code>/))
            #expect(!page.text.contains("hunter2"))
            let json = try await Browser(site).get("/fails", [.accept: "application/json"])
            #expect(json.status == .internalServerError)
            #expect(json.headers[.contentType] == "application/problem+json")
            #expect(json.text.contains(#""code":"internal""#))
            #expect(!json.text.contains("hunter2"))
        }
    }

    @Test func whatIsNotThereIsSaidSo() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            for path in ["/nowhere", "/static/none.css", "/static/..%2F..%2Fetc%2Fpasswd"] {
                let answer = try await browser.get(path)
                #expect(answer.status == .notFound)
                #expect(answer.text.contains("Nothing is here"))
            }
            try await browser.submit("/register", from: "/register", SiteTests.ada)
            for path in ["/analyses/\(UUID())", "/analyses/x", "/analyses?before=x"] {
                let answer = try await browser.get(path)
                #expect(answer.status == .notFound)
                #expect(answer.text.contains("Log out"), "the frame still knows who is there")
            }
            #expect(try await browser.submit("/analyses/\(UUID())/delete", from: "/home").status == .notFound)
        }
    }

    @Test func aFormThatIsTooLargeIsRefused() async throws {
        try await Site.run { site in
            let name = String(repeating: "a", count: 70_000)
            let answer = try await Browser(site).submit("/register", from: "/register", ["name": name])
            #expect(answer.status == .contentTooLarge)
        }
    }

    @Test func everyAnswerCarriesTheSecurityHeaders() async throws {
        try await Site.run { site in
            for path in ["/", "/nowhere", "/fails"] {
                let answer = try await Browser(site).get(path)
                #expect(answer.headers[.contentSecurityPolicy] == SecurityHeadersMiddleware.policy)
                #expect(answer.headers[.xContentTypeOptions] == "nosniff")
                #expect(answer.headers[HTTPField.Name("Referrer-Policy")!] == "same-origin")
                #expect(answer.headers[.cacheControl] == "no-store")
            }
            let page = try await Browser(site).get("/").text
            let style = try #require(page.firstMatch(of: /href="(\/static\/style[^"]+)"/)).1
            let file = try await Browser(site).get(String(style))
            #expect(file.headers[.cacheControl] == "public, max-age=31536000, immutable")
            #expect(file.headers[.contentType] == "text/css; charset=utf-8")
            #expect(file.headers[.contentSecurityPolicy] != nil)
        }
    }
}

import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Webhooks

/// Webhooks by API and in the account page.
@Suite struct WebhookRouteTests {
    private static let settings = ["MIEN_WEBHOOK_HOSTS": "hooks.lan", "MIEN_PUBLIC_URL": "https://mien.example.org"]
    private static let good: [String: any Sendable] = ["url": "http://hooks.lan/a", "events": ["analysis.finished"]]

    @Test func aProgramMakesChangesAndDeletesAWebhook() async throws {
        try await Site.run(Self.settings) { site in
            let ada = try await Program(site, scopes: [.webhooks])
            let made = try await ada.send(.post, "/webhooks", Self.good)
            #expect(made.status == .created)
            let document = try made.object()
            let id = try #require(document["id"] as? String)
            #expect(made.headers[.location] == "/api/v1/webhooks/\(id)")
            let secret = try #require(document["secret"] as? String)
            #expect(WebhookSecret(text: secret) != nil)

            let shown = try await ada.send(.get, "/webhooks/\(id)")
            #expect(shown.status == .ok && !shown.text.contains("whsec_"))
            #expect(try shown.object()["disabled_reason"] is NSNull)
            let list = try await ada.send(.get, "/webhooks")
            #expect((try list.object()["webhooks"] as? [Any])?.count == 1 && !list.text.contains("whsec_"))

            let off = try await ada.send(.patch, "/webhooks/\(id)", ["enabled": false, "events": ["batch.finished"]])
            #expect(try off.object()["enabled"] as? Bool == false)
            #expect(try off.object()["events"] as? [String] == ["batch.finished"])
            #expect(try off.object()["url"] as? String == "http://hooks.lan/a")
            let refused = try await ada.send(.post, "/webhooks/\(id)/test")
            #expect(refused.status == .conflict)
            #expect(try refused.object()["code"] as? String == "webhook_off")
            #expect(
                try await ada.send(.patch, "/webhooks/\(id)", ["enabled": true]).object()["enabled"] as? Bool == true)

            let rotated = try await ada.send(.post, "/webhooks/\(id)/rotate").object()
            #expect(rotated["secret"] as? String != secret && rotated["previous_secret_until"] is String)

            #expect(try await ada.send(.delete, "/webhooks/\(id)").status == .noContent)
            #expect(try await ada.send(.delete, "/webhooks/\(id)").status == .notFound)
        }
    }

    @Test(arguments: [
        (#"{}"#, ["events", "url"]), (#"{"url": 1, "events": "all"}"#, ["events", "url"]),
        (#"{"url": "http://hooks.lan/", "events": []}"#, ["events"]),
        (#"{"url": "http://hooks.lan/", "events": ["all"], "secret": "x"}"#, ["events", "secret"]),
        (#"{"url": "https://ada:b@hooks.lan/", "events": ["batch.finished"]}"#, ["url"]),
        (#"{"url": "https://hooks.lan.invalid/", "events": ["batch.finished"]}"#, ["url"]),
        (#"{"url": "https://localhost/", "events": ["batch.finished"]}"#, ["url"]),
        (#"{"url": "https://2130706433/", "events": ["batch.finished"]}"#, ["url"]),
        (#"{"url": "https://[::ffff:127.0.0.1]/", "events": ["batch.finished"]}"#, ["url"]),
    ])
    func whatCannotBeIsRefusedByField(_ json: String, _ fields: [String]) async throws {
        try await Site.run(Self.settings) { site in
            let ada = try await Program(site, scopes: [.webhooks])
            let answer = try await ada.send(
                .post, "/webhooks", body: .init(string: json), headers: [.contentType: "application/json"])
            #expect(answer.status == .unprocessableContent)
            #expect((try answer.object()["errors"] as? [String: String])?.keys.sorted() == fields, "\(answer.text)")
            #expect(try await ada.send(.get, "/webhooks").object()["webhooks"] as? [String] == [])
        }
    }

    @Test(arguments: [
        #"{"enabled": 1}"#, #"{"enabled": null}"#, #"{"url": null}"#, #"{"events": []}"#, #"{"on": true}"#,
    ])
    func aChangeThatCannotBeIsRefused(_ json: String) async throws {
        try await Site.run(Self.settings) { site in
            let ada = try await Program(site, scopes: [.webhooks])
            let id = try #require(try await ada.send(.post, "/webhooks", Self.good).object()["id"] as? String)
            let before = try await ada.send(.get, "/webhooks/\(id)").text
            let answer = try await ada.send(
                .patch, "/webhooks/\(id)", body: .init(string: json), headers: [.contentType: "application/json"])
            #expect(answer.status == .unprocessableContent)
            #expect(try await ada.send(.get, "/webhooks/\(id)").text == before)
        }
    }

    @Test func anAccountHasTenAtMost() async throws {
        try await Site.run(Self.settings) { site in
            let ada = try await Program(site, scopes: [.webhooks])
            let statuses = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for _ in 0..<12 { group.addTask { try await ada.send(.post, "/webhooks", Self.good).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == .created } == 10 && statuses.count { $0 == .conflict } == 2)
        }
    }

    @Test func messagesAreListedAndSentAgain() async throws {
        try await Site.run(Self.settings) { site in
            let ada = try await Program(site, scopes: [.webhooks])
            let id = try #require(try await ada.send(.post, "/webhooks", Self.good).object()["id"] as? String)
            for _ in 0..<3 { #expect(try await ada.send(.post, "/webhooks/\(id)/test").status == .accepted) }
            var (seen, cursor): ([String], String?) = ([], nil)
            repeat {
                let query = cursor.map { "&cursor=\($0)" } ?? ""
                let page = try await ada.send(.get, "/webhooks/\(id)/deliveries?limit=2\(query)").object()
                let items = try #require(page["deliveries"] as? [[String: Any]])
                seen += items.compactMap { $0["id"] as? String }
                #expect(
                    items.allSatisfy { $0["state"] as? String == "waiting" && $0["event"] as? String == "test.ping" })
                cursor = page["next"] as? String
            } while cursor != nil
            #expect(Set(seen).count == 3)
            try await site.database.execute(
                "UPDATE webhook_deliveries SET delivered_at = now(), next_at = NULL, attempts = 1")
            let again = try await ada.send(.post, "/webhooks/\(id)/deliveries/\(seen[0])/resend")
            #expect(again.status == .accepted)
            #expect(try again.object()["state"] as? String == "waiting")
            for wrong in ["msg_\(UUID().lower)", "msg_", UUID().lower, seen[0].uppercased()] {
                #expect(try await ada.send(.post, "/webhooks/\(id)/deliveries/\(wrong)/resend").status == .notFound)
            }
            // Another person's is as absent as none.
            let eve = try await Program(site, scopes: [.webhooks])
            #expect(try await eve.send(.post, "/webhooks/\(id)/deliveries/\(seen[0])/resend").status == .notFound)
            #expect(try await eve.send(.get, "/webhooks/\(id)/deliveries").status == .notFound)
            #expect(try await eve.send(.post, "/webhooks/\(id)/test").status == .notFound)
            #expect(try await eve.send(.post, "/webhooks/\(id)/rotate").status == .notFound)
            #expect(try await eve.send(.patch, "/webhooks/\(id)", ["enabled": false]).status == .notFound)
            #expect(try await eve.send(.delete, "/webhooks/\(id)").status == .notFound)
        }
    }

    @Test func aPersonDoesAllOfItWithABrowser() async throws {
        try await Site.run(Self.settings) { site in
            let ada = try await site.person()
            let bad = try await ada.post(
                "/account/webhooks", [("url", "https://localhost/"), ("batch_finished", "yes")])
            #expect(bad.status == .unprocessableContent && bad.text.contains("value=\"https://localhost/\""))
            let made = try await ada.post(
                "/account/webhooks", [("url", "http://hooks.lan/a"), ("batch_finished", "yes")])
            #expect(made.status == .ok)
            #expect(made.text.contains("whsec_") && made.text.contains("Nothing was sent yet"))
            let hook = try #require(try await site.webhooks.endpoints(of: ada.user.id).first)
            let page = "/account/webhooks/\(hook.id.lower)"
            #expect(try await ada.get("/account/programs").text.contains(page))
            #expect(try await ada.get(page).text.contains("whsec_") == false)
            #expect(try await ada.post("\(page)/test").headers[.location] == "\(page)?done=sent")
            let message = try #require(
                try await site.webhooks.deliveries(of: hook.id, owner: ada.user.id, limit: 1).items.first)
            #expect(try await ada.get(page).text.contains(message.messageID))
            #expect(try await ada.post("\(page)/deliveries/\(message.messageID)/resend").status == .seeOther)
            #expect(try await ada.post("\(page)/rotate").text.contains("whsec_"))
            #expect(try await ada.post("\(page)/off").status == .seeOther)
            #expect(try await ada.get(page).text.contains("You switched it off"))
            #expect(try await ada.post("\(page)/on").status == .seeOther)
            // No token does what the page does, as for everything in the account page.
            #expect(try await ada.postAsProgram("\(page)/delete").status == .forbidden)
            #expect(try await ada.post("\(page)/delete").headers[.location] == "/account/programs?done=webhook")
            #expect(try await site.webhooks.endpoints(of: ada.user.id).isEmpty)
        }
    }
}

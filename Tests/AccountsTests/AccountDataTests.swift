import Foundation
import HTTPTypes
import HummingbirdTesting
import Logging
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations
@testable import Reports

/// Saving all data, and leaving.
@Suite struct AccountDataTests {
    static let ada = SiteTests.ada

    private func files(_ zip: Data) throws -> [String: Data] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let archive = folder.appendingPathComponent("a.zip")
        try zip.write(to: archive)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-m", "zipfile", "-e", archive.path, folder.appendingPathComponent("out").path]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let out = folder.appendingPathComponent("out")
        let paths = FileManager.default.enumerator(atPath: out.path)?.compactMap { $0 as? String } ?? []
        return try paths.reduce(into: [:]) { files, path in
            let url = out.appendingPathComponent(path)
            if !url.hasDirectoryPath { files[path] = try Data(contentsOf: url) }
        }
    }

    @Test func theExportHoldsEverythingOfOnePersonAndNothingOfAnother() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            try await browser.submit("/register", from: "/register", Self.ada)
            let user = try #require(try await site.accounts.user(email: "ada@example.org"))
            let photo = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
            let first = try await insertAnalysis(
                site.pool, owner: user.id, title: "First", fileName: "../Grüße.jpg", photo: photo)
            for _ in 0..<AccountExport.pageSize { try await insertAnalysis(site.pool, owner: user.id) }
            let binned = try await insertAnalysis(site.pool, owner: user.id, title: "Binned")
            let store = AnalysisStore(database: site.pool)
            #expect(try await store.remove(.some([binned]), owner: user.id, binDays: 30).count == 1)
            let other = try await site.accounts.makeUser("grace@example.org")
            let strange = try await insertAnalysis(site.pool, owner: other.id)
            try await site.pool.execute(
                """
                INSERT INTO webhook_endpoints (id, user_id, url, events, secret)
                VALUES (\(UUID()), \(user.id), 'https://example.org/hook', '{batch.finished}', 'whsec_AAAA')
                """)
            let search = SavedSearch(id: UUID(), name: "Lake", query: "tag=lake")
            #expect(try await store.save(search, owner: user.id))
            let answer = try await browser.get("/account/export.zip")
            #expect(answer.status == .ok)
            #expect(answer.headers[.contentType] == "application/zip")
            let files = try files(Data(answer.body.readableBytesView))
            let account = String(decoding: files["account.json"] ?? Data(), as: UTF8.self)
            #expect(account.contains("ada@example.org") && account.contains(#""last_used_at""#))
            #expect(account.contains("https://example.org/hook") && !account.contains("whsec_"))
            #expect(account.contains(#""saved_searches""#) && account.contains(#""query" : "tag=lake""#))
            let ids = Set(files.keys.compactMap { $0.firstMatch(of: /[0-9-]{10}-([0-9a-f-]{36})\//).map { $0.1 } })
            #expect(ids.count == AccountExport.pageSize + 2)
            let inBin = files.keys.filter { $0.contains(binned.uuidString.lowercased()) }
            #expect(inBin.count == 5 && inBin.allSatisfy { $0.hasPrefix("bin/") })
            #expect(!ids.contains(Substring(strange.uuidString.lowercased())))
            let mine = files.filter { $0.key.contains(first.uuidString.lowercased()) }
            #expect(mine.count == 5)
            #expect(mine.first { $0.key.contains("Grüße") }?.value == Data(photo))
            let json = try #require(mine.first { $0.key.hasSuffix("analysis.json") }?.value)
            #expect(String(decoding: json, as: UTF8.self).contains("First"))
        }
    }

    @Test func onlyOneExportOfAPersonRunsAtATime() {
        let gate = PlaceGate(places: 1)
        let user = UUID()
        var lease = gate.enter(user)
        #expect(lease != nil)
        #expect(gate.enter(user) == nil)
        #expect(gate.enter(UUID()) != nil)
        lease = nil
        #expect(gate.enter(user) != nil)
        _ = lease
    }

    @Test func leavingAsksTwiceAndLeavesNothingInAnyTable() async throws {
        try await Site.run { site in
            let browser = Browser(site)
            browser.headers[.userAgent] = "Browser-of-Ada"
            try await browser.submit("/register", from: "/register", Self.ada)
            try await browser.submit("/logout", from: "/home")
            try await browser.submit("/login", from: "/login", ["email": "ada@example.org", "password": "a wrong one"])
            try await browser.submit("/login", from: "/login", Self.ada)
            let user = try #require(try await site.accounts.user(email: "ada@example.org"))
            let analysis = try await insertAnalysis(site.pool, owner: user.id, title: "Secret title")
            let binned = try await insertAnalysis(site.pool, owner: user.id, title: "In the bin")
            _ = try await AnalysisStore(database: site.pool).remove(.some([binned]), owner: user.id, binDays: 30)
            _ = try await site.accounts.makeToken(for: user.id, .named("Backup of Ada"))
            _ = try await site.accounts.makeResetToken(for: user.id)
            let grace = try await site.accounts.makeUser("grace@example.org")
            try await insertAnalysis(site.pool, owner: grace.id, title: "Hers")
            #expect(try await browser.get("/account/delete").text.contains("1 analysis"))
            for wrong in [
                ["confirmation": "ada", "current": "kumquat marmalade"], ["confirmation": "ada@example.org"],
            ] {
                let answer = try await browser.submit("/account/delete", from: "/account/delete", wrong)
                #expect(answer.status == .unprocessableContent)
            }
            let before = try await dump(site.pool)
            let done = try await browser.submit(
                "/account/delete", from: "/account/delete",
                ["confirmation": "ADA@example.org", "current": "kumquat marmalade"])
            #expect(done.status == .ok)
            #expect(done.text.contains("Your account is closed") && done.text.contains("are being deleted"))
            #expect(browser.cookies["mien_session"] == nil && browser.cookies["mien_known"] == nil)
            #expect(try await browser.get("/home").status == .seeOther)
            let again = try await browser.submit("/login", from: "/login", Self.ada)
            #expect(again.status == .unprocessableContent && !again.text.contains("disabled"))
            try await RetentionSweeper(
                database: site.pool, retentionDays: 0, auditDays: 365, logger: Logger(label: "tests")
            ).sweep()
            let after = try await dump(site.pool)
            let traces = [
                user.id.uuidString.lowercased(), analysis.uuidString.lowercased(), "ada@example.org", "Secret title",
                "In the bin",
                "Browser-of-Ada", "Backup of Ada",
            ]
            for trace in traces {
                #expect(before.contains(trace), "\(trace) was there, or this proves nothing")
                #expect(!after.contains(trace), "\(trace)")
            }
            #expect(after.contains("Hers") && after.contains("account_deleted"))
        }
    }
}

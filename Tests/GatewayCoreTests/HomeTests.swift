import Foundation
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore

@Suite struct HomeTests {
    /// Each number leads to the photos that it counts, and to no others.
    @Test func eachNumberLeadsToWhatItCounts() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let unsure = Site.face(1, "sad", 0.4, notSure: true)
            for days in [0.0, 2, 40, 70] {
                let at = Date(timeIntervalSinceNow: -days * 86_400)
                try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy"), unsure], submitted: at)
                try await site.analysis(of: ada.user.id, faces: [unsure], submitted: at)
                try await site.analysis(of: ada.user.id, submitted: at)
                try await site.analysis(of: ada.user.id, .failed, submitted: at)
            }
            try await site.analysis(of: ada.user.id, .cancelled)
            try await site.analysis(of: ada.user.id, .queued)
            let tile = /<a href="([^"]*)"><span>([^<]*)<\/span> <strong>([^<]*)<\/strong> <span>(\d+) in/
            let page = try await ada.get("/home").text
            let tiles = page.matches(of: tile).map { [$0.2, $0.3, $0.4].map(String.init) }
            #expect(
                tiles == [
                    ["Photos", "6", "3"], ["Faces", "6", "3"], ["Photos without a sure look", "2", "1"],
                    ["Could not be analysed", "2", "1"],
                ])
            for (match, count) in zip(page.matches(of: tile), [6, 6, 2, 2]) {
                let address = String(match.1).replacing("&amp;", with: "&")
                #expect(try await ada.get(address).text.contains("\(count) found"), "\(address)")
            }
        }
    }

    @Test func failuresAreASentenceAndNoCards() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let old = Date(timeIntervalSinceNow: -40 * 86_400)
            let sentence = "photo of the last 30 days could not be analysed"
            #expect(try await ada.get("/home").text.contains("Nothing here yet"))
            let ofOld = try await site.analysis(of: ada.user.id, .failed, submitted: old)
            var page = try await ada.get("/home").text
            #expect(!page.contains("Nothing here yet") && !page.contains(sentence) && !page.contains(ofOld.lower))
            let failed = try await site.analysis(of: ada.user.id, .failed)
            let finished = try await site.analysis(of: ada.user.id)
            page = try await ada.get("/home").text
            #expect(page.contains("1 \(sentence)") && page.contains("state=failed"))
            #expect(page.contains(finished.lower) && !page.contains(failed.lower))
        }
    }
}

import Foundation
import Testing

@testable import Analyses
@testable import GatewayCore

@Suite struct TemplateTests {
    @Test func everyTagOfEveryTemplateIsAnsweredByItsViewModel() throws {
        let templates = try Fixtures.templates()
        let ledger = Ledger()
        for picture in try Gallery.all() {
            let html = templates.render(picture.page, StrictModel(picture.model, ledger: ledger))
            #expect(html.hasPrefix("<!doctype html>"), "\(picture.name)")
        }
        #expect(ledger.all.missing == [])
        #expect(try Self.tags().subtracting(ledger.all.found) == [], "tags that no page of the gallery reaches")
    }

    @Test func strictAndPlainRenderingsAreTheSame() throws {
        let templates = try Fixtures.templates()
        for picture in try Gallery.all() {
            let strict = templates.render(picture.page, StrictModel(picture.model, ledger: Ledger()))
            #expect(strict == templates.render(picture.page, picture.model), "\(picture.name)")
        }
    }

    @Test func theGalleryShowsEveryPage() throws {
        #expect(Set(try Gallery.all().map(\.page)) == Set(Templates.Page.allCases))
    }

    /// Look at the pages: MIEN_GALLERY_DIR=… swift test --filter TemplateTests
    @Test func pagesHaveOneHeadingAndNoInlineScriptOrStyle() throws {
        let templates = try Fixtures.templates()
        let directory = ProcessInfo.processInfo.environment["MIEN_GALLERY_DIR"].map { URL(fileURLWithPath: $0) }
        for picture in try Gallery.all() {
            let html = templates.render(picture.page, picture.model)
            #expect(html.matches(of: /<h1[ >]/).count == 1, "\(picture.name)")
            #expect(!html.contains(/\sstyle=|\son[a-z]+=|<style|<script>|javascript:/), "\(picture.name)")
            #expect(!html.contains("{{"), "\(picture.name)")
            // 25 faces with all their bars, all looks of each week of a year, and all operations of the API make a page long.
            let isLong =
                picture.name.hasSuffix("-crowd") || picture.name.hasPrefix("trends-") || picture.name == "api"
            #expect(html.utf8.count < (isLong ? 60_000 : 50_000), "\(picture.name): \(html.utf8.count)")
            if let directory {
                try html.write(
                    to: directory.appendingPathComponent("\(picture.name).html"), atomically: true, encoding: .utf8)
            }
        }
    }

    @Test func everyFormThatPostsCarriesTheToken() throws {
        let templates = try Fixtures.templates()
        for picture in try Gallery.all() {
            let html = templates.render(picture.page, picture.model)
            let forms = html.matches(of: /<form[^>]*method="post"[\s\S]*?<\/form>/)
            for form in forms {
                #expect(form.output.contains(#"name="csrf_token" value="token-1""#), "\(picture.name)")
            }
        }
    }

    @Test func whatPeopleWriteIsEscapedEverywhere() throws {
        let evil = #"<script>alert(1)</script>"'><img src=x onerror=alert(2)>"#
        let templates = try Fixtures.templates()
        let site = try Fixtures.site(evil)
        let analysis = Fixtures.analysis(.finished, title: evil, notes: evil, faces: Fixtures.faces)
        let limits = UploadLimits(photoBytes: 1, photos: 1)
        let form = UploadForm(title: evil, subject: evil, notes: evil)
        let pages: [(Templates.Page, any Sendable)] = [
            (.result, ResultModel(site: site, analysis: analysis, place: nil)),
            (.history, HistoryModel(site: site, page: HistorySlice(items: [analysis], next: nil))),
            (
                .new,
                NewAnalysisModel(
                    site: site, limits: limits, form: form, problems: [UploadProblem(fileName: evil, message: evil)])
            ),
            (
                .login,
                LoginModel(
                    site: site, ways: LogInWays(provider: evil, providerRegisters: true), email: evil, next: evil,
                    problem: evil)
            ),
            (.leadOn, LeadOnModel(site: site, name: evil, address: evil)),
            (.register, RegisterModel(site: site, name: evil, email: evil)),
        ]
        for (page, model) in pages {
            let html = templates.render(page, model)
            #expect(html.contains("&lt;script&gt;alert(1)"), "\(page)")
            #expect(!html.contains("<script>alert"), "\(page)")
            #expect(!html.contains("<img src=x"), "\(page)")
        }
    }

    @Test func aMissingOrBrokenTemplateIsFoundAtStart() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        try Fixtures.copyTemplates(to: directory)
        _ = try Templates(directory: directory)
        let card = directory.appendingPathComponent("card.mustache")
        try FileManager.default.removeItem(at: card)
        #expect(throws: WebSetupError.self) { try Templates(directory: directory) }
        try "{{#open}}".write(to: card, atomically: true, encoding: .utf8)
        #expect(throws: WebSetupError.self) { try Templates(directory: directory) }
    }

    /// SwiftPM takes only those that Package.swift names.
    @Test func everyTemplateIsBuiltIn() throws {
        func names(_ directory: URL) throws -> Set<String> {
            Set(try WebDirectory.templates(in: directory).map(\.lastPathComponent))
        }
        let written = try names(Fixtures.web)
        #expect(written.contains("head.mustache"))
        #expect(try written.subtracting(names(WebDirectory.find(nil))) == [])
        _ = try Templates(directory: WebDirectory.find(nil))
    }

    @Test func twoTemplatesOfOneNameAreRefused() throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: directory) }
        let pages = directory.appendingPathComponent("Pages")
        try Fixtures.copyTemplates(to: pages)
        _ = try Templates(directory: directory)
        let other = pages.appendingPathComponent("Other")
        try FileManager.default.createDirectory(at: other, withIntermediateDirectories: false)
        try "".write(to: other.appendingPathComponent("card.mustache"), atomically: true, encoding: .utf8)
        #expect(throws: WebSetupError.self) { try Templates(directory: directory) }
    }

    /// The names in all templates' tags; of a dotted one, each part.
    private static func tags() throws -> Set<String> {
        var names: Set<String> = []
        for url in try WebDirectory.templates(in: Fixtures.web) {
            let text = try String(contentsOf: url, encoding: .utf8)
            for match in text.matches(of: /\{\{[#^\/&]?\s*([A-Za-z.]+)\s*\}\}/) where match.1 != "." {
                names.formUnion(match.1.split(separator: ".").map(String.init))
            }
        }
        return names
    }
}

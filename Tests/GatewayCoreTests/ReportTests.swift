import Foundation
import HTTPTypes
import HummingbirdTesting
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Reports

/// Runs a program of poppler-utils on a PDF.
func poppler(_ arguments: [String], _ pdf: [UInt8]) throws -> [UInt8] {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).pdf")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(pdf).write(to: file)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments.map { $0 == "PDF" ? file.path : $0 }
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "\(arguments)")
    return Array(bytes)
}

/// A PDF's words.
func pdfText(_ pdf: [UInt8]) throws -> String {
    String(decoding: try poppler(["pdftotext", "-layout", "PDF", "-"], pdf), as: UTF8.self).replacing(
        "\u{A0}", with: " ")
}

@Suite struct ReportTests {
    /// The names of a ZIP's entries, and the table in it if there is one.
    private func contents(_ archive: [UInt8]) throws -> String {
        let script = """
            import sys, zipfile
            archive = zipfile.ZipFile(sys.argv[1])
            names = archive.namelist()
            print(names, archive.read("analyses.csv").decode() if "analyses.csv" in names else "")
            """
        return String(decoding: try poppler(["python3", "-c", script, "PDF"], archive), as: UTF8.self)
    }

    @Test func whatIsDeletedDuringADownloadIsNotInIt() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            func two() async throws -> (Analysis, Analysis) {
                let ids = [
                    try await site.analysis(of: ada.user.id, .failed, about: AnalysisInformation(title: "Kept")),
                    try await site.analysis(of: ada.user.id, .failed, about: AnalysisInformation(title: "Gone")),
                ]
                let found = try await site.store.find(ids, owner: ada.user.id)
                return (try #require(found.first { $0.id == ids[0] }), try #require(found.first { $0.id == ids[1] }))
            }
            let (kept, gone) = try await two()
            let bundle = AnalysisBundle(
                analyses: [kept, gone], store: site.store, changes: AnalysisChanges(), printer: ReportPrinter(),
                site: "https://mien.example.org")
            var archive: [UInt8] = []
            try await bundle.write(
                to: { bytes in
                    if archive.isEmpty { _ = try await site.store.delete(gone.id, owner: ada.user.id) }
                    archive += bytes
                }, zone: .gmt)
            let saved = try contents(archive)
            #expect(saved.contains("Kept/analysis.json") && saved.contains(kept.id.lower))
            #expect(!saved.contains("Gone") && !saved.contains(gone.id.lower))

            // The export reads a page of them at once.
            let (first, second) = try await two()
            let export = AccountExport(analyses: site.store, owner: ada.user.id, account: [], memberSince: .now)
            var (all, isFirst) = ([UInt8](), true)
            try await export.write { bytes in
                all += bytes
                guard isFirst, String(decoding: bytes, as: UTF8.self).contains(second.id.lower) else { return }
                isFirst = false
                _ = try await site.store.delete(first.id, owner: ada.user.id)
            }
            let exported = try contents(all)
            #expect(exported.contains(second.id.lower) && !exported.contains(first.id.lower))
        }
    }

    @Test func theReportSaysWhatTheResultPageSays() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(
                of: ada.user.id,
                faces: [
                    Site.face(1, "happy"), Site.face(2, "sad", 0.41, notSure: true, notes: ["small", "dark"]),
                ],
                about: AnalysisInformation(
                    title: "Первый свет 写真 ضوء", subject: "Eileen", notes: "One.\nTwo.", tags: ["sea"],
                    takenAt: "2020-05-04T10:20"))
            let answer = try await ada.get("/analyses/\(id.lower).pdf")
            #expect(answer.status == .ok)
            #expect(answer.headers[.contentType] == "application/pdf")
            let text = try pdfText(answer.bytes).replacing("\u{A0}", with: " ")
            for words in [
                "Первый свет", "写真", "2 faces", "Appears happy, 87 %", "Not sure; perhaps",
                "61 × 76 pixels, small, dark", "1 happy", "0 sad", "? 1 not sure", "Tags", "sea", "Disgusted", "Afraid",
                "Eileen", "One.", "Two.", "2020-05-04 10:20", "mien-inception-s 1.0.0", "Page 1 of 1", "Waiting",
                id.lower,
            ] {
                #expect(text.contains(words), "\(words)")
            }
        }
    }

    @Test func theReportShowsThePhotoWithItsBoxes() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let id = try await site.analysis(of: ada.user.id, faces: [Site.face(1, "happy")])
            let pdf = try await ada.get("/analyses/\(id.lower).pdf").bytes
            // 72 points per inch at 72 pixels per inch: one pixel for each point.
            let picture = try poppler(["pdftoppm", "-r", "72", "-f", "1", "-l", "1", "PDF"], pdf)
            let head = "P6\n596 842\n255\n"
            #expect(String(decoding: picture.prefix(head.utf8.count), as: UTF8.self) == head)
            let pixels = picture.dropFirst(head.utf8.count)
            let orange = stride(from: pixels.startIndex, to: pixels.endIndex - 2, by: 3)
                .count {
                    abs(Int(pixels[$0]) - 0xE6) < 12 && abs(Int(pixels[$0 + 1]) - 0x9F) < 12 && pixels[$0 + 2] < 24
                }
            #expect(orange > 60, "the box and its number in the colour of “happy”")
            let whole = Set(stride(from: pixels.startIndex, to: pixels.endIndex, by: 997).map { pixels[$0] / 8 })
            #expect(whole.count > 20, "a photo has many tones")
            let images = String(decoding: try poppler(["pdfimages", "-list", "PDF"], pdf), as: UTF8.self)
            #expect(images.contains("jpeg"), "the photo's own bytes")
        }
    }

    /// What the page shows in its boxes is beside each face, and the photo is in the file but once.
    @Test func theReportShowsWhereTheNetworkLooked() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let faces = (1...40).map { number in
                var face = Site.face(number, "happy")
                // The astronaut's face in the sample, and beyond the photo's edge.
                face.activation = .init(
                    columns: 6, cells: Data((0..<36).map { UInt8($0 == 14 ? 255 : 0) }), low: -1, high: 9,
                    area: .init(x: number == 40 ? -60 : 165, y: 60, side: 130, angle: number == 2 ? 45 : 0))
                return face
            }
            let id = try await site.analysis(of: ada.user.id, faces: faces)
            let pdf = try await ada.get("/analyses/\(id.lower).pdf").bytes
            #expect(pdf.count < (try Site.sample().count) + 500_000)
            if let file = ProcessInfo.processInfo.environment["MIEN_KEEP_PDF"] {
                try Data(pdf).write(to: URL(fileURLWithPath: file))
            }
            let text = try pdfText(pdf).replacing(/\s+/, with: " ")
            #expect(text.contains("where the network looked for what it appears"))
            #expect((1...40).allSatisfy { text.contains(" \($0) ") })
            let images = String(decoding: try poppler(["pdfimages", "-list", "PDF"], pdf), as: UTF8.self)
            let jpegs = images.split(separator: "\n").filter { $0.contains(" jpeg ") }
            // One object, however often it is shown: the tenth column is its number.
            #expect(Set(jpegs.map { $0.split(separator: " ")[10] }).count == 1 && jpegs.count > 30)
        }
    }

    /// A row of many lines is not begun where it does not fit: its picture would lie beside another.
    @Test func eachFacesPictureIsOnThePageOfItsRow() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            // Rows of two heights, so that some begin where they do not fit.
            for step in 2...7 {
                let faces = (1...40).map { number in
                    var face =
                        number % step == 0
                        ? Site.face(number, "happy")
                        : Site.face(
                            number, "surprise", 0.41, notSure: true,
                            notes: ["small", "dark", "blurred", "turned to the side"])
                    face.box = .init(x: Double(20 * number), y: 40, width: 18, height: 18)
                    face.activation = .init(
                        columns: 6, cells: Data(repeating: 9, count: 36), low: -1, high: 9,
                        area: .init(x: 165, y: 60, side: 130, angle: 0))
                    return face
                }
                let id = try await site.analysis(of: ada.user.id, faces: faces)
                for number in 1...40 where number % step != 0 {
                    _ = try await site.store.correct(
                        id, face: number, as: .fear, mayTrain: false, owner: ada.user.id)
                }
                let pdf = try await ada.get("/analyses/\(id.lower).pdf").bytes
                let pages = try pdfText(pdf).split(separator: "\u{C}")
                let rows = pages.map { page in page.matches(of: /18 × 18 pixels/).count }
                let list = String(decoding: try poppler(["pdfimages", "-list", "PDF"], pdf), as: UTF8.self)
                let jpegs = list.split(separator: "\n").filter { $0.contains(" jpeg ") }
                    .compactMap { Int($0.split(separator: " ")[0]) }
                // The photo itself is on the first.
                let pictures = (1...rows.count).map { page in jpegs.count { $0 == page } - (page == 1 ? 1 : 0) }
                #expect(rows.reduce(0, +) == 40 && rows == pictures)
            }
        }
    }

    @Test func manyFacesAndLongNotesGoOnOnFurtherPages() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let notes = (1...300).map { "Line \($0)" }.joined(separator: "\n")
            let id = try await site.analysis(
                of: ada.user.id, faces: (1...60).map { Site.face($0, "neutral") },
                about: AnalysisInformation(title: "Crowd", notes: notes))
            let text = try pdfText(try await ada.get("/analyses/\(id.lower).pdf").bytes)
            let pages = text.split(separator: "\u{C}").count
            #expect(pages > 5)
            #expect(text.contains("Page 1 of \(pages)") && text.contains("Page \(pages) of \(pages)"))
            #expect(text.contains("Line 1\n") && text.contains("Line 300"))
            #expect(text.matches(of: /Disgust/).count >= 3, "the table's head is on each page of it")
            #expect((1...60).allSatisfy { text.contains("\($0)  ") })
        }
    }

    @Test func onlyTheOwnerGetsAReportAndOnlyOfAResult() async throws {
        try await Site.run { site in
            let (ada, eve) = (try await site.person(), try await site.person("Eve"))
            let id = try await site.analysis(of: ada.user.id)
            let open = try await site.analysis(of: ada.user.id, .queued)
            #expect(try await eve.get("/analyses/\(id.lower).pdf").status == .notFound)
            #expect(try await ada.get("/analyses/\(open.lower).pdf").status == .conflict)
            #expect(try await ada.get("/analyses/\(UUID().lower).pdf").status == .notFound)
            #expect(try pdfText(try await ada.get("/analyses/\(id.lower).pdf").bytes).contains("No face found"))
        }
    }

    @Test func theTableHasALineForEachFaceAndRunsNoFormula() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            try await site.analysis(
                of: ada.user.id, faces: [Site.face(1, "happy"), Site.face(2, "sad")],
                about: AnalysisInformation(title: "=HYPERLINK(\"x\")", subject: "a \"b\", c", tags: ["x", "y"]))
            try await site.analysis(of: ada.user.id, .failed, about: AnalysisInformation(title: "-1"))
            let answer = try await ada.get("/analyses.csv")
            #expect(answer.headers[.contentType]?.hasPrefix("text/csv") == true)
            let lines = answer.text.split(separator: "\r\n").map(String.init)
            #expect(lines.count == 4)
            #expect(lines[0].hasPrefix("\u{FEFF}analysis,title,subject,tags"))
            #expect(
                lines[0].hasSuffix(
                    "angry,disgust,fear,happy,sad,surprise,neutral,face_crop,rotation,incomplete,correction,error,error_message,batch,link"
                ))
            #expect(Set(lines.map { $0.replacing(/"[^"]*(""[^"]*)*"/, with: "x").count { $0 == "," } }).count == 1)
            #expect(lines[1].contains(",,,,,damaged,The photo is damaged.,"), "why it failed")
            #expect(lines[2].contains(",no,0,no,,,,"))
            #expect(lines[1...].allSatisfy { $0.contains(/,http:\/\/[a-z0-9.:]+\/analyses\/[0-9a-f-]{36}$/) })
            #expect(lines[1].contains(",'-1,") && lines[1].contains(",failed,"))
            #expect(lines[2].contains(#","'=HYPERLINK(""x"")","a ""b"", c",x;y,"#))
            #expect(lines[2].contains(",1,happy,0.873,no,"))
            let filtered = try await ada.get("/analyses.csv?state=failed").text
            #expect(filtered.split(separator: "\r\n").count == 2)
        }
    }

    /// Whatever a spreadsheet takes for a formula's beginning, whatever follows it, and however it is hidden.
    @Test func noCellBeginsAFormulaOrBreaksOutOfItsOwn() {
        let marks = (0x300..<0x370).compactMap(Unicode.Scalar.init)
        let starts: [Unicode.Scalar] = [
            "=", "+", "-", "@", "\t", "\r", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}", "\u{FEFF}",
        ]
        for start in starts {
            for mark in marks + ["x"] {
                let line = AnalysisTable.line([String(String.UnicodeScalarView([start, mark, "1"])), "x"])
                #expect(line.unicodeScalars.prefix { $0 != start }.contains("'"), "\(start.value) \(mark.value)")
            }
        }
        for special: Unicode.Scalar in [",", "\"", "\r", "\n"] {
            for mark in marks + ["x"] {
                let text = String(String.UnicodeScalarView(["a", special, mark]))
                let line = String(AnalysisTable.line([text, "x"]))
                #expect(Array(line.utf8.prefix(2)) == Array("\"a".utf8), "\(special.value) \(mark.value)")
                let quotes = line.utf8.filter { $0 == UInt8(ascii: "\"") }.count
                #expect(quotes == (special == "\"" ? 4 : 2))
            }
        }
        #expect(AnalysisTable.line(["plain", "1.5"]) == "plain,1.5\r\n")
    }

    @Test func theFilteredTablesDaysAreThePersons() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let change = ProfileChange(name: "Ada", email: ada.user.email, timeZone: "Pacific/Auckland")
            try await site.accounts.change(ada.user, to: change)
            // 1:00 on the 25th in Auckland, noon on the 24th in UTC.
            let moment = Date(timeIntervalSince1970: 1_795_521_600)
            try await site.analysis(of: ada.user.id, about: AnalysisInformation(title: "Far"), submitted: moment)
            for (day, isIn) in [("2026-11-24", false), ("2026-11-25", true)] {
                let fields = "from=\(day)&until=\(day)"
                #expect(try await ada.get("/analyses.csv?\(fields)").text.contains(",Far,") == isIn, "\(day)")
                #expect(try await ada.get("/analyses?\(fields)").text.contains("Far") == isIn, "\(day)")
            }
        }
    }

    @Test func theSchemaIsPublishedAndNamesEveryMember() async throws {
        try await Site.run { site in
            let ada = try await site.person()
            let schema = try await ada.get("/schemas/analysis-1.json")
            #expect(schema.headers[.contentType]?.hasPrefix("application/schema+json") == true)
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(schema.bytes)) as? [String: Any])
            let known = try #require(object["properties"] as? [String: Any]).keys
            var sample = Site.face(1, "happy")
            sample.activation = .init(
                columns: 1, cells: Data([9]), low: 0, high: 1, area: .init(x: 0, y: 0, side: 9, angle: 0))
            let id = try await site.analysis(of: ada.user.id, faces: [sample], batch: UUID.timeOrdered())
            let json = try await ada.get("/analyses/\(id.lower).json").bytes
            let document = try #require(try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any])
            #expect(Set(document.keys).subtracting(known) == [])
            #expect(document["dominant"] as? String == "happy")
            #expect(document["schema_version"] as? Int == 1)
            let definitions = try #require(object["$defs"] as? [String: [String: Any]])
            let members = try #require(definitions["face"]?["properties"] as? [String: Any]).keys
            let face = try #require((document["faces"] as? [[String: Any]])?.first)
            #expect(Set(face.keys).subtracting(members) == [])
            #expect(face["activation"] != nil)
        }
    }
}

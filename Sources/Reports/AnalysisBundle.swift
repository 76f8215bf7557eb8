package import Analyses
import Archives
package import Foundation

/// Many analyses in one ZIP: for each its JSON, PDF and pictures, and the table of all that are in it. Written while it is
/// sent, so it costs the memory of a few analyses' pictures and one report.
package struct AnalysisBundle: Sendable {
    package let analyses: [Analysis]
    package let store: AnalysisStore
    package let changes: AnalysisChanges
    package let printer: ReportPrinter
    /// The site's address, for the links of the table.
    package let site: String

    /// How many annotated pictures are asked for at once, so that several workers draw them.
    private static let drawnAtOnce = 8

    package init(
        analyses: [Analysis], store: AnalysisStore, changes: AnalysisChanges, printer: ReportPrinter, site: String
    ) {
        self.analyses = analyses
        self.store = store
        self.changes = changes
        self.printer = printer
        self.site = site
    }

    /// Writes the archive. An annotated picture that no worker draws in time is left out, and so said.
    ///
    /// - Parameters:
    ///   - zone: in which its reports show times.
    ///   - patience: how long workers may take for a few pictures; where none of these is there by then, no more are asked for.
    /// - Throws: what the database, the PDF's printer or the sink throws.
    package func write(to sink: ByteSink, zone: TimeZone, patience: Duration = .seconds(25)) async throws {
        let zip = ZipWriter()
        var names = EntryNames()
        var table = AnalysisTable.head
        var missing: [String] = []
        var isLate = false
        for start in stride(from: 0, to: analyses.count, by: Self.drawnAtOnce) {
            let chosen = analyses[start..<min(start + Self.drawnAtOnce, analyses.count)]
            let drawn = try await annotated(chosen, within: isLate ? nil : patience)
            isLate = isLate || drawn.values.contains(where: \.isDrawing) && !drawn.values.contains(where: \.isReady)
            for chosen in chosen {
                // As it is by now; what was deleted since the download began is left out.
                guard let analysis = try await store.find(chosen.id, owner: chosen.userID) else { continue }
                let stem = names.path(for: Self.stem(of: analysis))
                let annotated: [UInt8]? = if case .ready(let jpeg)? = drawn[analysis.id] { jpeg } else { nil }
                let files = try await PersonalTime.$current.withValue(zone) {
                    try await self.files(of: analysis, annotated: annotated, in: stem)
                }
                for file in files {
                    try await sink(zip.add(file.path, file.bytes, compression: file.kind))
                }
                if analysis.status == .finished, annotated == nil { missing.append("\(stem)/annotated.jpg") }
                table += AnalysisTable.lines(analysis, site: site)
            }
        }
        try await sink(zip.add("analyses.csv", Array(table.utf8), compression: .deflated))
        if !missing.isEmpty {
            let words =
                "These pictures could not be drawn, or not in time. Each result's page has its own, under Save.\n\n"
            let text = words + missing.map { $0 + "\n" }.joined()
            try await sink(zip.add("missing.txt", Array(text.utf8), compression: .deflated))
        }
        try await sink(zip.finish())
    }

    /// Where the annotated pictures of these stand once they are drawn, or the time is over.
    ///
    /// - Parameter time: nil where none is drawn any more.
    private func annotated(
        _ chosen: ArraySlice<Analysis>, within time: Duration?
    ) async throws -> [UUID: DrawnPicture.State] {
        try await withThrowingTaskGroup(of: (UUID, DrawnPicture.State?).self) { group in
            for analysis in chosen {
                group.addTask {
                    let picture = DrawnPicture.annotated
                    guard let time else {
                        let state = try await picture.ask(
                            analysis.id, owner: analysis.userID, draws: false, in: store.database)
                        return (analysis.id, state)
                    }
                    let state = try await picture.ask(
                        analysis.id, owner: analysis.userID, within: time, changes: changes, in: store.database)
                    return (analysis.id, state)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    private struct File {
        let path: String
        let bytes: [UInt8]
        let kind: ZipWriter.Compression
    }

    private func files(of analysis: Analysis, annotated: [UInt8]?, in stem: String) async throws -> [File] {
        let json = try AnalysisDocument(analysis, placeInQueue: nil).json()
        var files = [File(path: "\(stem)/analysis.json", bytes: Array(json), kind: .deflated)]
        guard analysis.status == .finished,
            let clean = try await store.preview(analysis.id, owner: analysis.userID, kind: .clean)
        else { return files }
        if let annotated { files.append(File(path: "\(stem)/annotated.jpg", bytes: annotated, kind: .stored)) }
        files.append(File(path: "\(stem)/photo.jpg", bytes: clean, kind: .stored))
        let pdf = try await printer.pdf(of: analysis, photo: clean)
        files.append(File(path: "\(stem)/report.pdf", bytes: pdf, kind: .stored))
        return files
    }

    /// Without the photo's ending: it names a folder.
    private static func stem(of analysis: Analysis) -> String {
        let title = AnalysisWords.title(of: analysis)
        return analysis.title.isEmpty ? (title as NSString).deletingPathExtension : title
    }
}

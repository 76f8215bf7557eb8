package import Analyses
import Archives
package import Foundation

/// Many analyses in one ZIP: for each its JSON, PDF and pictures, and the table of all that are in it. Written while it is
/// sent, so it costs the memory of one analysis' pictures and report.
package struct AnalysisBundle: Sendable {
    package let analyses: [Analysis]
    package let store: AnalysisStore
    package let printer: ReportPrinter
    /// The site's address, for the links of the table.
    package let site: String

    package init(analyses: [Analysis], store: AnalysisStore, printer: ReportPrinter, site: String) {
        self.analyses = analyses
        self.store = store
        self.printer = printer
        self.site = site
    }

    /// Writes the archive; `zone` is the one in which its reports show times.
    /// - Throws: what the database, the PDF's printer or the sink throws.
    package func write(to sink: ByteSink, zone: TimeZone) async throws {
        let zip = ZipWriter()
        var names = EntryNames()
        var table = AnalysisTable.head
        for chosen in analyses {
            // As it is by now; what was deleted since the download began is left out.
            guard let analysis = try await store.find(chosen.id, owner: chosen.userID) else { continue }
            let stem = names.path(for: Self.stem(of: analysis))
            let files = try await PersonalTime.$current.withValue(zone) {
                try await self.files(of: analysis, in: stem)
            }
            for file in files {
                try await sink(zip.add(file.path, file.bytes, compression: file.kind))
            }
            table += AnalysisTable.lines(analysis, site: site)
        }
        try await sink(zip.add("analyses.csv", Array(table.utf8), compression: .deflated))
        try await sink(zip.finish())
    }

    private struct File {
        let path: String
        let bytes: [UInt8]
        let kind: ZipWriter.Compression
    }

    private func files(of analysis: Analysis, in stem: String) async throws -> [File] {
        let json = try AnalysisDocument(analysis, placeInQueue: nil).json()
        var files = [File(path: "\(stem)/analysis.json", bytes: Array(json), kind: .deflated)]
        guard analysis.status == .finished,
            let annotated = try await store.preview(analysis.id, owner: analysis.userID, kind: .annotated),
            let clean = try await store.preview(analysis.id, owner: analysis.userID, kind: .clean)
        else { return files }
        files.append(File(path: "\(stem)/annotated.jpg", bytes: annotated, kind: .stored))
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

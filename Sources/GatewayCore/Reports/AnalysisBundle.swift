import Archives
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Many analyses in one ZIP: for each its JSON, PDF and pictures, and the table of all. Written while it is sent, so it
/// costs the memory of one analysis.
struct AnalysisBundle: Sendable {
    let analyses: [Analysis]
    let store: AnalysisStore
    let printer: ReportPrinter

    /// A download under that name.
    func response(named name: String) -> Response {
        // The body is written when the request's own work is over, and the person's time zone with it.
        let zone = PersonalTime.current
        return Response(
            status: .ok,
            headers: [.contentType: "application/zip", .contentDisposition: "attachment; filename=\"\(name).zip\""],
            body: ResponseBody { writer in try await write(to: &writer, zone: zone) })
    }

    private func write(to writer: inout any ResponseBodyWriter, zone: TimeZone) async throws {
        let zip = ZipWriter()
        var names = EntryNames()
        for analysis in analyses {
            let stem = names.path(for: Self.stem(of: analysis))
            let files = try await PersonalTime.$current.withValue(zone) {
                try await self.files(of: analysis, in: stem)
            }
            for file in files {
                try await writer.write(ByteBuffer(bytes: zip.add(file.path, file.bytes, compression: file.kind)))
            }
        }
        let table = AnalysisTable.head + analyses.map(AnalysisTable.lines).joined()
        try await writer.write(ByteBuffer(bytes: zip.add("analyses.csv", Array(table.utf8), compression: .deflated)))
        try await writer.write(ByteBuffer(bytes: zip.finish()))
        try await writer.finish(nil)
    }

    private struct File {
        let path: String
        let bytes: [UInt8]
        let kind: ZipWriter.Compression
    }

    /// What was deleted since the download began is left out.
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
        let title = CardModel.title(of: analysis)
        return analysis.title.isEmpty ? (title as NSString).deletingPathExtension : title
    }
}

package import Analyses
import Contracts
import Foundation

/// Many analyses as comma-separated values (RFC 4180), one line for each face, those among them that the model missed and a
/// person marked, or one for an analysis without any.
package enum AnalysisTable {
    /// With a byte order mark, or spreadsheets take UTF-8 for something else.
    package static let head =
        "\u{FEFF}"
        + ([
            "analysis", "title", "subject", "tags", "file", "taken_at", "submitted_at", "finished_at", "status",
            "model",
            "faces", "face", "emotion", "confidence", "not_sure", "notes", "x", "y", "width", "height",
        ] + Emotion.names
        + ["face_crop", "rotation", "incomplete", "correction", "error", "error_message", "batch", "link"])
        .joined(separator: ",") + "\r\n"

    /// The lines of one analysis.
    /// - Parameter site: the site's address, for the links.
    package static func lines(_ analysis: Analysis, site: String) -> String {
        let end = [
            analysis.errorCode ?? "", analysis.errorMessage ?? "", analysis.batchID?.lower ?? "",
            "\(site)/analyses/\(analysis.id.lower)",
        ]
        let common = [
            analysis.id.lower, analysis.title, analysis.subject, analysis.tags.joined(separator: ";"),
            analysis.fileName, analysis.takenAt ?? "", time(analysis.submittedAt), analysis.finishedAt.map(time) ?? "",
            analysis.status.rawValue, analysis.model.map { "\($0.name) \($0.version)" } ?? "",
            analysis.status == .finished ? "\(analysis.faces.count)" : "",
        ]
        let photo = photo(analysis)
        let faces =
            analysis.faces.map { line(common + cells($0) + photo + [$0.correction?.look.rawValue ?? ""] + end) }
            + analysis.missed.map { line(common + cells($0) + photo + [$0.correction.look.rawValue] + end) }
        guard !faces.isEmpty else {
            return line(common + Array(repeating: "", count: 9 + Emotion.names.count) + photo + [""] + end)
        }
        return faces.joined()
    }

    private static func cells(_ face: FaceResult) -> [String] {
        ["\(face.number)", face.emotion, "\(face.confidence)", face.notSure ? "yes" : "no"]
            + [face.notes.joined(separator: ";")] + cells(face.box)
            + Emotion.names.map { "\(face.probabilities[$0] ?? 0)" }
    }

    /// The model has no answer of it.
    private static func cells(_ face: MissedFace) -> [String] {
        ["\(face.number)", "", "", "", ""] + cells(face.box) + Emotion.names.map { _ in "" }
    }

    private static func cells(_ box: FaceResult.Box) -> [String] {
        [box.x, box.y, box.width, box.height].map { "\($0)" }
    }

    /// What there is to know of the photo; behind the rest, since columns are only added.
    private static func photo(_ analysis: Analysis) -> [String] {
        guard analysis.status == .finished else { return ["", "", ""] }
        return [analysis.faceCrop ? "yes" : "no", "\(analysis.rotation)", analysis.incomplete ? "yes" : "no"]
    }

    private static func time(_ date: Date) -> String { date.formatted(.iso8601) }

    package static func line(_ cells: [String]) -> String {
        cells.map(cell).joined(separator: ",") + "\r\n"
    }

    /// What a spreadsheet takes for the beginning of a formula, in full width too, or leaves out before one (OWASP, CSV
    /// Injection).
    private static let formulaStarts = Set("=+-@\t\r\n\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}\u{FEFF}".unicodeScalars)
    private static let quoted = Set(",\"\r\n".unicodeScalars)

    /// A text that a spreadsheet would run as a formula gets an apostrophe before it; no number here begins so.
    ///
    /// By code point, as whoever reads the file does: a `Character` may be more than the one that matters.
    private static func cell(_ text: String) -> String {
        let isFormula = text.unicodeScalars.first.map(formulaStarts.contains) ?? false
        let safe = isFormula ? "'" + text : text
        guard safe.unicodeScalars.contains(where: quoted.contains) else { return safe }
        var cell = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in safe.unicodeScalars {
            if scalar == "\"" { cell.append(scalar) }
            cell.append(scalar)
        }
        cell.append("\"")
        return String(cell)
    }
}

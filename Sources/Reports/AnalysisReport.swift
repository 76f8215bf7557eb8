import Analyses
import Contracts
import Drawing
import Foundation

/// A finished analysis on paper: the photo with its boxes, the faces with their probabilities, the information, times
/// and model.
struct AnalysisReport: Sendable {
    let analysis: Analysis
    /// The photo without boxes, as a worker re-encoded it: boxes are drawn over it, sharp at any size.
    let photo: [UInt8]
    let now: Date

    /// The report as a PDF file.
    func pdf(_ printer: PDFPrinter) async throws -> [UInt8] {
        let information = PDFInformation(
            title: AnalysisWords.title(of: analysis), creator: "Mien", created: now.formatted(.iso8601))
        // The first run only counts the pages.
        let counting = PageCount()
        _ = try await printer.document(information) { document in
            counting.pages = try draw(on: ReportFlow(document, pageCount: nil))
        }
        return try await printer.document(information) { document in
            _ = try draw(on: ReportFlow(document, pageCount: counting.pages))
        }
    }

    /// Carries the number out of the printer's thread.
    private final class PageCount: @unchecked Sendable {
        // Sendable: written by the first run, which has ended before anybody reads it.
        var pages = 1
    }

    /// - Returns: how many pages it took.
    private func draw(on flow: ReportFlow) throws -> Int {
        let photo = try PDFPicture(
            jpeg: photo, width: analysis.previewWidth ?? 1, height: analysis.previewHeight ?? 1)
        try flow.text(AnalysisWords.title(of: analysis), PDFTextStyle(size: 20, isBold: true), after: 2)
        try flow.text("Analysed \(Moment(analysis.finishedAt ?? now).exact)", .muted, after: 12)
        try draw(photo, on: flow)
        try drawFaces(on: flow, of: photo)
        try drawInformation(on: flow)
        try drawMaking(on: flow)
        try flow.finishPage()
        return flow.page
    }

    private func draw(_ photo: PDFPicture, on flow: ReportFlow) throws {
        let size = (width: Double(photo.width), height: Double(photo.height))
        let scale = min(ReportFlow.width / size.width, 290 / size.height)
        let rect = Rect(
            x: ReportFlow.margin + (ReportFlow.width - size.width * scale) / 2, y: flow.y, width: size.width * scale,
            height: size.height * scale)
        if flow.pageCount != nil { flow.document.draw(photo, in: rect) }
        let toPage = rect.width / max(1, analysis.shownSize.width)
        func draw(_ number: Int, _ box: FaceResult.Box, _ look: String) throws {
            let onPage = Rect(
                x: rect.x + box.x * toPage, y: rect.y + box.y * toPage, width: box.width * toPage,
                height: box.height * toPage)
            try drawBox(onPage, number, .emotion(look), below: rect.y, on: flow.document)
        }
        for face in analysis.shownFaces { try draw(face.number, face.box, face.drawnLook) }
        for face in analysis.shownMissed { try draw(face.number, face.box, face.correction.look.rawValue) }
        flow.y += rect.height
    }

    /// A box with its number above it, or inside of it where the picture ends.
    private func drawBox(
        _ box: Rect, _ number: Int, _ colour: Colour, below top: Double, on document: PDFDocument
    ) throws {
        document.stroke(box, .black, lineWidth: 2.2, radius: 2)
        document.stroke(box, colour, lineWidth: 1.2, radius: 2)
        let width = 7 + 5.5 * Double(String(number).count)
        let tag = Rect(x: box.x, y: box.y - 12 < top ? box.y : box.y - 12, width: width, height: 12)
        document.fill(tag, colour, radius: 2)
        let style = PDFTextStyle(size: 8.5, isBold: true, colour: colour.textColour)
        try PDFText("\(number)", style, width: width, alignment: .centre, in: document).show(x: tag.x, y: tag.y)
    }

    private func drawFaces(on flow: ReportFlow, of photo: PDFPicture) throws {
        let count = analysis.looks.count
        try flow.heading(count == 0 ? "No face found" : Words.count(count, "face"))
        for remark in AnalysisWords.remarks(analysis) { try flow.text(remark, .muted, after: 4) }
        if analysis.faceCrop { try flow.text(AnalysisWords.wholeRemark, .muted, after: 4) }
        if analysis.facesCut { try flow.text(AnalysisWords.cutRemark, .muted, after: 4) }
        guard !analysis.faces.isEmpty || count > 0 else { return try flow.text(AnalysisWords.noFaceRemark, .body) }
        let faces = analysis.shownFaces
        let table = FaceTable(
            flow: flow, photo: photo, toPhoto: Double(photo.width) / max(1, analysis.shownSize.width),
            hasPictures: faces.contains { $0.activation != nil })
        if table.hasPictures { try flow.text(AnalysisWords.whyRemark, .muted, after: 6) }
        try table.drawHead()
        flow.onNewPage = { try table.drawHead() }
        defer { flow.onNewPage = nil }
        for face in faces { try table.draw(face) }
        for face in analysis.shownMissed { try table.draw(face) }
    }

    private func drawInformation(on flow: ReportFlow) throws {
        try flow.heading("Information")
        for detail in AnalysisWords.details(analysis) { try flow.fact(detail.term, detail.text) }
        if !analysis.notes.isEmpty { try flow.fact("Notes", analysis.notes) }
        try flow.fact("Sent", Moment(analysis.submittedAt).exact)
        try flow.fact("Analysis", analysis.id.lower)
    }

    private func drawMaking(on flow: ReportFlow) throws {
        try flow.heading("How it was made")
        if let model = analysis.model { try flow.fact("Model", "\(model.name) \(model.version)") }
        try flow.fact("Attempts", "\(analysis.attempts)")
        let timings = AnalysisWords.timings(analysis).map { "\($0.term) \($0.text)" }
        if !timings.isEmpty { try flow.fact("Times", timings.joined(separator: " · ")) }
    }
}

extension FaceResult {
    /// What its box is coloured by: what a person said, or else the model's class.
    fileprivate var drawnLook: String { correction?.look.rawValue ?? emotion }
}

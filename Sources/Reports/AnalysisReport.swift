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
        try flow.text(AnalysisWords.title(of: analysis), PDFTextStyle(size: 20, isBold: true), after: 2)
        try flow.text("Analysed \(Moment(analysis.finishedAt ?? now).exact)", .muted, after: 12)
        try drawPhoto(on: flow)
        try drawFaces(on: flow)
        try drawInformation(on: flow)
        try drawMaking(on: flow)
        try flow.finishPage()
        return flow.page
    }

    private func drawPhoto(on flow: ReportFlow) throws {
        let size = (width: Double(analysis.previewWidth ?? 1), height: Double(analysis.previewHeight ?? 1))
        let scale = min(ReportFlow.width / size.width, 290 / size.height)
        let rect = Rect(
            x: ReportFlow.margin + (ReportFlow.width - size.width * scale) / 2, y: flow.y, width: size.width * scale,
            height: size.height * scale)
        if flow.pageCount != nil {
            try flow.document.draw(
                jpeg: photo, width: Int(size.width), height: Int(size.height), in: rect)
        }
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

    private func drawFaces(on flow: ReportFlow) throws {
        let count = analysis.looks.count
        try flow.heading(count == 0 ? "No face found" : Words.count(count, "face"))
        for remark in AnalysisWords.remarks(analysis) { try flow.text(remark, .muted, after: 4) }
        if analysis.faceCrop { try flow.text(AnalysisWords.wholeRemark, .muted, after: 4) }
        if analysis.facesCut { try flow.text(AnalysisWords.cutRemark, .muted, after: 4) }
        guard !analysis.faces.isEmpty || count > 0 else { return try flow.text(AnalysisWords.noFaceRemark, .body) }
        let table = FaceTable(flow: flow)
        try table.drawHead()
        flow.onNewPage = { try table.drawHead() }
        defer { flow.onNewPage = nil }
        for face in analysis.shownFaces { try table.draw(face) }
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

/// The faces with their seven probabilities.
private struct FaceTable {
    let flow: ReportFlow

    private static let lookWidth = 148.0
    private static let numberWidth = 24.0
    private static var columnWidth: Double { (ReportFlow.width - numberWidth - lookWidth) / 7 }
    private static let headStyle = PDFTextStyle(size: 7.5, isBold: true, colour: Colour(hex: 0x56605D))

    func drawHead() throws {
        let cells = ["", "Appears"] + Emotion.names.map(EmotionWords.label)
        try row(cells, styles: Array(repeating: Self.headStyle, count: cells.count))
        rule()
    }

    func draw(_ face: FaceResult) throws {
        let look = FaceWords.summary(face)
        var styles = [PDFTextStyle.bold, .bold]
        styles += Emotion.names.map { $0 == face.emotion ? .bold : .body }
        let numbers = Emotion.names.map { Words.percent(face.probabilities[$0] ?? 0) }
        let notes = FaceWords.shortNotes(face)
        try flow.need(40)
        try row(["\(face.number)", look.prefix(1).uppercased() + look.dropFirst()] + numbers, styles: styles)
        try flow.text(notes, .small, x: Self.numberWidth, width: Self.notesWidth, after: 3)
        if let said = FaceWords.said(of: face) {
            try flow.text(said, .bold, x: Self.numberWidth, width: Self.notesWidth, after: 3)
        }
        rule()
    }

    /// A face that the model missed has no numbers.
    func draw(_ face: MissedFace) throws {
        try flow.need(40)
        try PDFText("\(face.number)", .bold, width: Self.numberWidth, in: flow.document)
            .show(x: ReportFlow.margin, y: flow.y)
        try flow.text(FaceWords.summary(face), .bold, x: Self.numberWidth, width: Self.notesWidth, after: 2)
        try flow.text(FaceWords.size(face.box), .small, x: Self.numberWidth, width: Self.notesWidth, after: 3)
        rule()
    }

    private static let notesWidth = ReportFlow.width - numberWidth

    private func row(_ cells: [String], styles: [PDFTextStyle]) throws {
        var x = ReportFlow.margin
        var texts: [(PDFText, Double)] = []
        for (index, cell) in cells.enumerated() {
            let width = index == 0 ? Self.numberWidth : index == 1 ? Self.lookWidth : Self.columnWidth
            texts.append(
                (
                    try PDFText(
                        cell, styles[index], width: width - 4, alignment: index < 2 ? .natural : .end, in: flow.document
                    ),
                    x
                ))
            x += width
        }
        let height = texts.map(\.0.height).max() ?? 0
        for (text, x) in texts { text.show(x: x, y: flow.y) }
        flow.y += height + 2
    }

    private func rule() {
        flow.document.fill(
            Rect(x: ReportFlow.margin, y: flow.y, width: ReportFlow.width, height: 0.6), .line)
        flow.y += 4
    }
}

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
        func draw(_ number: Int, _ box: FaceResult.Box, _ look: String, _ word: String) throws {
            let onPage = Rect(
                x: rect.x + box.x * toPage, y: rect.y + box.y * toPage, width: box.width * toPage,
                height: box.height * toPage)
            try drawBox(onPage, number, look, word, below: rect.y, on: flow.document)
        }
        for face in analysis.shownFaces { try draw(face.number, face.box, face.drawnLook, face.drawnWord) }
        for face in analysis.shownMissed {
            let look = face.correction.look
            try draw(face.number, face.box, look.rawValue, FaceWords.said(look))
        }
        flow.y += rect.height
        if !analysis.looks.isEmpty { try drawLegend(on: flow) }
    }

    /// A box with its number and, where it is wide enough, the word above it, or inside of it where the picture ends.
    private func drawBox(
        _ box: Rect, _ number: Int, _ look: String, _ word: String, below top: Double, on document: PDFDocument
    ) throws {
        let colour = Colour.emotion(look)
        document.stroke(box, .black, lineWidth: 2.2, radius: 2)
        document.stroke(box, colour, lineWidth: 1.2, radius: 2)
        func width(_ text: String) -> Double { 7 + 5.5 * Double(text.count) }
        let label = "\(number) \(word)"
        // Without the word it is still told whether the model is sure.
        let text = width(label) <= box.width + 4 ? label : "\(number)\(word.hasSuffix("?") ? "?" : "")"
        let tag = Rect(x: box.x, y: box.y - 12 < top ? box.y : box.y - 12, width: width(text), height: 12)
        document.fill(tag, colour, radius: 2)
        let style = PDFTextStyle(size: 8.5, isBold: true, colour: colour.textColour)
        try PDFText(text, style, width: tag.width, alignment: .centre, in: document).show(x: tag.x, y: tag.y)
    }

    /// What the colours stand for, and how many faces count as each: those of which the model is not sure count as none.
    private func drawLegend(on flow: ReportFlow) throws {
        let counts = analysis.looks.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        // Also the colour of a look that nobody shows for sure.
        let drawn = Set(analysis.faces.map(\.drawnLook))
        var x = ReportFlow.margin
        flow.y += 6
        for look in Emotion.names where counts[look] != nil || drawn.contains(look) {
            let words = "\(counts[look] ?? 0) \(EmotionWords.adjective(look))"
            let text = try PDFText(words, .small, width: 64, in: flow.document)
            flow.document.fill(Rect(x: x, y: flow.y + 1.5, width: 7, height: 7), .emotion(look), radius: 1.5)
            text.show(x: x + 11, y: flow.y)
            x += 68
        }
        if let unsure = counts[FaceResult.unsure] {
            try PDFText("? \(unsure) not sure", .small, width: 64, in: flow.document).show(x: x, y: flow.y)
        }
        flow.y += 12
    }

    private func drawFaces(on flow: ReportFlow, of photo: PDFPicture) throws {
        let count = analysis.looks.count
        try flow.heading(count == 0 ? "No face found" : Words.count(count, "face"))
        for remark in AnalysisWords.remarks(analysis) { try flow.text(remark, .muted, after: 4) }
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
        var facts = AnalysisWords.details(analysis).map { (term: $0.term, text: $0.text) }
        if !analysis.tags.isEmpty { facts.append(("Tags", analysis.tags.joined(separator: ", "))) }
        if !analysis.notes.isEmpty { facts.append(("Notes", analysis.notes)) }
        facts.append(("Sent", Moment(analysis.submittedAt).exact))
        facts.append(("Analysis", analysis.id.lower))
        if let model = analysis.model {
            let tries = analysis.attempts > 1 ? ", in \(analysis.attempts) tries" : ""
            facts.append(("Made by", "\(model.name) \(model.version)\(tries)"))
        }
        let timings = AnalysisWords.timings(analysis).map { "\($0.term) \($0.text)" }
        if !timings.isEmpty { facts.append(("Times", timings.joined(separator: " · "))) }
        // Together where a page has room for it, so that none begins with its last line alone.
        let height = try facts.reduce(40) { $0 + (try flow.height(ofFact: $1.text)) }
        if height < ReportFlow.height / 2 { try flow.need(height) }
        try flow.heading("Information")
        for fact in facts { try flow.fact(fact.term, fact.text) }
    }
}

extension FaceResult {
    /// What its box is coloured by: what a person said, or else the model's class.
    fileprivate var drawnLook: String { correction?.look.rawValue ?? emotion }

    /// What its box says, with a question mark where the model is not sure.
    fileprivate var drawnWord: String {
        correction.map { FaceWords.said($0.look) } ?? EmotionWords.adjective(emotion) + (notSure ? "?" : "")
    }
}

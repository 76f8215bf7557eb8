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
        for face in analysis.shownFaces {
            let box = Rect(
                x: rect.x + face.box.x * toPage, y: rect.y + face.box.y * toPage, width: face.box.width * toPage,
                height: face.box.height * toPage)
            try drawBox(box, face, below: rect.y, on: flow.document)
        }
        flow.y += rect.height
        if !analysis.faces.isEmpty { try drawLegend(on: flow) }
    }

    /// A box with its number and, where it is wide enough, the word above it, or inside of it where the picture ends.
    private func drawBox(_ box: Rect, _ face: FaceResult, below top: Double, on document: PDFDocument) throws {
        let colour = Colour.emotion(face.emotion)
        document.stroke(box, .black, lineWidth: 2.2, radius: 2)
        document.stroke(box, colour, lineWidth: 1.2, radius: 2)
        func width(_ text: String) -> Double { 7 + 5.5 * Double(text.count) }
        let word = "\(face.number) \(EmotionWords.adjective(face.emotion))\(face.notSure ? "?" : "")"
        let text = width(word) <= box.width + 4 ? word : "\(face.number)"
        let tag = Rect(x: box.x, y: box.y - 12 < top ? box.y : box.y - 12, width: width(text), height: 12)
        document.fill(tag, colour, radius: 2)
        let style = PDFTextStyle(size: 8.5, isBold: true, colour: colour.textColour)
        try PDFText(text, style, width: tag.width, alignment: .centre, in: document).show(x: tag.x, y: tag.y)
    }

    /// What the colours stand for, and how many faces have each.
    private func drawLegend(on flow: ReportFlow) throws {
        var counts: [String: Int] = [:]
        for face in analysis.faces { counts[face.emotion, default: 0] += 1 }
        var x = ReportFlow.margin
        flow.y += 6
        for emotion in Emotion.names {
            guard let count = counts[emotion] else { continue }
            let text = try PDFText("\(count) \(EmotionWords.adjective(emotion))", .small, width: 64, in: flow.document)
            flow.document.fill(Rect(x: x, y: flow.y + 1.5, width: 7, height: 7), .emotion(emotion), radius: 1.5)
            text.show(x: x + 11, y: flow.y)
            x += 68
        }
        flow.y += 12
    }

    private func drawFaces(on flow: ReportFlow) throws {
        let count = analysis.faces.count
        try flow.heading(count == 0 ? "No face found" : Words.count(count, "face"))
        for remark in AnalysisWords.remarks(analysis) { try flow.text(remark, .muted, after: 4) }
        if analysis.faceCrop { try flow.text(AnalysisWords.wholeRemark, .muted, after: 4) }
        if analysis.facesCut { try flow.text(AnalysisWords.cutRemark, .muted, after: 4) }
        guard count > 0 else { return try flow.text(AnalysisWords.noFaceRemark, .body) }
        let table = FaceTable(flow: flow)
        try table.drawHead()
        flow.onNewPage = { try table.drawHead() }
        defer { flow.onNewPage = nil }
        for face in analysis.shownFaces { try table.draw(face) }
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

/// The faces with their seven probabilities.
private struct FaceTable {
    let flow: ReportFlow

    private static let lookWidth = 170.0
    private static let numberWidth = 24.0
    private static var columnWidth: Double { (ReportFlow.width - numberWidth - lookWidth) / 7 }
    private static let headStyle = PDFTextStyle(size: 7, isBold: true, colour: Colour(hex: 0x56605D))

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
        bars(face)
        try flow.text(notes, .small, x: Self.numberWidth, width: Self.lookWidth - 8, after: 3)
        rule()
    }

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

    /// Under each number as much of its column as it stands for.
    private func bars(_ face: FaceResult) {
        for (index, emotion) in Emotion.names.enumerated() {
            let x = ReportFlow.margin + Self.numberWidth + Self.lookWidth + Double(index) * Self.columnWidth + 6
            let width = Self.columnWidth - 10
            let value = min(1, max(0, face.probabilities[emotion] ?? 0))
            flow.document.fill(Rect(x: x, y: flow.y + 2, width: width, height: 4), .line, radius: 2)
            guard value >= 0.01 else { continue }
            flow.document.fill(Rect(x: x, y: flow.y + 2, width: width * value, height: 4), .emotion(emotion), radius: 2)
        }
    }

    private func rule() {
        flow.document.fill(
            Rect(x: ReportFlow.margin, y: flow.y, width: ReportFlow.width, height: 0.6), .line)
        flow.y += 4
    }
}

import Analyses
import Contracts
import Drawing

/// The faces with their seven probabilities, and each with where the network looked.
struct FaceTable {
    let flow: ReportFlow
    let photo: PDFPicture
    /// Pixels of the photo's picture for each of the original.
    let toPhoto: Double
    /// Whether there is a picture beside any face.
    let hasPictures: Bool

    private static let lookWidth = 170.0
    private static let numberWidth = 24.0
    private static let pictureSide = 42.0
    private static let pictureWidth = 50.0
    private static var columnWidth: Double { (ReportFlow.width - numberWidth - lookWidth) / 7 }
    private static let headStyle = PDFTextStyle(size: 7, isBold: true, colour: Colour(hex: 0x56605D))

    /// Where the words begin.
    private var indent: Double { Self.numberWidth + (hasPictures ? Self.pictureWidth : 0) }

    func drawHead() throws {
        let cells = ["", "Appears"] + Emotion.names.map(EmotionWords.label)
        show(try texts(cells, styles: Array(repeating: Self.headStyle, count: cells.count)))
        rule()
    }

    func draw(_ face: FaceResult) throws {
        let look = FaceWords.summary(face)
        var styles = [PDFTextStyle.bold, .bold]
        styles += Emotion.names.map { $0 == face.emotion ? .bold : .body }
        let numbers = Emotion.names.map { Words.percent(face.probabilities[$0] ?? 0) }
        let notes = FaceWords.shortNotes(face)
        let cells = try texts(
            ["\(face.number)", look.prefix(1).uppercased() + look.dropFirst()] + numbers, styles: styles)
        let notesWidth = Self.numberWidth + Self.lookWidth - 8 - indent
        let said = FaceWords.said(of: face)
        var height =
            Self.height(of: cells) + (try PDFText(notes, .small, width: notesWidth, in: flow.document)).height + 3
        if let said {
            height += try PDFText(said, .bold, width: ReportFlow.width - indent, in: flow.document).height + 3
        }
        // On one page as a whole: the picture lies beside the words.
        try flow.need(max(height, hasPictures ? Self.pictureSide + 4 : 35) + 5)
        let top = flow.y
        show(cells)
        bars(face)
        try flow.text(notes, .small, x: indent, width: notesWidth, after: 3)
        if let said { try flow.text(said, .bold, x: indent, width: ReportFlow.width - indent, after: 3) }
        if let map = face.activation {
            // The first run only counts the pages.
            if flow.pageCount != nil { try draw(map, top: top) }
            flow.y = max(flow.y, top + Self.pictureSide + 4)
        }
        rule()
    }

    /// A face that the model missed has no numbers.
    func draw(_ face: MissedFace) throws {
        try flow.need(40)
        try PDFText("\(face.number)", .bold, width: Self.numberWidth, in: flow.document)
            .show(x: ReportFlow.margin, y: flow.y)
        try flow.text(FaceWords.summary(face), .bold, x: indent, width: ReportFlow.width - indent, after: 2)
        try flow.text(FaceWords.size(face.box), .small, x: indent, width: ReportFlow.width - indent, after: 3)
        rule()
    }

    /// What the network looked at, upright as it saw it, under its map.
    private func draw(_ map: FaceResult.Activation, top: Double) throws {
        let rect = Rect(
            x: ReportFlow.margin + Self.numberWidth, y: top, width: Self.pictureSide, height: Self.pictureSide)
        // What lies beyond the photo.
        flow.document.fill(rect, .line)
        flow.document.draw(
            photo,
            square: PictureSquare(
                x: map.area.x * toPhoto, y: map.area.y * toPhoto, side: map.area.side * toPhoto, angle: map.area.angle),
            in: rect)
        try flow.document.draw(map.heat, in: rect)
    }

    /// The cells of a row, each with where it begins.
    private func texts(_ cells: [String], styles: [PDFTextStyle]) throws -> [(PDFText, Double)] {
        var x = ReportFlow.margin
        var texts: [(PDFText, Double)] = []
        for (index, cell) in cells.enumerated() {
            var width = index == 0 ? Self.numberWidth : index == 1 ? Self.lookWidth : Self.columnWidth
            if index == 1, hasPictures {
                x += Self.pictureWidth
                width -= Self.pictureWidth
            }
            texts.append(
                (
                    try PDFText(
                        cell, styles[index], width: width - 4, alignment: index < 2 ? .natural : .end, in: flow.document
                    ),
                    x
                ))
            x += width
        }
        return texts
    }

    private static func height(of cells: [(PDFText, Double)]) -> Double { (cells.map(\.0.height).max() ?? 0) + 2 }

    private func show(_ cells: [(PDFText, Double)]) {
        for (text, x) in cells { text.show(x: x, y: flow.y) }
        flow.y += Self.height(of: cells)
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

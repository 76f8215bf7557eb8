import Contracts
import Drawing

/// Puts text and pictures one below the other on A4 pages, and begins a new page where the next thing does not fit.
///
/// The number of pages is known only at the end, so a report is laid out twice: once to count, once to write.
final class ReportFlow {
    let document: PDFDocument
    /// As counted by the first run; nil in it.
    let pageCount: Int?
    /// The distance from the page's top at which the next thing lies.
    var y = ReportFlow.margin
    private(set) var page = 1
    /// Called on each new page but the first, to repeat a table's head.
    var onNewPage: (() throws -> Void)?

    static let margin = 48.0
    static let width = PDFDocument.pageSize.width - 2 * margin
    /// What fits on a page.
    static let height = bottom - margin
    private static let bottom = PDFDocument.pageSize.height - 64
    private static let remark =
        "Mien says how a face appears, which is not what a person feels. Not for judging people at work or in education."

    init(_ document: PDFDocument, pageCount: Int?) {
        self.document = document
        self.pageCount = pageCount
    }

    /// Begins a new page unless so much room is left.
    func need(_ height: Double) throws {
        guard y + height > Self.bottom, y > Self.margin else { return }
        try finishPage()
        document.nextPage()
        page += 1
        y = Self.margin
        try onNewPage?()
    }

    /// Text over a width, line by line, so that it may go on on the next page.
    func text(
        _ string: String, _ style: PDFTextStyle, x: Double = 0, width: Double = ReportFlow.width, after: Double = 0
    ) throws {
        let text = try PDFText(string, style, width: width, in: document)
        for index in 0..<text.lineCount {
            try need(text.height(ofLine: index))
            text.show(line: index, x: Self.margin + x, y: y)
            y += text.height(ofLine: index)
        }
        y += after
    }

    /// A term and what it says, side by side; on one page, unless it is long.
    func fact(_ term: String, _ string: String) throws {
        let label = try PDFText(term, .muted, width: 110, in: document)
        let height = try height(ofFact: string)
        try need(height < Self.height / 3 ? height : max(label.height, 14))
        label.show(x: Self.margin, y: y)
        try text(string, .body, x: 120, width: Self.width - 120, after: 3)
    }

    /// How much room the text of a fact takes.
    func height(ofFact string: String) throws -> Double {
        try PDFText(string, .body, width: Self.width - 120, in: document).height + 3
    }

    /// A heading that is not left alone at a page's end.
    func heading(_ string: String) throws {
        y += 14
        try need(64)
        try text(string, PDFTextStyle(size: 13, isBold: true), after: 6)
    }

    /// The line at the page's foot.
    func finishPage() throws {
        let y = PDFDocument.pageSize.height - 44
        let remark = try PDFText(Self.remark, .small, width: Self.width - 90, in: document)
        remark.show(x: Self.margin, y: y)
        let number = try PDFText(
            "Page \(page) of \(pageCount ?? page)", .small, width: 84, alignment: .end, in: document)
        number.show(x: Self.margin + Self.width - 84, y: y)
    }
}

extension PDFTextStyle {
    static let body = PDFTextStyle(size: 9.5, colour: Colour(hex: 0x1A1F1E))
    static let bold = PDFTextStyle(size: 9.5, isBold: true, colour: Colour(hex: 0x1A1F1E))
    static let muted = PDFTextStyle(size: 9.5, colour: Colour(hex: 0x56605D))
    static let small = PDFTextStyle(size: 7.5, colour: Colour(hex: 0x56605D))
}

extension Colour {
    static let line = Colour(hex: 0xDDE2DF)

    /// The fixed colour of a class; never alone, always with the word.
    static func emotion(_ word: String) -> Colour { Colour(hex: (Emotion(rawValue: word) ?? .neutral).colour) }
}

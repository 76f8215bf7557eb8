import Blocking

/// Makes PDF documents on a thread of its own: finding and shaping fonts blocks, and pango keeps its fonts per thread.
public actor PDFPrinter {
    private nonisolated let executor = BlockingExecutor(label: "mien.pdf")

    /// The printer's thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Makes a printer; fonts are looked for with the first document.
    public init() {}

    /// Draws a document and returns it as a PDF file.
    ///
    /// - Parameters:
    ///   - information: what viewers show of the document beside its pages.
    ///   - draw: draws the pages, from the first to the last; ``PDFDocument/nextPage()`` lies between two of them.
    /// - Throws: what `draw` throws, and `DrawingError` when the file cannot be made.
    public func document(
        _ information: PDFInformation, _ draw: @Sendable (PDFDocument) throws -> Void
    ) throws -> [UInt8] {
        let document = try PDFDocument(information)
        try draw(document)
        return try document.finish()
    }
}

/// What viewers show of a document beside its pages.
public struct PDFInformation: Sendable {
    /// In the window's title.
    public let title: String
    /// Which program made it.
    public let creator: String
    /// When it was made: ISO 8601.
    public let created: String

    /// Makes the information.
    public init(title: String, creator: String, created: String) {
        self.title = title
        self.creator = creator
        self.created = created
    }
}

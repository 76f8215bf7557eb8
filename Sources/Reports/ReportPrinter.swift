package import Analyses
import Drawing
import Foundation

/// Makes PDF reports; one at a time, off the cooperative pool.
package struct ReportPrinter: Sendable {

    package init() {
    }

    private let printer = PDFPrinter()

    package func pdf(of analysis: Analysis, photo: [UInt8]) async throws -> [UInt8] {
        try await AnalysisReport(analysis: analysis, photo: photo, now: Date()).pdf(printer)
    }
}

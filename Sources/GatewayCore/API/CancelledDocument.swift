import Analyses
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What programs are told of analyses that were cancelled: those that are cancelled now.
struct CancelledDocument: Encodable {
    let analyses: [SubmissionAnswer.Document.Accepted]

    init(_ ids: [UUID]) {
        analyses = ids.map {
            .init(id: $0.lower, status: AnalysisStatus.cancelled.rawValue, url: "/analyses/\($0.lower).json")
        }
    }

    func response() throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(self))))
    }
}

import Analyses
import Foundation
import HTTPTypes
import Hummingbird

/// Answers a submission in the client's language: a page or a redirect for a browser, JSON for a program.
struct SubmissionAnswer: Sendable {
    let request: Request
    let context: GatewayContext
    let pages: any SubmissionPages

    private var wantsJSON: Bool { context.wantsJSON(request) }

    /// What JSON clients get.
    struct Document: Codable {
        struct Accepted: Codable {
            let id: String
            let status: String
            let url: String
        }
        struct Refused: Codable {
            let file: String
            let code: String
            let message: String
        }
        struct Failure: Codable {
            let code: String
            let message: String
        }
        struct BatchAddress: Codable {
            let id: String
            let url: String
        }
        var analyses: [Accepted]?
        /// Where photos that were sent together are shown together.
        var batch: BatchAddress?
        var refused: [Refused]?
        var fields: [String: String]?
        var error: Failure?
    }

    func show(_ outcome: SubmissionOutcome) async throws -> Response {
        let isRefused = outcome.accepted.isEmpty
        if wantsJSON {
            return try json(document(outcome), isRefused ? outcome.refusalStatus : .accepted, outcome.retryAfter)
        }
        if isRefused || !outcome.problems.isEmpty {
            return try await page(outcome, notice: nil, isRefused ? outcome.refusalStatus : .ok, outcome.retryAfter)
        }
        let address = outcome.batch.map { "/batches/\($0.id.lower)" } ?? "/analyses/\(outcome.accepted[0].lower)"
        return Response.redirect(to: address, type: .normal)
    }

    /// A form that was cut off: what the client still sends is not read for nothing.
    func refused(_ error: UploadError) async throws -> Response {
        var response = try await failed(error.code, error.message, error.status, error == .busy ? 5 : nil)
        response.headers[.connection] = "close"
        return response
    }

    func refused(_ refusal: IntakeRefusal) async throws -> Response {
        try await failed(refusal.code, refusal.message, refusal.status, refusal.retryAfter)
    }

    func malformed(_ error: MultipartParser.Malformed) async throws -> Response {
        try await failed("malformed_form", error.description, .badRequest)
    }

    private func failed(
        _ code: String, _ message: String, _ status: HTTPResponse.Status, _ retryAfter: Int? = nil
    ) async throws -> Response {
        if wantsJSON { return try json(failure(code, message), status, retryAfter) }
        return try await page(nil, notice: message, status, retryAfter)
    }

    private func failure(_ code: String, _ message: String) -> Document {
        Document(error: .init(code: code, message: message))
    }

    private func document(_ outcome: SubmissionOutcome) -> Document {
        var document = Document()
        document.analyses = outcome.accepted.map {
            let id = $0.uuidString.lowercased()
            return .init(id: id, status: AnalysisStatus.queued.rawValue, url: "/analyses/\(id).json")
        }
        if let batch = outcome.batch, !outcome.accepted.isEmpty {
            document.batch = .init(id: batch.id.lower, url: "/batches/\(batch.id.lower)")
        }
        document.refused = outcome.problems.map { .init(file: $0.fileName, code: $0.code, message: $0.message) }
        if !outcome.fieldProblems.isEmpty { document.fields = outcome.fieldProblems }
        if outcome.form.photos.isEmpty {
            document.error = .init(code: "no_photo", message: "Send at least one photo in the field \"photo\".")
        }
        return document
    }

    private func json(
        _ document: Document, _ status: HTTPResponse.Status, _ retryAfter: Int? = nil
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var response = Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(document))))
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        return response
    }

    private func page(
        _ outcome: SubmissionOutcome?, notice: String?, _ status: HTTPResponse.Status, _ retryAfter: Int?
    ) async throws -> Response {
        var response = try await pages.form(outcome, notice: notice, status: status, request: request, context: context)
        if let retryAfter { response.headers[.retryAfter] = "\(retryAfter)" }
        return response
    }
}

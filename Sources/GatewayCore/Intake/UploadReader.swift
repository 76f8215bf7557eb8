import Foundation
import Hummingbird
import Operations

/// Streams an upload form in, within limits: bytes per photo and per form, a total deadline, a minimum rate, and a
/// bound on what all uploads under way hold in memory together.
struct UploadReader: Sendable {
    let maxPhotoBytes: Int
    /// Whether HEIC and AVIF are photos here.
    let acceptsHEIF: Bool
    let pace: BodyPace
    let memory: UploadMemory

    /// What all uploads of this gateway may hold together; an insert into the database has a copy of its photo besides.
    static let maxHeldBytes = UploadMemory.shares * maxFormBytes
    /// The most of it that one person, and so one form, may hold.
    static let maxFormBytes = GatewayConfiguration.maxFormBytes

    /// Reads the whole form and lends it to `body`, until whose end its photos count as held.
    ///
    /// - Throws: `UploadError` or `MultipartParser.Malformed` when the form cannot be read as a whole. What is wrong
    ///   with one photo is noted in that photo.
    func withForm<Result>(
        _ request: Request, of person: UUID, _ body: (SubmittedForm) async throws -> Result
    ) async throws -> Result {
        let lease = memory.lease(for: person)
        defer { lease.end() }
        return try await body(read(request, lease: lease))
    }

    private func read(_ request: Request, lease: UploadMemory.Lease) async throws -> SubmittedForm {
        try await pace.run { progress in try await parse(request, lease: lease, progress: progress) }
    }

    /// A photo whose bytes are here already, judged as one that was streamed.
    func photo(named name: String, _ bytes: Data) -> UploadedPhoto {
        var photo = UploadedPhoto(fileName: name)
        photo.size = bytes.count
        guard bytes.count <= maxPhotoBytes else {
            photo.problem = .tooLarge(limit: maxPhotoBytes)
            return photo
        }
        photo.content.append(ByteBuffer(bytes: bytes))
        photo.problem = photo.judge(acceptsHEIF: acceptsHEIF)
        return photo
    }

    private func parse(
        _ request: Request, lease: UploadMemory.Lease, progress: @Sendable (_ bytes: Int) -> Void
    ) async throws -> SubmittedForm {
        var parser = try MultipartParser(contentType: request.headers[.contentType] ?? "")
        var assembler = FormAssembler(maxPhotoBytes: maxPhotoBytes, acceptsHEIF: acceptsHEIF, lease: lease)
        var total = 0
        try await request.body.forEachPiece { bytes in
            total += bytes.readableBytes
            progress(total)
            // Photos that are refused are read to their end so that the answer can be shown, but not for ever.
            if total > GatewayConfiguration.maxPhotosPerForm * maxPhotoBytes + (4 << 20) { throw UploadError.tooLarge }
            for event in try parser.feed(bytes) { try assembler.take(event) }
        }
        guard parser.isComplete else { throw UploadError.incomplete }
        return assembler.form
    }
}

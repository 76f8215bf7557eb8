import Analyses
import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Operations

/// Photos sent as JSON, in base64: the same form as the multipart one.
struct JSONSubmission: Sendable {
    let reader: UploadReader

    /// Fields besides the photos may have this much.
    private static let otherBytes = 64 * 1024
    /// A byte of the text is held three times until the photos are made of it: as text, decoded, and as a photo.
    private static let copies = 3
    /// What the photos together have less than: four characters of base64 are three bytes.
    static let maxPhotoBytes = UploadReader.maxFormBytes * 3 / (4 * copies)

    /// Reads the whole form and lends it to `body`, until whose end its photos count as held.
    ///
    /// - Throws: `UploadError`, or a `RequestFailure` that names each field.
    func withForm<Result>(
        _ request: Request, of person: UUID, _ body: (SubmittedForm) async throws -> Result
    ) async throws -> Result {
        let lease = reader.memory.lease(for: person)
        defer { lease.end() }
        let json = try await bytes(request, lease: lease)
        return try await body(form(json, lease: lease))
    }

    private func bytes(_ request: Request, lease: UploadMemory.Lease) async throws -> Data {
        let limit = reader.maxPhotoBytes * 4 / 3 * GatewayConfiguration.maxPhotosPerForm + Self.otherBytes
        return try await reader.pace.run { progress in
            var json = Data()
            try await request.body.forEachPiece { piece in
                guard json.count + piece.readableBytes <= limit else { throw UploadError.tooLarge }
                let held = Self.copies * piece.readableBytes
                guard lease.bytes + held <= lease.limit else { throw UploadError.tooLargeAsJSON }
                guard lease.take(held) else { throw UploadError.busy }
                json.append(contentsOf: piece.readableBytesView)
                progress(json.count)
            }
            return json
        }
    }

    private func form(_ json: Data, lease: UploadMemory.Lease) throws -> SubmittedForm {
        var fields = try JSONFields(json)
        var form = SubmittedForm()
        for name in ["title", "subject", "notes", "taken_at", "lane", "batch", IfDuplicate.field] {
            form.fields[name] = fields.text(name)
        }
        form.fields["keep_photo"] = fields.flag("keep_photo").map { $0 ? "true" : "false" }
        for name in ["delete_after", "cancel_after"] { form.fields[name] = fields.number(name).map(String.init) }
        form.fields["tags"] = fields.tags("tags")
        let photos = fields.objects("photos")
        if photos.count > GatewayConfiguration.maxPhotosPerForm { throw UploadError.tooManyPhotos }
        for (index, var photo) in photos.enumerated() {
            let name = UploadedPhoto.cleanName(photo.text("name"))
            let text = photo.text("data")
            if text == nil, photo.problems["data"] == nil { photo.refuse("data", "It takes the photo in base64.") }
            let bytes = text.flatMap { Data(base64Encoded: $0) }
            if bytes == nil, text != nil { photo.refuse("data", "This is not base64 (RFC 4648, section 4).") }
            photo.end()
            for (field, problem) in photo.problems { fields.refuse("photos[\(index)].\(field)", problem) }
            if let bytes { form.photos.append(reader.photo(named: name, bytes)) }
        }
        fields.end()
        guard fields.problems.isEmpty else { throw RequestFailure.badFields(fields.problems) }
        return form
    }
}

import Hummingbird
import NIOCore
import Synchronization

/// Streams an upload form in, within limits: bytes per photo and per form, a total deadline, a minimum rate, and a
/// bound on what all uploads under way hold in memory together.
struct UploadReader: Sendable {
    let maxPhotoBytes: Int
    /// Whether HEIC and AVIF are photos here.
    let acceptsHEIF: Bool
    let deadline: Duration
    let memory: UploadMemory

    /// What one form's photos may hold together; further ones are refused, the first are kept.
    static let maxHeldBytes = 64 << 20
    /// A slower client than this, over `rateWindow`, is cut off: it holds memory that others need.
    static let minBytesPerSecond = 4 * 1024
    static let rateWindow = Duration.seconds(10)
    private static let maxFieldBytes = 64 * 1024

    /// Reads the whole form and lends it to `body`, until whose end its photos count as held.
    ///
    /// - Throws: `UploadError` or `MultipartParser.Malformed` when the form cannot be read as a whole. What is wrong
    ///   with one photo is noted in that photo.
    func withForm<Result>(_ request: Request, _ body: (SubmittedForm) async throws -> Result) async throws -> Result {
        let lease = memory.lease()
        defer { lease.end() }
        return try await body(read(request, lease: lease))
    }

    private func read(_ request: Request, lease: UploadMemory.Lease) async throws -> SubmittedForm {
        let progress = Progress()
        return try await withThrowingTaskGroup(of: SubmittedForm?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await parse(request, lease: lease, progress: progress) }
            group.addTask {
                try await watch(progress)
                return nil
            }
            guard let form = try await group.next() ?? nil else { throw UploadError.tooSlow }
            return form
        }
    }

    /// Returns when the client was too slow or the deadline has passed.
    private func watch(_ progress: Progress) async throws {
        let clock = ContinuousClock()
        let end = clock.now + deadline
        var last = 0
        while clock.now < end {
            try await Task.sleep(for: min(Self.rateWindow, end - clock.now))
            let now = progress.bytes.load(ordering: .relaxed)
            if now - last < Self.minBytesPerSecond * Int(Self.rateWindow.components.seconds) { return }
            last = now
        }
    }

    private func parse(
        _ request: Request, lease: UploadMemory.Lease, progress: Progress
    ) async throws -> SubmittedForm {
        var parser = try MultipartParser(contentType: request.headers[.contentType] ?? "")
        var form = SubmittedForm()
        var part = Part.none
        var total = 0
        for try await bytes in request.body {
            total += bytes.readableBytes
            progress.bytes.store(total, ordering: .relaxed)
            // Photos that are refused are read to their end so that the answer can be shown, but not for ever.
            if total > GatewayConfiguration.maxPhotosPerForm * maxPhotoBytes + (4 << 20) { throw UploadError.tooLarge }
            for event in try parser.feed(bytes) { try take(event, part: &part, form: &form, lease: lease) }
        }
        guard parser.isComplete else { throw UploadError.incomplete }
        return form
    }

    private final class Progress: Sendable {
        let bytes = Atomic(0)
    }

    private enum Part {
        case none
        case field(String, ByteBuffer)
        case photo(UploadedPhoto)
        case ignored
    }

    private func take(
        _ event: MultipartParser.Event, part: inout Part, form: inout SubmittedForm, lease: UploadMemory.Lease
    ) throws {
        switch (event, part) {
        case (.part("photo", let fileName?), _):
            if form.photos.count == GatewayConfiguration.maxPhotosPerForm { throw UploadError.tooManyPhotos }
            part = .photo(UploadedPhoto(fileName: UploadedPhoto.cleanName(fileName)))
        case (.part(_, _?), _): part = .ignored
        case (.part(let name, nil), _): part = .field(name, ByteBuffer())
        case (.content(let bytes), .field(let name, var value)):
            part = .none
            if value.readableBytes + bytes.readableBytes > Self.maxFieldBytes { throw UploadError.fieldTooLong(name) }
            value.writeImmutableBuffer(bytes)
            part = .field(name, value)
        case (.content(let bytes), .photo(var photo)):
            part = .none  // Gives up the second reference, so that the buffer grows in place.
            try add(bytes, to: &photo, lease: lease)
            part = .photo(photo)
        case (.partEnd, .field(let name, let value)): form.fields[name] = String(buffer: value)
        case (.partEnd, .photo(let photo)): form.photos += finished(photo).map { [$0] } ?? []
        case (.content, _), (.partEnd, _): break
        }
    }

    private func add(_ bytes: ByteBuffer, to photo: inout UploadedPhoto, lease: UploadMemory.Lease) throws {
        photo.size += bytes.readableBytes
        if photo.problem != nil { return }
        if photo.size > maxPhotoBytes {
            photo.problem = .tooLarge(limit: maxPhotoBytes)
        } else if lease.bytes + bytes.readableBytes > Self.maxHeldBytes {
            photo.problem = .formTooLarge
        }
        if photo.problem != nil {
            lease.giveBack(photo.bytes.readableBytes)
            photo.bytes = ByteBuffer()
            return
        }
        guard lease.take(bytes.readableBytes) else { throw UploadError.busy }
        photo.bytes.writeImmutableBuffer(bytes)
    }

    /// Judges a whole photo; nil for the empty file field that a browser sends when nothing was chosen.
    private func finished(_ photo: UploadedPhoto) -> UploadedPhoto? {
        var photo = photo
        if photo.problem != nil { return photo }
        switch PhotoFormat(firstBytes: photo.bytes.readableBytesView, acceptsHEIF: acceptsHEIF) {
        case .photo(let contentType): photo.contentType = contentType
        case .empty:
            if photo.fileName == UploadedPhoto.cleanName(nil) { return nil }
            photo.problem = .empty
        case .other(let what):
            photo.problem = .notAPhoto(what: what, accepted: AcceptedFormats.words(acceptsHEIF: acceptsHEIF))
        }
        return photo
    }
}

/// A form that cannot be read as a whole.
enum UploadError: Error, Equatable {
    case tooSlow, tooLarge, incomplete, busy, tooManyPhotos
    case fieldTooLong(String)

    var status: HTTPResponse.Status {
        switch self {
        case .tooSlow: .requestTimeout
        case .tooLarge, .tooManyPhotos, .fieldTooLong: .contentTooLarge
        case .incomplete: .badRequest
        case .busy: .serviceUnavailable
        }
    }

    var code: String {
        switch self {
        case .tooSlow: "too_slow"
        case .tooLarge: "too_large"
        case .tooManyPhotos: "too_many_photos"
        case .fieldTooLong: "field_too_long"
        case .incomplete: "incomplete"
        case .busy: "busy"
        }
    }

    var message: String {
        switch self {
        case .tooSlow:
            "The upload took too long and was stopped. Try again, with fewer photos at once or a better connection."
        case .tooLarge: "The form is too large. Send fewer photos at once."
        case .tooManyPhotos: "Send at most \(GatewayConfiguration.maxPhotosPerForm) photos at once."
        case .fieldTooLong(let name): "The field \"\(name)\" is too long."
        case .incomplete: "The upload ended before it was complete. Try again."
        case .busy: "Many uploads are under way. Try again in a few seconds."
        }
    }
}

/// Bounds what uploads under way hold in memory together.
final class UploadMemory: Sendable {
    private let free: Mutex<Int>

    init(bytes: Int) {
        free = Mutex(bytes)
    }

    func lease() -> Lease { Lease(memory: self) }

    /// One upload's share.
    final class Lease: Sendable {
        private let memory: UploadMemory
        private let held = Mutex(0)

        fileprivate init(memory: UploadMemory) { self.memory = memory }

        /// What this upload holds.
        var bytes: Int { held.withLock { $0 } }

        /// False when uploads together would hold too much.
        func take(_ count: Int) -> Bool {
            let granted = memory.free.withLock { free in
                guard free >= count else { return false }
                free -= count
                return true
            }
            if granted { held.withLock { $0 += count } }
            return granted
        }

        func giveBack(_ count: Int) {
            held.withLock { $0 -= count }
            memory.free.withLock { $0 += count }
        }

        func end() { giveBack(bytes) }
    }
}

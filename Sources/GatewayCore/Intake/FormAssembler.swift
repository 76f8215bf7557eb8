import Contracts
import Foundation
import NIOCore
import Operations

/// Makes a form of a multipart parser's events, within the bounds on what it may hold.
///
/// What is under way stays in one place and is changed there: a second reference would copy it for every piece that
/// comes.
struct FormAssembler {
    private enum Part { case none, field, photo }

    /// What has come so far.
    private(set) var form = SubmittedForm()

    private let maxPhotoBytes: Int
    private let acceptsHEIF: Bool
    private let lease: UploadMemory.Lease
    private var part = Part.none
    private var fieldName = ""
    private var field = ByteBuffer()
    private var photo = UploadedPhoto(fileName: "")
    private var fieldBytes = 0

    private static let maxFieldBytes = 64 * 1024
    /// All fields together, with their names: nothing else bounds how many a form has.
    private static let maxAllFieldBytes = 256 * 1024

    init(maxPhotoBytes: Int, acceptsHEIF: Bool, lease: UploadMemory.Lease) {
        self.maxPhotoBytes = maxPhotoBytes
        self.acceptsHEIF = acceptsHEIF
        self.lease = lease
    }

    /// Takes the next event.
    /// - Throws: ``UploadError``. What is wrong with one photo is noted in that photo.
    mutating func take(_ event: MultipartParser.Event) throws(UploadError) {
        switch event {
        case .part("photo", let fileName?):
            if form.photos.count == GatewayConfiguration.maxPhotosPerForm { throw .tooManyPhotos }
            photo = UploadedPhoto(fileName: UploadedPhoto.cleanName(fileName))
            part = .photo
        case .part(let name, _?):
            (fieldName, part) = (name, .none)
            try count(name.utf8.count)
            form.asFiles.insert(name)
        case .part(let name, nil):
            (fieldName, field, part) = (name, ByteBuffer(), .field)
            try count(name.utf8.count)
        case .content(let bytes):
            switch part {
            case .field: try addToField(bytes)
            case .photo: try addToPhoto(bytes)
            case .none: break
            }
        case .partEnd: end()
        }
    }

    private mutating func count(_ bytes: Int) throws(UploadError) {
        fieldBytes += bytes
        if fieldBytes > Self.maxAllFieldBytes { throw .fieldTooLong(fieldName) }
    }

    private mutating func addToField(_ bytes: ByteBuffer) throws(UploadError) {
        if field.readableBytes + bytes.readableBytes > Self.maxFieldBytes { throw .fieldTooLong(fieldName) }
        try count(bytes.readableBytes)
        field.writeImmutableBuffer(bytes)
    }

    private mutating func addToPhoto(_ bytes: ByteBuffer) throws(UploadError) {
        photo.size += bytes.readableBytes
        if photo.problem != nil { return }
        let growth = photo.content.growth(for: bytes.readableBytes)
        if photo.size > maxPhotoBytes { return refuse(.tooLarge(limit: maxPhotoBytes)) }
        if lease.bytes + growth > lease.limit { return refuse(.formTooLarge(limit: lease.limit)) }
        guard lease.take(growth) else { throw .busy }
        photo.content.append(bytes)
    }

    /// What is refused holds no memory.
    private mutating func refuse(_ problem: UploadedPhoto.Problem) {
        photo.problem = problem
        lease.giveBack(photo.content.heldBytes)
        photo.content = BlockBuffer()
    }

    private mutating func end() {
        switch part {
        case .none: break
        case .field:
            if form.fields.updateValue(String(buffer: field), forKey: fieldName) != nil {
                form.repeated.insert(fieldName)
            }
        case .photo:
            judge()
            if let photo = chosen { form.photos.append(photo) }
            photo = UploadedPhoto(fileName: "")
        }
        part = .none
    }

    /// Nil for the empty file field that a browser sends when nothing was chosen.
    private var chosen: UploadedPhoto? {
        photo.problem == .empty && photo.fileName == UploadedPhoto.cleanName(nil) ? nil : photo
    }

    private mutating func judge() {
        if photo.problem != nil { return }
        if let problem = photo.judge(acceptsHEIF: acceptsHEIF) { refuse(problem) }
    }
}

import Analyses
import Contracts
import Foundation
import ServiceSupport

/// What a person sent: the form's fields, and its photos with what is wrong with each.
struct SubmittedForm: Sendable {
    var fields: [String: String] = [:]
    var photos: [UploadedPhoto] = []
    /// Fields that came more than once; of each the last is kept.
    var repeated: Set<String> = []
    /// Parts other than photos that came as a file, with a file's name: what is in them is not kept.
    var asFiles: Set<String> = []

    /// The trimmed value of a field.
    func text(_ name: String) -> String {
        (fields[name] ?? "").asField
    }

    /// What the person says about the photos and wants done with them, and what is wrong with it by field.
    var checked: (information: AnalysisInformation, handling: PhotoHandling, problems: [String: String]) {
        let (information, problems) = AnalysisInformation.check(text)
        let (handling, others) = PhotoHandling.check(text)
        return (information, handling, problems.merging(others) { first, _ in first })
    }

    /// What makes this form another one than a second, for keys under which it may be sent twice.
    ///
    /// Without what is about the sending: after a new log-in, a page sends the same form with another token.
    var digestParts: [[UInt8]] {
        let told = fields.filter { !Self.fieldsOfSending.contains($0.key) }
        let texts = told.sorted { $0.key < $1.key }.flatMap { [Array($0.key.utf8), Array($0.value.utf8)] }
        return texts
            // Of one that is refused nothing is kept but its size.
            + photos.flatMap { photo in
                [
                    Array(photo.fileName.utf8), Array("\(photo.size)".utf8),
                    photo.content.sha256,
                ]
            }
    }

    private static let fieldsOfSending: Set<String> = [CSRF.fieldName, "acknowledgement", "acknowledged"]

    /// Whether the page asked for the note on responsible use to be acknowledged.
    ///
    /// It asks people. A program that sends photos without the page has no box to tick, and its token's owner is asked
    /// when they first use the page.
    var asksForAcknowledgement: Bool { text("acknowledgement") == "asked" }
    /// Whether the person ticked it.
    var acknowledges: Bool { !text("acknowledged").isEmpty }
}

/// One file of an upload form.
struct UploadedPhoto: Sendable {
    let fileName: String
    /// Nothing when there is a problem.
    var content = BlockBuffer()
    /// How many bytes came, kept or not.
    var size = 0
    /// What is wrong with it, to show beside it.
    var problem: Problem?

    /// The media type that its signature says; nil when there is a problem.
    var contentType: String?

    /// Sets the media type that the first bytes say.
    /// - Returns: what is wrong with them instead.
    mutating func judge(acceptsHEIF: Bool) -> Problem? {
        switch PhotoFormat(firstBytes: content.prefix(PhotoFormat.signatureLength), acceptsHEIF: acceptsHEIF) {
        case .photo(let contentType):
            self.contentType = contentType
            return nil
        case .empty: return .empty
        case .other(let what):
            return .notAPhoto(what: what, accepted: AcceptedFormats.words(acceptsHEIF: acceptsHEIF))
        }
    }

    /// A reason to refuse a photo. The text names the limit; whoever shows it names the file.
    enum Problem: Sendable, Equatable {
        case tooLarge(limit: Int)
        case formTooLarge(limit: Int)
        case empty
        /// What it is instead, and what is accepted.
        case notAPhoto(what: String, accepted: String)

        /// For programs.
        var code: String {
            switch self {
            case .tooLarge, .formTooLarge: "too_large"
            case .empty: "empty"
            case .notAPhoto: "unsupported_format"
            }
        }

        /// For people.
        var message: String {
            switch self {
            case .tooLarge(let limit):
                "The file is larger than \(Self.megabytes(limit)) MB, the most that one photo may have."
            case .formTooLarge(let limit):
                "The photos together are larger than \(Self.megabytes(limit)) MB. Send fewer at once."
            case .empty: "The file is empty. Choose the photo again."
            case .notAPhoto(let what, let accepted): "\(what) not accepted. Use \(accepted)."
            }
        }

        private static func megabytes(_ bytes: Int) -> String {
            let value = Double(bytes) / 1_048_576
            return value.rounded() == value ? "\(Int(value))" : String(format: "%.1f", value)
        }
    }

    /// The last component of what the client called the file, composed, without control characters, at most 200 characters.
    static func cleanName(_ name: String?) -> String {
        let last = (name ?? "").split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
        let visible = String(
            String.UnicodeScalarView(last.unicodeScalars.filter { $0.properties.generalCategory != .control }))
        let trimmed = visible.composed.trimmingCharacters(in: .whitespaces)
        return trimmed.isEmpty ? "photo" : trimmed.beginning(200)
    }
}

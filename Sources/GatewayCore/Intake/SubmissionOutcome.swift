import Analyses
import Foundation
import HTTPTypes

/// What became of a form's photos.
struct SubmissionOutcome: Sendable {
    let form: SubmittedForm
    let information: AnalysisInformation
    let handling: PhotoHandling
    var fieldProblems: [String: String]
    /// The batch that the photos belong to; nil for a single one.
    var batch: BatchReference?
    /// Of the accepted ones, those that were there before.
    var earlier: Set<UUID> = []
    private(set) var photos: [(fileName: String, result: Result)] = []

    enum Result: Sendable {
        case accepted(UUID)
        case refused(UploadedPhoto.Problem)
        case postponed(IntakeRefusal)
    }

    init(form: SubmittedForm) {
        self.form = form
        (information, handling, fieldProblems) = form.checked
    }

    mutating func add(_ photo: UploadedPhoto, _ result: Result) {
        photos.append((photo.fileName, result))
    }

    /// The photos' analyses.
    var accepted: [UUID] {
        photos.compactMap { if case .accepted(let id) = $0.result { id } else { nil } }
    }

    /// What to say of the photos that were not taken.
    var problems: [(fileName: String, code: String, message: String)] {
        photos.compactMap { name, result in
            switch result {
            case .accepted: nil
            case .refused(let problem): (name, problem.code, problem.message)
            case .postponed(let refusal): (name, refusal.code, refusal.message)
            }
        }
    }

    /// The answer's status when nothing was taken.
    var refusalStatus: HTTPResponse.Status {
        if form.photos.isEmpty || !fieldProblems.isEmpty { return .unprocessableContent }
        for (_, result) in photos {
            switch result {
            case .postponed(let refusal): return refusal.status
            case .refused(.tooLarge), .refused(.formTooLarge): return .contentTooLarge
            case .refused(.notAPhoto): return .unsupportedMediaType
            case .accepted, .refused(.empty): continue
            }
        }
        return .unprocessableContent
    }

    /// Seconds for the Retry-After header.
    var retryAfter: Int? {
        photos.compactMap { if case .postponed(let refusal) = $0.result { refusal.retryAfter } else { nil } }.max()
    }
}

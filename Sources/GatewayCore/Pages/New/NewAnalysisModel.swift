import Accounts
import Analyses
import Contracts
import Foundation
import Operations
import Reports

/// The page for photos and their information.
struct NewAnalysisModel: Sendable {
    let site: Site
    var title = ""
    var subject = ""
    var notes = ""
    var tags = ""
    var takenAt = ""
    /// Whether the note on responsible use is still to be acknowledged.
    let asksForAcknowledgement: Bool
    /// Whether something was written beside the photos, so that its fields are to be seen.
    let hasWords: Bool
    /// Whether no photos are taken in for the time being.
    let isPaused: Bool
    /// For photos that are sent together.
    let batch: String
    var problems: [UploadProblem] = []
    let hasProblems: Bool
    let maxPhotoBytes: Int
    let maxPhotos: Int
    /// "10 MB"
    let maxPhotoSize: String
    /// Without a script, all photos come in one form.
    let formPhotos: Int
    /// "64 MB"
    let formSize: String
    /// Whose page it is: photos that another person left unsent are not theirs.
    let person: String
    /// For logging in again.
    let email: String
    /// As on the log-in page.
    let provider: ProviderButton?
    let takesPasswords: Bool
    /// "JPEG, PNG or WebP"
    let formats: String
    /// For the file field.
    let mediaTypes: String
    /// "heic heix …"; empty where no such photos are taken.
    let stillBrands: String
    /// "30 days" after which photos and results are deleted; nil when they are kept.
    let retention: String?
    let sampleAddress: String

    init(
        site: Site, limits: UploadLimits, form: UploadForm = UploadForm(), problems: [UploadProblem] = [],
        asksForAcknowledgement: Bool = true, isPaused: Bool = false, user: User? = nil, ways: LogInWays = LogInWays(),
        batch: UUID = .timeOrdered()
    ) {
        self.site = site
        title = form.title
        subject = form.subject
        notes = form.notes
        tags = form.tags
        takenAt = form.takenAt
        self.asksForAcknowledgement = asksForAcknowledgement
        hasWords = ![title, subject, notes, tags, takenAt].allSatisfy(\.isEmpty)
        self.isPaused = isPaused
        self.batch = batch.lower
        self.problems = problems
        hasProblems = !problems.isEmpty
        maxPhotoBytes = limits.photoBytes
        maxPhotos = limits.photos
        maxPhotoSize = Words.mebibytes(limits.photoBytes)
        formPhotos = min(limits.photos, GatewayConfiguration.maxPhotosPerForm)
        formSize = Words.mebibytes(UploadReader.maxFormBytes)
        person = user?.id.lower ?? ""
        email = user?.email ?? ""
        provider = ways.button()
        takesPasswords = ways.takesPasswords
        formats = AcceptedFormats.words(acceptsHEIF: limits.acceptsHEIF)
        mediaTypes = AcceptedFormats.mediaTypes(acceptsHEIF: limits.acceptsHEIF)
        stillBrands = AcceptedFormats.stillBrands(acceptsHEIF: limits.acceptsHEIF)
        retention = Words.retention(days: limits.retentionDays)
        sampleAddress = site.sample
    }
}

/// What a person wrote beside their photos, to be shown again when something has to be corrected.
struct UploadForm: Sendable {
    var title = ""
    var subject = ""
    var notes = ""
    var tags = ""
    var takenAt = ""
}

/// What may be sent at once, and how long the site keeps it.
struct UploadLimits: Sendable {
    let photoBytes: Int
    let photos: Int
    var acceptsHEIF = false
    /// 0 for ever.
    var retentionDays = 0
}

/// Why a photo was not accepted.
struct UploadProblem: Sendable {
    /// As the browser sent it; empty when the problem belongs to no single file.
    let fileName: String
    let message: String
    let hasFileName: Bool

    init(fileName: String, message: String) {
        self.fileName = fileName
        self.message = message
        hasFileName = !fileName.isEmpty
    }
}

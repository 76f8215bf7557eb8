import Foundation

/// One analysis: while it waits, when it is done, and when it failed. Exactly one of the three parts is there.
struct ResultModel: Sendable {
    let site: Site
    let address: String
    let jsonAddress: String
    let status: String
    let title: String
    let submitted: Moment
    let waiting: Waiting?
    let finished: FinishedModel?
    let failure: Failure?
    let details: [Detail]
    let notes: String?

    /// Queued or in work.
    struct Waiting: Sendable {
        let heading: String
        /// "3rd in the queue"; nil once a worker has it.
        let place: String?
        let isProcessing: Bool
    }

    /// Ended without a result.
    struct Failure: Sendable {
        let heading: String
        let message: String
        let code: String
    }

    /// A line of the information.
    struct Detail: Sendable {
        let term: String
        let text: String
    }

    init(site: Site, analysis: Analysis, place: Int?, now: Date = Date()) {
        self.site = site
        address = "/analyses/\(analysis.id.uuidString.lowercased())"
        jsonAddress = address + ".json"
        status = analysis.status.rawValue
        title = CardModel.title(of: analysis)
        submitted = Moment(analysis.submittedAt, now: now)
        waiting = analysis.status.isTerminal ? nil : Self.waiting(analysis, place)
        finished = analysis.status == .finished ? FinishedModel(analysis, address: address) : nil
        failure = Self.failure(analysis)
        details = Self.details(analysis)
        notes = analysis.notes.isEmpty ? nil : analysis.notes
    }

    private static func waiting(_ analysis: Analysis, _ place: Int?) -> Waiting {
        let isProcessing = analysis.status == .processing
        let text = place.map { $0 <= 1 ? "Next in the queue" : "\(Words.ordinal($0)) in the queue" }
        return Waiting(
            heading: isProcessing ? "Looking at the photo" : "Waiting for a free worker",
            place: isProcessing ? nil : text, isProcessing: isProcessing)
    }

    private static func failure(_ analysis: Analysis) -> Failure? {
        switch analysis.status {
        case .cancelled:
            Failure(
                heading: "This analysis was cancelled", message: "Send the photo again to have it analysed.",
                code: "cancelled")
        case .failed:
            Failure(
                heading: "This photo could not be analysed",
                message: analysis.errorMessage ?? "The reason was not recorded. Send the photo again.",
                code: analysis.errorCode ?? "unknown")
        default: nil
        }
    }

    private static func details(_ analysis: Analysis) -> [Detail] {
        var details: [Detail] = []
        if !analysis.subject.isEmpty { details.append(Detail(term: "Shown", text: analysis.subject)) }
        if analysis.title.isEmpty == false { details.append(Detail(term: "File", text: analysis.fileName)) }
        var photo = Words.megabytes(analysis.photoBytes)
        if let width = analysis.width, let height = analysis.height { photo = "\(width) × \(height) pixels, \(photo)" }
        details.append(Detail(term: "Photo", text: photo))
        return details
    }
}

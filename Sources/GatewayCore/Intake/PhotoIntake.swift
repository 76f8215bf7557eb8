import Analyses
import Contracts
import Foundation
import Logging
import Metrics
import Operations

/// Takes a form's photos in, whether a page or a program sent it.
struct PhotoIntake: Sendable {
    let analyses: AnalysisStore
    let limits: IntakeLimits
    let disk: DiskSpace
    let switches: SiteSwitches
    let logger: Logger

    /// Before a form is read. What was done under a key is answered again, whatever has become of the intake since.
    /// - Throws: `IntakeRefusal` while no photos are taken in.
    func check(_ key: String?, of owner: UUID) async throws {
        do {
            try switches.requireIntake()
            try disk.check()
        } catch {
            guard let key, try await analyses.hasAnswered(key, of: owner) else { throw error }
        }
    }

    /// Stores the photos that are fine; the outcome says what is wrong with the others.
    ///
    /// - Parameter request: what a program may send twice.
    /// - Throws: `BatchNotFound`, `RequestFailure` for a batch that is none, and `IdempotencyRefusal`.
    func take(
        _ form: SubmittedForm, owner: UUID, requestID: String, trace: TraceContext, ifDuplicate: IfDuplicate = .analyse,
        as request: IdempotentRequest? = nil
    ) async throws -> SubmissionOutcome {
        var outcome = SubmissionOutcome(form: form)
        if form.acknowledges {
            try await analyses.acknowledge(owner)
        } else if form.asksForAcknowledgement, try await !analyses.hasAcknowledged(owner) {
            outcome.fieldProblems["acknowledged"] = "Tick the box on responsible use first."
        }
        guard outcome.fieldProblems.isEmpty, !form.photos.isEmpty else { return outcome }
        outcome.batch = try batch(of: form)
        let isBulk = outcome.batch != nil || form.text("lane") == AnalysisLane.bulk.rawValue
        let fit = form.photos.compactMap { photo in photo.problem == nil ? photo.contentType.map { (photo, $0) } : nil }
        let submissions = fit.map { photo, contentType in
            var submission = Submission(
                owner: owner, lane: isBulk ? .bulk : .interactive, information: outcome.information,
                batch: outcome.batch, fileName: photo.fileName, contentType: contentType,
                byteCount: photo.content.count, bytes: { photo.content.bytes }, digest: photo.content.sha256,
                handling: outcome.handling, requestID: requestID, trace: trace)
            submission.ifDuplicate = ifDuplicate
            return submission
        }
        let submitted = try await analyses.submit(submissions, limits: limits, as: request)
        // A request that is sent again without a batch's id is in the batch of the first.
        outcome.batch = submitted.batch.map { BatchReference(id: $0, title: outcome.batch?.title ?? "") }
        outcome.earlier = submitted.earlier
        var results = submitted.results[...]
        for photo in form.photos {
            if photo.contentType == nil || photo.problem != nil {
                outcome.add(photo, .refused(photo.problem ?? .empty))
                continue
            }
            switch results.popFirst() {
            case .success(let id)?: outcome.add(photo, .accepted(id))
            case .failure(let refusal)?: outcome.add(photo, .postponed(refusal))
            // Every photo has its result, in an answer that was kept too.
            case nil: break
            }
        }
        guard !submitted.wasTakenBefore else { return outcome }
        let new = outcome.accepted.filter { !outcome.earlier.contains($0) }
        for id in Set(new) {
            logger.info(
                "Photo stored",
                metadata: [
                    "analysis.id": "\(id.lower)", "request.id": "\(requestID)", "trace.id": "\(trace.traceID)",
                ])
        }
        Counter(label: "mien_photos_accepted").increment(by: Set(new).count)
        return outcome
    }

    /// Several photos in one form are a batch; so are those that are sent one by one under the same `batch`, as the page's
    /// script does to tell the progress of each.
    private func batch(of form: SubmittedForm) throws -> BatchReference? {
        let text = form.text("batch")
        let isMember = form.text("batch_member") == "yes"
        guard form.photos.count > 1 || isMember else { return nil }
        guard text.isEmpty || UUID(uuidString: text) != nil else { throw RequestFailure.badForm }
        return BatchReference(id: UUID(uuidString: text) ?? .timeOrdered(), title: form.text("title"))
    }
}

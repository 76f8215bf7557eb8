import Foundation

/// How much of what its owner wrote about a photo others are told who open a shared link.
package enum SharedInformation: String, Sendable, CaseIterable {
    case nothing, title
    /// Title, who or what is shown, tags, notes, and when it was taken.
    case all
}

extension Analysis {
    /// As others may see it: what its owner wrote as far as it is shared, and nothing of the file's name, the photos that it was
    /// sent with, or what its owner wants done with it.
    ///
    /// Whatever is made of it, be it a page, JSON or PDF, can tell no more. `userID` stays, since the store's queries name the
    /// owner; nothing that is shown has it.
    package func shared(_ information: SharedInformation) -> Analysis {
        let isAll = information == .all
        return Analysis(
            id: id, userID: userID, status: status, lane: lane, title: information == .nothing ? "" : title,
            subject: isAll ? subject : "", notes: isAll ? notes : "", fileName: "", contentType: contentType,
            photoBytes: photoBytes, submittedAt: submittedAt, startedAt: startedAt, finishedAt: finishedAt,
            attempts: attempts, width: width, height: height, previewWidth: previewWidth, previewHeight: previewHeight,
            findings: findings, model: model, timingsMs: timingsMs, errorCode: errorCode, errorMessage: errorMessage,
            tags: isAll ? tags : [], takenAt: isAll ? takenAt : nil, queuedAt: queuedAt, generation: generation,
            keepsPhoto: keepsPhoto,
            corrections: corrections.map { correction in
                var correction = correction
                // Said to this site, and to nobody else.
                correction.mayTrain = false
                return correction
            })
    }
}

extension BatchSlice {
    /// As others may see it; what was cancelled is not counted, since nobody shares it any more.
    package func shared(_ information: SharedInformation) -> BatchSlice {
        BatchSlice(
            batch: BatchSummary(
                id: batch.id, title: information == .nothing ? "" : batch.title, createdAt: batch.createdAt,
                open: batch.open, finished: batch.finished, failed: batch.failed,
                failedForGood: batch.failedForGood),
            looks: looks, items: items.map { $0.shared(information) })
    }
}

extension BatchPart {
    /// What links show.
    package static let shared = allCases.filter { $0 != .cancelled }
}

extension Batch {
    /// As others may see it: without what was cancelled, which nobody shares any more.
    package func shared(_ information: SharedInformation) -> Batch {
        Batch(
            id: id, title: information == .nothing ? "" : title, createdAt: createdAt,
            analyses: analyses.filter { $0.status != .cancelled }.map { $0.shared(information) })
    }
}

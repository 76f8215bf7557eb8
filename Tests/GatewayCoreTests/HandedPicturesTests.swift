import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Postgres
import Testing

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations

/// The way of a photo's pictures from the worker to the pages: handed over, hidden, recorded with the result.
@Suite struct HandedPicturesTests {
    static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0] + [UInt8](repeating: 7, count: 500) + [0xFF, 0xD9]

    static func pictures(_ mark: UInt8 = 0) -> [(String, [UInt8])] {
        Pictures.Kind.allCases.enumerated().map { number, kind in
            (kind.rawValue, [0xFF, 0xD8, 0xFF, mark, UInt8(number)] + jpeg)
        }
    }

    /// A worker that has claimed a photo, or says so.
    struct Worker {
        let site: Site
        let id: UUID
        var generation = 1
        var ticketID: UUID?

        private var authorization: String {
            "Bearer \(TicketSigner(secret: site.secret).issue(ticketID ?? id, generation: generation))"
        }

        func claim() async throws -> HTTPResponse.Status {
            try await site.workers.executeRequest(
                uri: "/photos/\(id.lower)", method: .get, headers: [.authorization: authorization], body: nil
            ).status
        }

        func put(
            _ pictures: [(String, [UInt8])] = HandedPicturesTests.pictures(), attempt: String = "1", end: String = "--"
        ) async throws -> HTTPResponse.Status {
            var body = ByteBuffer()
            for (name, bytes) in pictures {
                body.writeString("--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n")
                body.writeBytes(bytes)
                body.writeString("\r\n")
            }
            body.writeString("--b\(end)\r\n")
            return try await site.workers.executeRequest(
                uri: "/photos/\(id.lower)/pictures", method: .put,
                headers: [
                    .authorization: authorization, .mienAttempt: attempt,
                    .contentType: "multipart/form-data; boundary=b",
                ], body: body
            ).status
        }

        /// The result of an attempt, its pictures handed over.
        func result(attempt: UInt32 = 1) -> ResultMessage {
            var message = ResultMessage()
            message.analysisID = id.lower
            message.generation = UInt32(generation)
            message.attempt = attempt
            var analysis = Mien_V1_Analysis()
            (analysis.width, analysis.height, analysis.previewWidth, analysis.previewHeight) = (512, 512, 512, 512)
            analysis.model.name = "mien-inception"
            analysis.model.version = "1"
            message.analysis = analysis
            return message
        }
    }

    /// Whether there are pictures of a photo, hidden or not.
    private func isHanded(_ site: Site, _ id: UUID) async throws -> Bool {
        try await site.database.first("SELECT 1 FROM previews WHERE analysis_id = \(id)") != nil
    }

    private func withClaimedPhoto(
        _ body: @escaping @Sendable (Site, Person, Worker) async throws -> Void
    ) async throws {
        try await Site.run { site async throws in
            let ada = try await site.person()
            let worker = Worker(site: site, id: try await site.analysis(of: ada.user.id, .queued))
            #expect(try await worker.claim() == .ok)
            try await body(site, ada, worker)
        }
    }

    @Test func picturesAreHiddenUntilTheResultIsRecordedWithThem() async throws {
        try await withClaimedPhoto { site, ada, worker async throws in
            let id = worker.id
            #expect(try await worker.put() == .noContent)
            #expect(try await isHanded(site, id))
            for kind in PreviewKind.allCases {
                #expect(try await ada.get("/analyses/\(id.lower)/\(kind.rawValue).jpg").status == .notFound)
                #expect(try await site.store.preview(id, owner: ada.user.id, kind: kind) == nil)
            }
            #expect(try await site.recorder.record([worker.result(), worker.result()]) == [.recorded, .ignored])
            for (name, bytes) in Self.pictures() {
                let answer = try await ada.get("/analyses/\(id.lower)/\(name).jpg")
                #expect(answer.status == .ok)
                #expect(answer.bytes == bytes)
            }
            #expect(try await ada.counts() == (1, 0))
            // Delivered once more, the result is late and no fault.
            #expect(try await site.recorder.record([worker.result()]) == [.ignored])
            #expect(try await ada.counts() == (1, 0))
        }
    }

    @Test func picturesSentAgainTakeTheFirstOnesPlace() async throws {
        try await withClaimedPhoto { site, ada, worker async throws in
            #expect(try await worker.put() == .noContent)
            #expect(try await worker.put(Self.pictures(9)) == .noContent)
            #expect(try await site.recorder.record([worker.result()]) == [.recorded])
            let clean = try await site.store.preview(worker.id, owner: ada.user.id, kind: .clean)
            #expect(clean == Self.pictures(9)[1].1)
        }
    }

    @Test func onlyTheTicketOfThisPhotoOpensIt() async throws {
        try await withClaimedPhoto { site, _, worker async throws in
            var stranger = worker
            stranger.ticketID = UUID()
            #expect(try await stranger.put() == .forbidden)
            let bare = try await site.workers.executeRequest(
                uri: "/photos/\(worker.id.lower)/pictures", method: .put, headers: [.mienAttempt: "1"], body: nil)
            #expect(bare.status == .forbidden)
            let nonsense = try await site.workers.executeRequest(
                uri: "/photos/nonsense/pictures", method: .put, headers: [:], body: nil)
            #expect(nonsense.status == .gone)
            #expect(try await !isHanded(site, worker.id))
        }
    }

    @Test func onlyTheAttemptThatHoldsTheClaimIsTaken() async throws {
        try await withClaimedPhoto { site, _, worker async throws in
            #expect(try await worker.put(attempt: "2") == .gone)
            #expect(try await worker.put(attempt: "0") == .gone)
            #expect(try await worker.claim() == .ok)
            #expect(try await worker.put(attempt: "1") == .gone)
            #expect(try await !isHanded(site, worker.id))
            #expect(try await worker.put(attempt: "2") == .noContent)
            var later = worker
            later.generation = 2
            #expect(try await later.put(attempt: "2") == .gone)
            for attempt in ["", "one", "99999999999"] {
                #expect(try await worker.put(attempt: attempt) == .unprocessableContent)
            }
        }
    }

    @Test func anEarlierAttemptsResultCountsWithThePicturesOfALater() async throws {
        try await withClaimedPhoto { site, ada, worker async throws in
            #expect(try await worker.put(Self.pictures(1)) == .noContent)
            // The sweeper's second job is claimed before the first attempt's result comes.
            #expect(try await worker.claim() == .ok)
            #expect(try await worker.put(Self.pictures(2), attempt: "2") == .noContent)
            #expect(try await site.recorder.record([worker.result(attempt: 1)]) == [.recorded])
            let clean = try await site.store.preview(worker.id, owner: ada.user.id, kind: .clean)
            #expect(clean == Self.pictures(2)[1].1)
            // What is shown stays: the later attempt goes on.
            #expect(try await worker.put(Self.pictures(3), attempt: "2") == .gone)
            #expect(try await site.recorder.record([worker.result(attempt: 2)]) == [.ignored])
            #expect(try await site.store.preview(worker.id, owner: ada.user.id, kind: .clean) == clean)
        }
    }

    @Test func whatIsNoPictureIsRefusedAndNothingIsStored() async throws {
        try await withClaimedPhoto { site, _, worker async throws in
            let good = Self.pictures()
            func replacing(_ number: Int, by bytes: [UInt8]) -> [(String, [UInt8])] {
                var pictures = good
                pictures[number].1 = bytes
                return pictures
            }
            func long(_ count: Int) -> [UInt8] {
                [0xFF, 0xD8, 0xFF] + [UInt8](repeating: 7, count: count - 5) + [0xFF, 0xD9]
            }
            let unfit = [
                replacing(0, by: Array("<html>".utf8)), replacing(1, by: Array(Self.jpeg.dropLast())),
                replacing(2, by: []), Array(good.dropLast()), good + [good[0]],
                replacing(0, by: long(1_000_001)), replacing(1, by: long(1_000_001)), replacing(2, by: long(100_001)),
                [("nothing", long(3_000_000))],
            ]
            for pictures in unfit { #expect(try await worker.put(pictures) == .unprocessableContent) }
            #expect(try await worker.put(end: "") == .unprocessableContent)
            #expect(try await !isHanded(site, worker.id))
            let largest = [
                ("annotated", long(1_000_000)), ("clean", long(1_000_000)), ("thumbnail", long(100_000)),
                ("later", Self.jpeg),
            ]
            #expect(try await worker.put(largest) == .noContent)
        }
    }

    @Test func whatHasEndedTakesNoPictures() async throws {
        try await Site.run { site async throws in
            let ada = try await site.person()
            for change in ["status = 'cancelled', finished_at = now()", "status = 'queued'"] {
                let worker = Worker(site: site, id: try await site.analysis(of: ada.user.id, .queued))
                #expect(try await worker.claim() == .ok)
                try await site.database.execute("UPDATE analyses SET \(unescaped: change) WHERE id = \(worker.id)")
                #expect(try await worker.put() == .gone)
            }
            for status in [AnalysisStatus.finished, .failed] {
                let worker = Worker(site: site, id: try await site.analysis(of: ada.user.id, status))
                #expect(try await worker.put() == .gone)
            }
            let deleted = Worker(site: site, id: try await site.analysis(of: ada.user.id, .queued))
            #expect(try await deleted.claim() == .ok)
            #expect(try await site.store.delete(deleted.id, owner: ada.user.id))
            #expect(try await deleted.put() == .gone)
        }
    }

    @Test func deletingAPhotoTakesItsPicturesAlong() async throws {
        try await withClaimedPhoto { site, ada, worker async throws in
            #expect(try await worker.put() == .noContent)
            #expect(try await site.store.delete(worker.id, owner: ada.user.id))
            #expect(try await !isHanded(site, worker.id))
            #expect(try await site.recorder.record([worker.result()]) == [.ignored])
        }
    }

    @Test func aResultWhosePicturesNeverCameIsNotRecordedAndThePhotoEndsAllTheSame() async throws {
        try await withClaimedPhoto { site, ada, worker async throws in
            let other = Worker(site: site, id: try await site.analysis(of: ada.user.id, .queued))
            #expect(try await other.claim() == .ok)
            #expect(try await other.put() == .noContent)
            // Beside it in one transaction, another is recorded.
            #expect(
                try await site.recorder.record([worker.result(), other.result()]) == [.withoutPictures, .recorded])
            #expect(try await site.store.find(worker.id, owner: ada.user.id)?.status == .processing)
            #expect(try await site.store.preview(worker.id, owner: ada.user.id, kind: .clean) == nil)
            #expect(try await ada.counts() == (1, 0))
            // Tried again, it succeeds.
            #expect(try await worker.claim() == .ok)
            #expect(try await site.recorder.record([worker.result(attempt: 2)]) == [.withoutPictures])
            #expect(try await worker.put(attempt: "2") == .noContent)
            #expect(try await site.recorder.record([worker.result(attempt: 2)]) == [.recorded])
            #expect(try await ada.counts() == (2, 0))
        }
    }

    @Test func anEarlierTrysPicturesDoNotCount() async throws {
        try await withClaimedPhoto { site, ada, worker async throws in
            #expect(try await worker.put(Self.pictures(1)) == .noContent)
            #expect(try await site.store.cancel(.some([worker.id]), owner: ada.user.id).count == 1)
            let limits = IntakeLimits(maxOpenPerUser: 9, maxOpen: 9)
            #expect(try await site.store.retry([worker.id], owner: ada.user.id, limits: limits) == 1)
            var again = worker
            again.generation = 2
            #expect(try await again.claim() == .ok)
            #expect(try await site.recorder.record([again.result()]) == [.withoutPictures])
            #expect(try await again.put(Self.pictures(2)) == .noContent)
            #expect(try await site.recorder.record([again.result()]) == [.recorded])
            let clean = try await site.store.preview(worker.id, owner: ada.user.id, kind: .clean)
            #expect(clean == Self.pictures(2)[1].1)
        }
    }

    @Test func whatIsTriedAgainWhileIsSweptKeepsItsPictures() async throws {
        try await withClaimedPhoto { site, ada, worker async throws in
            let id = worker.id
            #expect(try await worker.put(Self.pictures(1)) == .noContent)
            #expect(try await site.store.cancel(.some([id]), owner: ada.user.id).count == 1)
            let bytes = Self.pictures(2).map(\.1)
            let later = Pictures(Dictionary(uniqueKeysWithValues: zip(Pictures.Kind.allCases, bytes)))
            let sweeping = try await site.database.withTransaction { connection in
                try await connection.execute(
                    AnalysisLifecycle.retried([id], owner: ada.user.id, generation: nil, limit: 1))
                try await connection.execute(
                    AnalysisLifecycle.claimed(id, generation: 2, message: nil, claim: nil, worker: nil))
                #expect(try await HandedPictures.store(later, of: id, generation: 2, attempt: 1, in: connection))
                let sweeping = Task { try await HandedPictures.sweep(site.database) }
                try await site.waitForLocks()
                return sweeping
            }
            #expect(try await sweeping.value == 0)
            var again = worker
            again.generation = 2
            #expect(try await site.recorder.record([again.result()]) == [.recorded])
            #expect(try await site.store.preview(id, owner: ada.user.id, kind: .clean) == later[.clean])
        }
    }

    @Test func picturesThatNeverComeEndWithTheLastAttempt() async throws {
        try await withClaimedPhoto { site, ada, worker async throws in
            for attempt in 1...AnalysisLifecycle.maxAttempts {
                if attempt > 1 { #expect(try await worker.claim() == .ok) }
                let result = worker.result(attempt: UInt32(attempt))
                #expect(try await site.recorder.record([result]) == [.withoutPictures])
            }
            #expect(try await worker.claim() == .gone)
            let analysis = try #require(try await site.store.find(worker.id, owner: ada.user.id))
            #expect(analysis.status == .failed)
            #expect(analysis.errorCode == "attempts_exhausted")
            #expect(try await ada.counts() == (0, 1))
        }
    }

    @Test func anOlderWorkersResultBringsItsPicturesAlong() async throws {
        try await withClaimedPhoto { site, ada, worker async throws in
            var result = worker.result()
            (result.analysis.annotated, result.analysis.clean, result.analysis.thumbnail) = (
                Data(Self.pictures()[0].1), Data(Self.pictures()[1].1), Data(Self.pictures()[2].1)
            )
            #expect(try await site.recorder.record([result]) == [.recorded])
            for (name, bytes) in Self.pictures() {
                #expect(try await ada.get("/analyses/\(worker.id.lower)/\(name).jpg").bytes == bytes)
            }
        }
    }

    @Test func picturesThatNeverCountAreSweptAndThoseThatMayStay() async throws {
        try await Site.run { site async throws in
            let ada = try await site.person()
            func handedOver() async throws -> Worker {
                let worker = Worker(site: site, id: try await site.analysis(of: ada.user.id, .queued))
                #expect(try await worker.claim() == .ok)
                #expect(try await worker.put() == .noContent)
                return worker
            }
            let (open, finished, cancelled, failed) = (
                try await handedOver(), try await handedOver(), try await handedOver(), try await handedOver()
            )
            #expect(try await site.recorder.record([finished.result()]) == [.recorded])
            #expect(try await site.store.cancel(.some([cancelled.id]), owner: ada.user.id).count == 1)
            try await site.database.execute(
                AnalysisLifecycle.failed(failed.id, generation: 1, code: "damaged", message: "The photo is damaged."))
            for worker in [cancelled, failed] {
                #expect(try await site.store.preview(worker.id, owner: ada.user.id, kind: .clean) == nil)
            }
            try await RetentionSweeper(
                database: site.database, retentionDays: 0, auditDays: 30, logger: site.recorder.logger
            ).sweep()
            for worker in [open, finished] { #expect(try await isHanded(site, worker.id)) }
            for worker in [cancelled, failed] { #expect(try await !isHanded(site, worker.id)) }
            #expect(try await site.recorder.record([open.result()]) == [.recorded])
        }
    }
}

import Foundation
import Logging

@testable import Accounts
@testable import Analyses
@testable import GatewayCore
@testable import Operations

/// The administrators' pages and the page about the model.
enum OperationsGallery {
    static let administrator = User(
        id: UUID(), name: "Grace Hopper", email: "grace@example.org", isAdmin: true, finishedCount: 3, failedCount: 0,
        createdAt: Fixtures.now.addingTimeInterval(-86_400 * 400), timeZone: "UTC")

    static func slices(_ period: ThroughputPeriod, busy: Bool = true) -> [ThroughputSlice] {
        (0..<period.slices.count).map { index in
            let finished = busy ? [40, 62, 55, 71, 0, 90][index % 6] : 0
            return ThroughputSlice(
                start: Fixtures.now.addingTimeInterval(
                    Double(index - period.slices.count) * Double(period.slices.seconds)),
                finished: finished, failed: busy && index % 5 == 0 ? 4 : 0, median: finished == 0 ? 0 : 0.21,
                p95: finished == 0 ? 0 : 0.48 + Double(index % 4) / 10)
        }
    }

    static func worker(_ slot: Int, _ state: String, age: Double, end: String = "") -> WorkerFigures {
        WorkerFigures(
            name: "worker-7f9c/\(slot)", release: "0.2.0", model: "mien-inception-s 1.0.0", state: state,
            heardAt: Fixtures.now.addingTimeInterval(-age), since: Fixtures.now.addingTimeInterval(-7_200),
            photos: 12_345 * slot, failures: slot, residentBytes: slot == 3 ? 0 : 214_000_000, restarts: slot - 1,
            lastEnd: end)
    }

    static func figures(
        calm: Bool, isWell: Bool = false, workers: [WorkerFigures]? = nil
    ) -> OperationsFigures {
        let at = Fixtures.now.addingTimeInterval(-500)
        return OperationsFigures(
            switches: .init(registration: calm ? .open : .closed, intakePausedAt: calm ? nil : at),
            lanes: [
                LaneFigures(lane: .interactive, queued: calm ? 0 : 12, processing: 2, oldest: calm ? nil : 3.4),
                LaneFigures(lane: .bulk, queued: calm ? 0 : 1_840, processing: 0, oldest: calm ? nil : 412),
            ], outbox: calm ? 0 : 7,
            broker: calm ? .init(interactive: 0, bulk: 0, results: 0, deadJobs: 3, deadResults: 0) : nil,
            period: calm ? .hour : .week, slices: slices(calm ? .hour : .week, busy: !calm),
            pace: PaceFigures(ended: calm ? 0 : 1_234, p95: calm ? nil : 2.4),
            workers: workers
                ?? (isWell
                    ? [worker(1, "ready", age: 4), worker(2, "ended", age: 700)]
                    : calm
                        ? []
                        : [
                            worker(1, "ready", age: 4), worker(2, "ready", age: 90),
                            worker(3, "waiting", age: 5, end: "killed by signal 9"),
                        ]),
            groups: calm
                ? []
                : [
                    FailureGroup(code: "damaged", message: "It ends early.", count: 14, newest: at),
                    FailureGroup(code: "timed_out", message: "It took too long.", count: 2, newest: at),
                ],
            failures: calm ? [] : [FailureEntry(id: Gallery.id, code: "timed_out", attempts: 1, at: at)],
            storage: calm
                ? nil
                : StorageFigures(
                    photos: 41_200_000_000, previews: 5_300_000_000, results: 88_000_000, database: 47_000_000_000,
                    analyses: 100_000, free: 210_000_000_000), minFreeDiskMB: 512, retentionDays: calm ? 0 : 90,
            startedAt: at)
    }

    static func pages() throws -> [Gallery.Picture] {
        let site = try Fixtures.site(
            "Operations", user: administrator, place: .operations, script: "operations.js", refresh: 10)
        let people = [
            person(administrator.id, "Grace Hopper", isAdmin: true), person(UUID(), "Ada Lovelace", isAdmin: true),
            person(UUID(), "Eve", isDisabled: true), person(UUID(), "Never Here", seen: false),
            person(UUID(), "Gone Soon", isDisabled: true, isLeaving: true),
        ]
        let cursor = ListCursor(time: Fixtures.now, id: Gallery.id)
        func picture(_ name: String, _ page: Templates.Page, _ model: any Sendable) -> Gallery.Picture {
            Gallery.Picture(name: name, page: page, model: model)
        }
        let asked = AskedAgain(password: true, code: true)
        func act(_ name: String, _ act: PersonAct, errors: [AccountError]) -> Gallery.Picture {
            let question = act.question(about: Fixtures.user.name) ?? .init(title: "", words: "", button: "")
            return picture(
                name, .personAct,
                PersonActModel(site: site, act, question, about: Fixtures.user, asked: asked, errors: errors))
        }
        return [
            picture(
                "operations", .operations,
                OperationsModel(site: site, figures(calm: false), notice: "Registration is closed.", now: Fixtures.now)),
            picture(
                "operations-calm", .operations,
                OperationsModel(site: site, figures(calm: true), notice: nil, now: Fixtures.now)),
            picture(
                "operations-well", .operations,
                OperationsModel(site: site, figures(calm: true, isWell: true), notice: nil, now: Fixtures.now)),
            picture(
                "operations-provider", .operations,
                OperationsModel(
                    site: site, figures(calm: true),
                    ways: LogInWays(provider: "Keyring", providerRegisters: true, takesPasswords: false), notice: nil,
                    now: Fixtures.now)),
            picture(
                "people", .people,
                PeopleModel(
                    site: site, search: "a", people: people, next: cursor, asking: administrator.id,
                    notice: "The account is disabled; its sessions are ended.",
                    invitation: .init(asked: AskedAgain(password: false, code: false)), now: Fixtures.now)),
            picture(
                "people-none", .people,
                PeopleModel(
                    site: site, search: "x", people: [], next: nil, asking: administrator.id, isOpen: false,
                    notice: nil,
                    invitation: .init(
                        name: "Eve", email: "eve", asked: asked,
                        errors: [.nameMissing, .emailTaken, .currentPasswordAgain, .codeMissing]))),
            act("person-act", .promote, errors: [.currentPasswordAgain, .codeMissing]),
            act("person-act-delete", .delete, errors: [.currentPasswordWrong]),
            picture(
                "jobs", .jobs,
                JobsModel(site: site, list: .failed, search: "", jobs: jobs, now: Fixtures.now)),
            picture("jobs-none", .jobs, JobsModel(site: site, list: nil, search: "0f2a", jobs: [])),
            picture(
                "audit", .audit,
                AuditModel(
                    site: site, filter: AuditFilter(event: "denied", text: "eve"), entries: entries, now: Fixtures.now)),
            picture("audit-none", .audit, AuditModel(site: site, entries: [])),
        ] + (try modelPages())
    }

    private static func modelPages() throws -> [Gallery.Picture] {
        let folder = Fixtures.root.appendingPathComponent("Services/Worker/Models")
        let cards = ModelCards(directory: folder, logger: Logger(label: "tests"))
        guard let first = cards.entries.first else { throw WebSetupError(description: "no card in \(folder.path)") }
        let card = try JSONDecoder().decode(PublishedCard.self, from: Data(published.utf8))
        let rich = ModelCards.Entry(card: card)
        let site = try Fixtures.site("About the model", user: nil)
        return [
            Gallery.Picture(
                name: "model", page: .model, model: ModelPageModel(site: site, entry: first, others: [])),
            Gallery.Picture(
                name: "model-rich", page: .model,
                model: ModelPageModel(
                    site: site, entry: rich, others: [first],
                    said: [
                        CorrectionFigures(answer: "happy", faces: 24, same: 19, cannotTell: 1, notAFace: 1),
                        CorrectionFigures(answer: "fear", faces: 6, same: 2, cannotTell: 0, notAFace: 0),
                        CorrectionFigures(answer: nil, faces: 3, same: 0, cannotTell: 0, notAFace: 0),
                    ])),
        ]
    }

    /// A small card with everything that one may have.
    static let published = """
        {"name": "tiny", "version": "2.0", "created": "2026-11-24T08:00:00+00:00", "licence": "For research.",
         "data": {"name": "FER2013", "faces": {"train": 20, "validation": 2, "test": 4}, "split": "10 %",
                  "extra_labels": "votes"},
         "classes": ["happy", "sad"],
         "metrics": {"validation": {"faces": 4, "accuracy": 0.75, "macro_f1": 0.7, "ece": 0.04,
            "interval_95": {"accuracy": [0.7, 0.8]},
            "per_class": {"happy": {"precision": 1, "recall": 0.5, "f1": 0.66, "support": 2},
                          "sad": {"precision": 0.66, "recall": 1, "f1": 0.8, "support": 2}},
            "confusion_matrix": [[1, 1], [0, 2]], "sure": {"threshold": 0.6, "coverage": 0.5, "accuracy": 0.9}},
            "public_test": null},
         "calibration": {"ece_before": 0.05, "ece_after": 0.04,
                         "curve": [{"confidence": 0.5, "accuracy": 0.45, "share": 0.5}]},
         "threshold": {"not_sure": 0.6}, "parameters": 749223, "mmac": 62.3, "limits": ["It is small."],
         "published": [{"system": "VGG19", "private": 70.8, "public": null, "source": "a paper"},
                       {"system": "Nobody", "private": null, "public": null, "source": "nowhere"}]}
        """

    private static func person(
        _ id: UUID, _ name: String, isAdmin: Bool = false, isDisabled: Bool = false, seen: Bool = true,
        isLeaving: Bool = false
    ) -> PersonFigures {
        PersonFigures(
            id: id, name: name, email: "\(name.lowercased().prefix(3))@example.org", isAdmin: isAdmin,
            isDisabled: isDisabled, isLeaving: isLeaving, hasSecondFactor: isDisabled,
            createdAt: Fixtures.now.addingTimeInterval(-86_400 * 50),
            seenAt: seen ? Fixtures.now.addingTimeInterval(-300) : nil, finished: 1_200, failed: 3,
            photoBytes: 812_000_000)
    }

    private static let jobs = (0..<50).map {
        let status = [AnalysisStatus.queued, .processing, .failed, .finished, .cancelled][$0 % 5]
        return JobFigures(
            id: Gallery.id, owner: "ada@example.org", lane: .bulk, status: status, attempts: 2,
            worker: status == .queued ? nil : "worker-1/2", submittedAt: Fixtures.now, endedAt: Fixtures.now,
            code: status == .failed ? "timed_out" : nil,
            reason: status == .failed ? "The analysis took too long." : nil, requestID: "0f2a")
    }

    private static let entries = [
        AuditEntry(
            id: 2, at: Fixtures.now, event: "user_disabled",
            actor: .init(name: "Grace Hopper", email: "grace@example.org"),
            subject: .init(name: "Eve", email: "eve@example.org"), address: "203.0.113.7", detail: "",
            requestID: "0f2a"),
        AuditEntry(
            id: 1, at: Fixtures.now, event: "denied", actor: nil, subject: nil, address: "2001:db8::1",
            detail: "csrf_refused /login", requestID: "0f2b"),
    ]
}

extension Gallery {
    static let id = UUID(uuidString: "5B3E7C1A-9D2F-4E80-8A61-0C4D5E6F7A8B")!
}

import Foundation

@testable import Analyses
@testable import GatewayCore
@testable import Sharing

/// Pages on which links are made, and those that others see by them.
enum ShareGallery {
    static func share(
        _ subject: Share.Subject = .analysis(UUID()), ended: Bool = false, expired: Bool = false, views: Int = 0,
        information: SharedInformation = .title, all: Bool = false
    ) -> Share {
        Share(
            id: UUID(), owner: UUID(), subject: subject, prefix: "Ab3dxy", hasPassword: all,
            information: information, givesOriginal: all, createdAt: Fixtures.now.addingTimeInterval(-7_200),
            expiresAt: Fixtures.now.addingTimeInterval(expired ? -60 : 86_400 * 7),
            endedAt: ended ? Fixtures.now.addingTimeInterval(-60) : nil, views: views,
            viewedAt: views > 0 ? Fixtures.now.addingTimeInterval(-300) : nil)
    }

    static let analysis = Fixtures.analysis(
        .finished, title: "صورة على السطح", notes: "First day.", faces: Fixtures.faces, tags: ["family", "lake"])

    static func pages() throws -> [Gallery.Picture] { try ownPages() + sharedPages() }

    private static func ownPages() throws -> [Gallery.Picture] {
        let subject = Share.Subject.analysis(analysis.id)
        let links =
            [
                share(subject, views: 1204, information: .all, all: true), share(subject, information: .nothing),
                share(subject, ended: true, views: 1), share(subject, expired: true), share(.batch(UUID())),
            ].map { ListedShare(share: $0, title: "On the roof") } + [
                ListedShare(share: share(), title: "", isInBin: true),
                ListedShare(share: share(.batch(UUID())), title: "", isInBin: true),
            ]
        func result(_ name: String, _ sharing: SharingModel, links: Int = 2) throws -> Gallery.Picture {
            Gallery.Picture(
                name: name, page: .result,
                model: ResultModel(
                    site: try Fixtures.site("On the roof", script: "result.js"), analysis: analysis, place: nil,
                    canShare: true, links: links, sharing: sharing, now: Fixtures.now))
        }
        let batch = Batch(id: UUID(), title: "Trip", createdAt: Fixtures.now, analyses: [analysis])
        let site = try Fixtures.site("Shared links", place: .account)
        return [
            try result(
                "result-share",
                SharingModel(of: subject, links: [], isOn: true, offersOriginal: true, now: Fixtures.now), links: 0),
            try result(
                "result-share-made",
                SharingModel(
                    of: subject, links: links, isOn: true, offersOriginal: true,
                    made: .init(link: "https://mien.example.org/s/0123456789", remark: "Whoever has it sees it."),
                    ended: "The link is ended.", now: Fixtures.now)),
            try result(
                "result-share-wrong",
                SharingModel(
                    of: subject, links: links, isOn: true, offersOriginal: true,
                    fields: .init(
                        days: "8", information: "much", givesOriginal: true,
                        errors: ["days": "Wrong.", "information": "Wrong.", "password": "Too short."]),
                    now: Fixtures.now)),
            try result(
                "result-share-off",
                SharingModel(of: subject, links: links, isOn: false, offersOriginal: false, now: Fixtures.now)),
            Gallery.Picture(
                name: "batch-share", page: .batch,
                model: BatchModel(
                    site: try Fixtures.site("Photos sent together", place: .history),
                    slice: BatchSlice(
                        batch: batch.summary,
                        looks: Dictionary(batch.analyses.flatMap(\.looks).map { ($0, 1) }, uniquingKeysWith: +),
                        items: batch.analyses), canShare: true, links: 1,
                    sharing: SharingModel(
                        of: .batch(batch.id), links: [ListedShare(share: share(.batch(batch.id)), title: "Trip")],
                        isOn: true, offersOriginal: true, now: Fixtures.now), now: Fixtures.now)),
            Gallery.Picture(
                name: "shares", page: .shares,
                model: SharesModel(
                    site: site, links: links, next: ListCursor(time: Fixtures.now, id: UUID()), isOff: true,
                    done: "The link is ended.", now: Fixtures.now)),
            Gallery.Picture(
                name: "shares-empty", page: .shares, model: SharesModel(site: site, links: [], now: Fixtures.now)),
        ]
    }

    static func site(_ title: String, refresh: Int? = nil, script: String? = "result.js") throws -> GatewayCore.Site {
        var site = try Fixtures.site(title, user: nil, script: script, refresh: refresh)
        site.isShared = true
        site.again = "/s/0123456789?again"
        return site
    }

    private static func sharedPages() throws -> [Gallery.Picture] {
        let ids = (0..<3).map { _ in UUID() }
        func shared(
            _ name: String, _ analysis: Analysis, information: SharedInformation = .title, isOwner: Bool = false,
            steps: SharedModel.Steps? = nil, form: FaceForm? = nil
        ) throws -> Gallery.Picture {
            let share = share(.analysis(analysis.id), information: information, all: true)
            return Gallery.Picture(
                name: name, page: .shared,
                model: SharedModel(
                    site: try site("Shared", refresh: analysis.status.isTerminal ? nil : 3),
                    analysis: analysis.shared(information),
                    of: .init(share: share, address: "/s/0123456789", isOwner: isOwner),
                    at: .init(address: "/s/0123456789?again", steps: steps), form: form, now: Fixtures.now))
        }
        func steps(_ index: Int) -> SharedModel.Steps {
            SharedModel.Steps(to: ids[index], among: ids, overview: "/s/0123456789") { "/s/0123456789/\($0.lower)" }
        }
        func batch(
            _ name: String, _ analyses: [Analysis], of finished: Int? = nil, page: Int = 1, isOwner: Bool = false
        ) throws -> Gallery.Picture {
            let site = try site("Trip", script: "list.js")
            return Gallery.Picture(
                name: name, page: .sharedBatch,
                model: SharedBatchModel(
                    site: { _, _ in site },
                    slice: Fixtures.batch("Trip", analyses, of: finished), page: page,
                    of: .init(share: share(.batch(UUID())), address: "/s/0123456789", isOwner: isOwner),
                    now: Fixtures.now))
        }
        func password(_ name: String, _ problem: String?) throws -> Gallery.Picture {
            Gallery.Picture(
                name: name, page: .sharedPassword,
                model: SharedPasswordModel(
                    site: try site("Password", script: "enter.js"), address: "/s/0123456789", problem: problem))
        }
        return [
            try shared("shared", analysis),
            try shared("shared-all", analysis, information: .all, isOwner: true, steps: steps(1)),
            try shared("shared-nothing", Fixtures.corrected(), information: .nothing, steps: steps(0)),
            try shared(
                "shared-crowd", Fixtures.analysis(.finished, faces: Fixtures.crowd, size: (1600, 1000)),
                steps: steps(2),
                form: .explaining(number: 3)),
            try shared("shared-none", Fixtures.analysis(.finished)),
            try shared("shared-turned", Fixtures.analysis(.finished, faces: Fixtures.faces, rotation: 90)),
            try shared("shared-waiting", Fixtures.analysis(.queued)),
            try shared("shared-failed", Fixtures.analysis(.failed)),
            try batch(
                "shared-batch", [analysis, Fixtures.analysis(.queued), Fixtures.analysis(.failed)], isOwner: true),
            try batch(
                "shared-batch-page", Array(repeating: analysis, count: BatchPages.length), of: 200, page: 2),
            try batch("shared-batch-empty", []),
            try password("shared-password", nil), try password("shared-password-wrong", "Wrong."),
            Gallery.Picture(
                name: "shared-over", page: .error,
                model: ErrorModel(site: try site("Over", script: nil), failure: .shareOver, requestID: "5f0c")),
        ]
    }
}
